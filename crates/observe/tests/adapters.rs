//! The parts by themselves, for adapters that are not a `Service` of `http::Request`.

use std::future::{pending, ready};

use futures_util::FutureExt;
use http::{Method, Request, Response};
use http_body_util::BodyExt;
use tower_telemetry_observe::{End, Failure, Observation, ObservedBody, ObservedFuture, Shared};
use tower_telemetry_testkit::{EndFlag, Entry, Exchange, Journal, MethodAndStatus, Outcome, Script, Step};

fn begin(journal: &Journal) -> Observation<MethodAndStatus, Journal> {
    let facts = Exchange {
        method: Method::GET,
        status: None,
    };
    Observation::begin(Shared::new((MethodAndStatus, journal.clone())).hold(), facts)
}

#[test]
fn a_call_can_be_observed_by_hand() {
    let journal = Journal::new();
    let mut observation = begin(&journal);
    assert_eq!(observation.in_scope(|| 7), 7);
    observation.data(3);
    observation.data(4);
    observation.complete(None);
    let data = [Entry::Data(3), Entry::Data(4)];
    let before_the_end = [&[Entry::Watch, Entry::Enter, Entry::Leave], &data[..]].concat();
    assert!(journal.entries().starts_with(&before_the_end));
    let ending = journal.ending();
    assert_eq!((ending.outcome, ending.bytes), (Outcome::COMPLETE, 7));
}

#[test]
fn an_observation_that_is_dropped_reports_a_dropped_call() {
    let journal = Journal::new();
    drop(begin(&journal));
    assert_eq!(journal.ending().outcome, Outcome::Dropped);
}

#[test]
fn only_the_first_end_is_heard() {
    let journal = Journal::new();
    let mut observation = begin(&journal);
    observation.end(End::Failed(Failure::Service(&"first")));
    observation.data(3);
    observation.complete(None);
    observation.end(End::Panicked);
    assert_eq!(observation.in_scope(|| 7), 7);
    drop(observation);
    assert_eq!(journal.ending().outcome, Outcome::ServiceFailed);
}

#[test]
fn no_number_of_bytes_is_too_large() {
    let journal = Journal::new();
    let mut observation = begin(&journal);
    for _ in 0..3 {
        observation.data(usize::MAX);
    }
    observation.complete(None);
    assert!(journal.ending().bytes >= usize::MAX as u64);
}

#[test]
fn an_http_call_can_be_observed_through_its_future() {
    let journal = Journal::new();
    let shared = Shared::new((MethodAndStatus, journal.clone())).hold();
    let (mut parts, ()) = Request::new(()).into_parts();
    let observation = Observation::begin_http(shared, &mut parts);
    let body = Script::new([Step::Data(3)]).with_end_flag(EndFlag::AfterLastStep);
    let answer = ready(Ok::<_, ()>(Response::new(body)));
    let answered = ObservedFuture::new(answer, observation).now_or_never();
    let response = answered.and_then(Result::ok).expect("answers at once");
    response.into_body().frame().now_or_never();
    let ending = journal.ending();
    assert_eq!((ending.outcome, ending.had_head), (Outcome::COMPLETE, true));
}

#[test]
fn a_future_that_is_dropped_takes_its_observation_with_it() {
    let journal = Journal::new();
    let never = pending::<Result<Response<Script>, ()>>();
    drop(ObservedFuture::new(never, begin(&journal)));
    assert_eq!(journal.ending().outcome, Outcome::Dropped);
}

#[test]
fn a_body_can_be_observed_by_itself() {
    let journal = Journal::new();
    let body = Script::new([Step::Data(3), Step::Data(4)]).with_exact_size();
    let mut body = ObservedBody::new(body, begin(&journal));
    for _ in 0..2 {
        body.frame().now_or_never();
    }
    drop(body);
    let ending = journal.ending();
    assert_eq!((ending.outcome, ending.bytes), (Outcome::COMPLETE, 7));
    assert!(!ending.had_head);
}

#[test]
fn a_default_body_is_the_inner_ones_and_nobody_watches_it() {
    let body = ObservedBody::<http_body_util::Full<&[u8]>, MethodAndStatus, Journal>::default();
    assert!(http_body::Body::is_end_stream(&body));
    let read = body.collect().now_or_never().expect("at once").expect("no error");
    assert!(read.to_bytes().is_empty());
}
