//! What observers are told: facts, errors and times.

use std::cell::RefCell;
use std::thread::sleep;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use tower::{Layer, Service, service_fn};
use tower_telemetry_observe::{
    Call, End, Failure, Head, Observe, ObserveLayer, Plain, PlainCall, Report, Verdict, Watch, on_end,
};
use tower_telemetry_testkit::{Exchange, MethodAndStatus, Script, ScriptError, Step, exchange};

/// Keeps what it is told. Nothing is asserted in its hooks, where a panic would be contained.
struct Keeps<'a>(&'a RefCell<Told>);

#[derive(Default)]
struct Told {
    facts: Vec<Exchange>,
    verdicts: Vec<Verdict>,
    times: Vec<Duration>,
    outside: Vec<Duration>,
}

struct KeepsOne<'a> {
    told: &'a RefCell<Told>,
    started: Instant,
}

impl<'a> Observe<Exchange> for Keeps<'a> {
    type Watch = KeepsOne<'a>;

    fn watch(&self, call: &mut Call<'_, Exchange>) -> KeepsOne<'a> {
        self.0.borrow_mut().facts.push(call.facts.clone());
        KeepsOne {
            told: self.0,
            started: call.started,
        }
    }
}

impl Watch<Exchange> for KeepsOne<'_> {
    fn head(&mut self, head: &mut Head<'_, Exchange>) {
        let mut told = self.told.borrow_mut();
        told.facts.push(head.facts.clone());
        told.verdicts.push(head.verdict);
        told.times.push(head.elapsed());
        told.outside.push(self.started.elapsed());
    }

    fn end(self, report: &Report<'_, Exchange>) {
        let mut told = self.told.borrow_mut();
        told.facts.push(report.facts.clone());
        told.verdicts.push(report.verdict);
        told.times.extend(report.to_head());
        told.times.push(report.elapsed());
        told.outside.push(self.started.elapsed());
    }
}

/// What is told of a `POST` with this answer, whose handler and body take some time.
fn told_of(status: StatusCode) -> Told {
    let told = RefCell::default();
    let handler = async |_: Request<()>| {
        sleep(Duration::from_millis(1));
        let body = Script::new([Step::Data(3)]);
        Response::builder().status(status).body(body)
    };
    let layer = ObserveLayer::new(MethodAndStatus, Keeps(&told));
    let mut request = Request::new(());
    *request.method_mut() = Method::POST;
    let answered = layer.layer(service_fn(handler)).call(request).now_or_never();
    let response = answered.and_then(Result::ok).expect("answers at once");
    sleep(Duration::from_millis(1));
    response.into_body().collect().now_or_never();
    told.into_inner()
}

#[test]
fn facts_are_shown_with_what_the_head_has_added() {
    let facts = |status| Exchange {
        method: Method::POST,
        status,
    };
    let whole = facts(Some(StatusCode::NOT_FOUND));
    let told = told_of(StatusCode::NOT_FOUND);
    assert_eq!(told.facts, [facts(None), whole.clone(), whole]);
}

#[test]
fn the_head_has_a_verdict_of_its_own() {
    assert_eq!(told_of(StatusCode::OK).verdicts, [Verdict::Ok, Verdict::Ok]);
    let error = Verdict::Error("5xx");
    assert_eq!(told_of(StatusCode::BAD_GATEWAY).verdicts, [error, error]);
}

#[test]
fn times_count_from_the_beginning_of_the_call() {
    let told = told_of(StatusCode::OK);
    let [head, to_head, end] = told.times[..] else {
        panic!("three times: {:?}", told.times);
    };
    let [at_head, at_end] = told.outside[..] else {
        panic!("two times: {:?}", told.outside);
    };
    let slept = Duration::from_millis(1);
    assert_eq!(to_head, head);
    assert!(slept <= head && head <= at_head, "{head:?}");
    assert!(head + slept <= end && end <= at_end, "{end:?}");
}

#[test]
fn an_error_of_the_service_can_be_looked_into() {
    struct Refusal(u8);
    let seen = RefCell::new(None);
    let look = |report: &Report<'_, PlainCall>| {
        if let End::Failed(Failure::Service(error)) = report.end {
            *seen.borrow_mut() = error.downcast_ref().map(|Refusal(number)| *number);
        }
    };
    let layer = ObserveLayer::new(Plain::new("refuse"), on_end(look));
    let mut service = layer.layer(service_fn(async |n| Err::<(), _>(Refusal(n))));
    service.call(7).now_or_never();
    assert_eq!(seen.take(), Some(7));
}

#[test]
fn an_error_of_the_body_can_be_looked_into() {
    let seen = RefCell::new(None);
    let look = |report: &Report<'_, Exchange>| {
        if let End::Failed(Failure::Body(error)) = report.end {
            *seen.borrow_mut() = error.downcast_ref::<ScriptError>().copied();
        }
    };
    let body = Script::new([Step::Data(3), Step::Fail]);
    let response = exchange(on_end(look), Request::new(()), Response::new(body));
    let collected = response.into_body().collect().now_or_never();
    let error = collected.and_then(Result::err).expect("fails at once");
    assert_eq!(seen.take(), Some(error));
}
