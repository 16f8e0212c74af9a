//! What a drop before the end means: cancelled, or all that was to come has come.

use std::thread;

use futures_util::FutureExt;
use http::header::CONTENT_LENGTH;
use http::{Request, Response};
use http_body::SizeHint;
use http_body_util::BodyExt;
use tower::{Layer, Service};
use tower_telemetry_observe::{ObserveLayer, Verdict};
use tower_telemetry_testkit::{
    EndFlag, Ending, Entry, Journal, MethodAndStatus, Never, Outcome, Script, Step, exchange,
};

fn three_frames() -> Script {
    Script::new([Step::Data(4), Step::Data(4), Step::Data(4)])
}

fn announcing(length: &str, body: Script) -> Response<Script> {
    let response = Response::builder().header(CONTENT_LENGTH, length);
    response.body(body).expect("valid")
}

/// How a call with this method and answer ends when its body is dropped after so many polls.
fn dropped_after(polls: usize, method: &str, response: Response<Script>) -> Ending {
    let request = Request::builder().method(method).body(()).expect("valid");
    let journal = Journal::new();
    let mut response = exchange(journal.clone(), request, response);
    for _ in 0..polls {
        response.body_mut().frame().now_or_never();
    }
    assert_eq!(journal.ended(), 0, "the drop is the end");
    drop(response);
    journal.ending()
}

const CANCELLED: Verdict = Verdict::Error("cancelled");

#[test]
fn a_call_that_is_never_polled_is_dropped() {
    let journal = Journal::new();
    let layer = ObserveLayer::new(MethodAndStatus, journal.clone());
    let future = layer.layer(Never).call(Request::new(()));
    assert_eq!(journal.entries(), [Entry::Watch, Entry::Enter, Entry::Leave]);
    drop(future);
    let ending = Ending {
        outcome: Outcome::Dropped,
        verdict: CANCELLED,
        bytes: 0,
        had_head: false,
    };
    assert_eq!(journal.ending(), ending);
}

#[test]
fn a_call_that_waits_for_its_head_is_dropped() {
    let journal = Journal::new();
    let layer = ObserveLayer::new(MethodAndStatus, journal.clone());
    let mut service = layer.layer(Never);
    let mut future = Box::pin(service.call(Request::new(())));
    for _ in 0..2 {
        assert!(future.as_mut().now_or_never().is_none());
    }
    let pendings = |entry: &Entry| *entry == Entry::Pending;
    assert_eq!((journal.count(pendings), journal.ended()), (2, 0));
    drop(future);
    let ending = journal.ending();
    assert_eq!((ending.outcome, ending.had_head), (Outcome::Dropped, false));
}

#[test]
fn a_call_in_a_boxed_future_lives_until_that_is_dropped() {
    let journal = Journal::new();
    let layer = ObserveLayer::new(MethodAndStatus, journal.clone());
    let mut service = layer.layer(Never);
    let call = service.call(Request::new(()));
    let future = Box::pin(async move {
        let response = call.await;
        drop(response);
    });
    assert_eq!((journal.watched(), journal.ended()), (1, 0));
    drop(future);
    assert_eq!(journal.ending().outcome, Outcome::Dropped);
}

#[test]
fn a_body_that_is_never_polled_is_dropped() {
    let ending = dropped_after(0, "GET", Response::new(three_frames()));
    let expected = Ending {
        outcome: Outcome::Dropped,
        verdict: CANCELLED,
        bytes: 0,
        had_head: true,
    };
    assert_eq!(ending, expected);
}

#[test]
fn a_body_half_way_is_dropped() {
    let ending = dropped_after(2, "GET", Response::new(three_frames()));
    assert_eq!((ending.outcome, ending.bytes), (Outcome::Dropped, 8));
    assert!(ending.had_head);
}

#[test]
fn a_body_that_waits_is_dropped() {
    let body = Script::new([Step::Data(4), Step::Stall]);
    let ending = dropped_after(3, "GET", Response::new(body));
    assert_eq!((ending.outcome, ending.bytes), (Outcome::Dropped, 4));
}

