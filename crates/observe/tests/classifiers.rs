//! Classifiers that panic: the call is served, and judged as well as can be.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};

use futures_util::FutureExt;
use http::{Request, Response, request, response};
use http_body::Body;
use http_body_util::BodyExt;
use tower::{Layer, Service, service_fn};
use tower_telemetry_observe::{Classify, ClassifyHttp, End, ObserveLayer, Plain, Verdict};
use tower_telemetry_testkit::{Entry, Journal, Never, Outcome, Script, Step};

/// A classifier that panics at one of its hooks, or in the drop of its facts.
#[derive(Clone, Copy, Debug, PartialEq)]
enum FaultyClassify {
    Read,
    Head,
    Remaining,
    End,
    DropOfFacts,
}

struct Facts(FaultyClassify);

impl Drop for Facts {
    fn drop(&mut self) {
        self.0.at(FaultyClassify::DropOfFacts);
    }
}

impl FaultyClassify {
    fn at(self, hook: FaultyClassify) {
        assert!(self != hook, "in the classifier");
    }
}

impl Classify for FaultyClassify {
    type Facts = Facts;

    fn end(&self, _: &mut Facts, _: &End<'_>) -> Verdict {
        self.at(FaultyClassify::End);
        Verdict::Error("judged")
    }
}

impl ClassifyHttp for FaultyClassify {
    fn read(&self, _: &mut request::Parts) -> Facts {
        self.at(FaultyClassify::Read);
        Facts(*self)
    }

    fn head(&self, _: &mut Facts, _: &response::Parts) -> Verdict {
        self.at(FaultyClassify::Head);
        Verdict::Error("judged")
    }

    fn remaining<B: Body>(_: &B::Data) -> usize {
        panic!("in the classifier")
    }
}

/// A call under a faulty classifier: its journal, its frames being handed on.
fn under(classify: FaultyClassify) -> Journal {
    let journal = Journal::new();
    let answer = async |_: Request<()>| {
        let body = Script::new([Step::Data(3), Step::trailer("a", "b")]);
        Ok::<_, ()>(Response::new(body))
    };
    let mut service = ObserveLayer::new(classify, journal.clone()).layer(service_fn(answer));
    let answered = service.call(Request::new(())).now_or_never();
    let mut body = answered.and_then(Result::ok).expect("answers").into_body();
    let mut next = || body.frame().now_or_never();
    assert!(matches!(next(), Some(Some(Ok(frame))) if frame.is_data()));
    assert!(matches!(next(), Some(Some(Ok(frame))) if frame.is_trailers()));
    assert!(matches!(next(), Some(None)));
    journal
}

#[test]
fn a_classifier_that_cannot_read_a_request_leaves_the_call_out() {
    assert!(under(FaultyClassify::Read).entries().is_empty());
}

#[test]
fn a_classifier_that_panics_at_the_end_has_the_plain_verdict() {
    assert_eq!(under(FaultyClassify::End).ending().verdict, Verdict::Ok);
}

#[test]
fn a_classifier_that_panics_elsewhere_still_judges_the_end() {
    for fault in [
        FaultyClassify::Head,
        FaultyClassify::Remaining,
        FaultyClassify::DropOfFacts,
    ] {
        let journal = under(fault);
        let ending = journal.ending();
        assert!(matches!(ending.outcome, Outcome::Complete { trailers: Some(_) }));
        assert_eq!(ending.verdict, Verdict::Error("judged"), "{fault:?}");
        assert_eq!(journal.count(|entry| matches!(entry, Entry::Head(_))), 1);
        // It cannot count: the frame is heard, as one of unknown size.
        assert_eq!(journal.count(|entry| *entry == Entry::Data(0)), 1);
        assert_eq!(ending.bytes, 0);
    }
}

#[test]
fn facts_may_panic_in_their_drop_while_something_else_unwinds() {
    let journal = Journal::new();
    let layer = ObserveLayer::new(FaultyClassify::DropOfFacts, journal.clone());
    let future = layer.layer(Never).call(Request::new(()));
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let _future = future;
        panic_any("something else")
    }));
    let payload = unwound.expect_err("a panic");
    assert_eq!(payload.downcast_ref(), Some(&"something else"));
    assert_eq!(journal.ending().outcome, Outcome::Dropped);
}

#[test]
fn a_closure_for_the_name_may_panic_and_leaves_the_call_out() {
    let journal = Journal::new();
    let name = |n: &u32| -> &'static str { panic!("no name for {n}") };
    let layer = ObserveLayer::new(Plain::new(name), journal.clone());
    let mut double = layer.layer(service_fn(async |n: u32| Ok::<_, ()>(n * 2)));
    assert_eq!(double.call(21).now_or_never(), Some(Ok(42)));
    assert!(journal.entries().is_empty());
}
