//! What an observer is to see of a call, by the documented rules.

use http::StatusCode;
use tower_telemetry_observe::Verdict;
use tower_telemetry_testkit::{EndFlag, Ending, Entry, Outcome, Step};

use crate::plan::{Action, Called, Future, Plan};

/// What an observer should see, by the rules.
pub(crate) struct Model {
    seen: Vec<Entry>,
    status: Option<StatusCode>,
    bytes: u64,
}

impl Model {
    pub(crate) fn of(plan: &Plan) -> Vec<Entry> {
        let mut model = Model {
            seen: vec![Entry::Watch],
            status: None,
            bytes: 0,
        };
        let outcome = model.outcome(plan);
        let verdict = match (&outcome, model.status) {
            (Outcome::Complete { .. }, Some(status)) if status.as_u16() >= 500 => Verdict::Error("5xx"),
            (Outcome::Complete { .. }, _) => Verdict::Ok,
            (Outcome::ServiceFailed, _) => Verdict::Error("service_error"),
            (Outcome::BodyFailed | Outcome::Short { .. }, _) => Verdict::Error("body_error"),
            (Outcome::Dropped, _) => Verdict::Error("cancelled"),
            (Outcome::Panicked, _) => Verdict::Error("panic"),
        };
        model.seen.push(Entry::End(Ending {
            outcome,
            verdict,
            bytes: model.bytes,
            had_head: model.status.is_some(),
        }));
        model.seen
    }

    fn scope(&mut self) {
        self.seen.extend([Entry::Enter, Entry::Leave]);
    }

    fn outcome(&mut self, plan: &Plan) -> Outcome {
        let polls = plan.caller.iter().filter(|&&action| action == Action::Poll).count();
        self.scope();
        if plan.call == Called::Panics {
            return Outcome::Panicked;
        }
        for _ in 0..plan.waits.min(polls) {
            self.scope();
            self.seen.push(Entry::Pending);
        }
        if polls <= plan.waits {
            return Outcome::Dropped;
        }
        self.scope();
        match plan.future {
            Future::Fails => Outcome::ServiceFailed,
            Future::Panics => Outcome::Panicked,
            Future::Answers => {
                self.status = Some(plan.status);
                self.seen.push(Entry::Head(plan.status));
                let switched = plan.status == 101;
                let tunnel = plan.method == "CONNECT" && (200..300).contains(&plan.status.as_u16());
                if switched || tunnel {
                    return Outcome::COMPLETE;
                }
                self.body(plan, polls - plan.waits - 1)
            }
        }
    }

    /// How the body ends, if it is polled so often and then dropped.
    fn body(&mut self, plan: &Plan, polls: usize) -> Outcome {
        let bodiless = plan.method == "HEAD" || matches!(plan.status.as_u16(), 100..=199 | 204 | 304);
        let header = plan.length.as_ref().and_then(|length| length.parse().ok());
        let announced = header.or(plan.hint).filter(|_| !bodiless);
        let at_end = |steps_left: usize| match plan.flag {
            EndFlag::Never => false,
            EndFlag::AfterLastStep => steps_left == 0,
            EndFlag::Always => true,
        };
        let over = |received, trailers| match announced {
            Some(announced) if received < announced => Outcome::Short { announced, received },
            _ => Outcome::Complete { trailers },
        };
        if at_end(plan.body.len()) {
            return over(0, None);
        }
        let stall = plan.body.iter().position(|step| *step == Step::Stall);
        for poll in 0..polls {
            self.scope();
            let at = stall.map_or(poll, |stall| stall.min(poll));
            match plan.body.get(at) {
                Some(Step::Wait | Step::Stall) => self.seen.push(Entry::Pending),
                Some(Step::Data(bytes)) => {
                    self.bytes += *bytes as u64;
                    self.seen.push(Entry::Data(*bytes));
                    if at_end(plan.body.len() - at - 1) {
                        return over(self.bytes, None);
                    }
                }
                Some(Step::Trailers(trailers)) => return over(self.bytes, Some(trailers.clone())),
                Some(Step::Fail) => return Outcome::BodyFailed,
                Some(Step::Panic) => return Outcome::Panicked,
                Some(Step::End) | None => return over(self.bytes, None),
            }
        }
        match announced {
            Some(announced) if self.bytes >= announced => Outcome::COMPLETE,
            None if bodiless => Outcome::COMPLETE,
            _ => Outcome::Dropped,
        }
    }
}