#[test]
fn a_stream_without_a_length_is_dropped_even_after_its_last_frame() {
    let ending = dropped_after(3, "GET", Response::new(three_frames()));
    assert_eq!((ending.outcome, ending.bytes), (Outcome::Dropped, 12));
}

#[test]
fn a_stream_at_its_announced_length_is_complete() {
    let ending = dropped_after(3, "GET", announcing("12", three_frames()));
    assert_eq!(ending.outcome, Outcome::COMPLETE);
    assert_eq!((ending.verdict, ending.bytes), (Verdict::Ok, 12));
}

#[test]
fn a_stream_before_its_announced_length_is_dropped() {
    let ending = dropped_after(2, "GET", announcing("12", three_frames()));
    assert_eq!((ending.outcome, ending.bytes), (Outcome::Dropped, 8));
    assert_eq!(ending.verdict, CANCELLED);
}

#[test]
fn a_body_at_its_exact_size_hint_is_complete() {
    let body = || three_frames().with_size_hint(SizeHint::with_exact(12));
    let half_way = dropped_after(2, "GET", Response::new(body()));
    assert_eq!(half_way.outcome, Outcome::Dropped);
    let whole = dropped_after(3, "GET", Response::new(body()));
    assert_eq!(whole.outcome, Outcome::COMPLETE);
}

#[test]
fn the_size_hint_that_counts_is_the_one_at_the_head() {
    let ending = dropped_after(1, "GET", Response::new(three_frames().with_exact_size()));
    assert_eq!((ending.outcome, ending.bytes), (Outcome::Dropped, 4));
}

#[test]
fn an_announced_length_of_nothing_is_complete() {
    let ending = dropped_after(0, "GET", announcing("0", Script::default()));
    assert_eq!(ending.outcome, Outcome::COMPLETE);
}

#[test]
fn the_body_of_an_answer_to_head_may_be_dropped() {
    let ending = dropped_after(0, "HEAD", announcing("12", three_frames()));
    assert_eq!((ending.outcome, ending.bytes), (Outcome::COMPLETE, 0));
    assert_eq!(ending.verdict, Verdict::Ok);
}

#[test]
fn a_body_that_http_does_not_allow_may_be_dropped() {
    for status in [100, 103, 204, 304] {
        for polls in [0, 1] {
            let mut response = announcing("12", three_frames());
            *response.status_mut() = status.try_into().expect("a status");
            let ending = dropped_after(polls, "GET", response);
            assert_eq!(ending.outcome, Outcome::COMPLETE, "{status}");
        }
    }
}

#[test]
fn the_body_of_any_other_empty_looking_answer_may_not() {
    for status in [205, 301, 404, 500] {
        let mut response = announcing("12", three_frames());
        *response.status_mut() = status.try_into().expect("a status");
        let ending = dropped_after(0, "GET", response);
        assert_eq!(ending.outcome, Outcome::Dropped, "{status}");
    }
}

#[test]
fn a_call_that_has_ended_is_not_ended_again_by_the_drop() {
    let ends = [Step::trailer("a", "b"), Step::Fail, Step::End];
    for end in ends {
        let journal = Journal::new();
        let body = Script::new([end, Step::Data(1)]);
        let mut response = exchange(journal.clone(), Request::new(()), Response::new(body));
        response.body_mut().frame().now_or_never();
        let ending = journal.ending();
        drop(response);
        assert_eq!(journal.ending(), ending);
    }
}

#[test]
fn a_body_that_flags_its_end_may_be_dropped_without_none() {
    let body = Script::new([Step::Data(5)]).with_end_flag(EndFlag::AfterLastStep);
    let polls = body.polls();
    let journal = Journal::new();
    let mut response = exchange(journal.clone(), Request::new(()), Response::new(body));
    response.body_mut().frame().now_or_never();
    drop(response);
    assert_eq!(journal.ending().outcome, Outcome::COMPLETE);
    assert_eq!(polls.count(), 1);
}

#[test]
fn a_body_may_be_dropped_on_another_thread() {
    let journal = Journal::new();
    let response = exchange(journal.clone(), Request::new(()), Response::new(three_frames()));
    thread::spawn(move || drop(response)).join().expect("no panic");
    assert_eq!(journal.ending().outcome, Outcome::Dropped);
}
