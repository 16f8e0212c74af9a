//! A response with an announced length: complete, or short of it.

use futures_util::FutureExt;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Request, Response};
use http_body::{Body, SizeHint};
use http_body_util::BodyExt;
use tower_telemetry_observe::Verdict;
use tower_telemetry_testkit::{EndFlag, Ending, Journal, Outcome, Script, Step, exchange};

fn announcing(length: &str, body: Script) -> Response<Script> {
    let response = Response::builder().header(CONTENT_LENGTH, length);
    response.body(body).expect("valid")
}

/// Asks for frames until one is not ready or there are no more.
fn drain<B: Body + Unpin>(body: &mut B) {
    while let Some(Some(_)) = body.frame().now_or_never() {}
}

/// How a `GET` with this answer ends, whose body is drained.
fn drained(response: Response<Script>) -> Ending {
    let journal = Journal::new();
    let mut response = exchange(journal.clone(), Request::new(()), response);
    drain(response.body_mut());
    journal.ending()
}

fn short(announced: u64, received: u64) -> Outcome {
    Outcome::Short { announced, received }
}

#[test]
fn none_at_the_announced_length_is_complete() {
    let ending = drained(announcing("5", Script::new([Step::Data(3), Step::Data(2)])));
    assert_eq!((ending.outcome, ending.bytes), (Outcome::COMPLETE, 5));
}

#[test]
fn none_short_of_the_announced_length_is_short() {
    let ending = drained(announcing("9", Script::new([Step::Data(3), Step::Data(2)])));
    assert_eq!(ending.outcome, short(9, 5));
    assert_eq!(ending.verdict, Verdict::Error("body_error"));
    assert_eq!(ending.bytes, 5);
}

#[test]
fn trailers_short_of_the_announced_length_are_short() {
    let body = Script::new([Step::Data(3), Step::trailer("grpc-status", "0")]);
    assert_eq!(drained(announcing("4", body)).outcome, short(4, 3));
}

#[test]
fn the_end_of_stream_flag_short_of_the_announced_length_is_short() {
    let body = Script::new([Step::Data(3)]).with_end_flag(EndFlag::AfterLastStep);
    assert_eq!(drained(announcing("4", body)).outcome, short(4, 3));
    let empty = Script::default().with_end_flag(EndFlag::AfterLastStep);
    assert_eq!(drained(announcing("4", empty)).outcome, short(4, 0));
}

#[test]
fn an_exact_size_hint_announces_a_length() {
    let hint = SizeHint::with_exact(4);
    let body = Script::new([Step::Data(3)]).with_size_hint(hint);
    assert_eq!(drained(Response::new(body)).outcome, short(4, 3));
}

#[test]
fn a_size_hint_that_is_not_exact_announces_nothing() {
    let mut hint = SizeHint::new();
    hint.set_lower(4);
    hint.set_upper(9);
    let body = Script::new([Step::Data(3)]).with_size_hint(hint);
    assert_eq!(drained(Response::new(body)).outcome, Outcome::COMPLETE);
}

#[test]
fn the_header_goes_before_the_size_hint() {
    let hint = SizeHint::with_exact(4);
    let body = || Script::new([Step::Data(3)]).with_size_hint(hint);
    assert_eq!(drained(announcing("3", body())).outcome, Outcome::COMPLETE);
    assert_eq!(drained(announcing("5", body())).outcome, short(5, 3));
}

#[test]
fn an_unreadable_header_leaves_it_to_the_size_hint() {
    for length in ["", "-1", "five", "1.5", "5, 5", "18446744073709551616"] {
        let body = Script::new([Step::Data(3)]);
        assert_eq!(
            drained(announcing(length, body)).outcome,
            Outcome::COMPLETE,
            "{length:?}"
        );
        let body = Script::new([Step::Data(3)]).with_size_hint(SizeHint::with_exact(4));
        assert_eq!(drained(announcing(length, body)).outcome, short(4, 3), "{length:?}");
    }
}

#[test]
fn a_transfer_coding_overrides_the_header() {
    let chunked = || {
        let mut response = announcing("5", Script::new([Step::Data(3)]));
        let coding = "chunked".parse().expect("valid");
        response.headers_mut().insert(TRANSFER_ENCODING, coding);
        response
    };
    assert_eq!(drained(chunked()).outcome, Outcome::COMPLETE);
}

#[test]
fn a_body_beyond_the_announced_length_is_complete() {
    let ending = drained(announcing("2", Script::new([Step::Data(3)])));
    assert_eq!((ending.outcome, ending.bytes), (Outcome::COMPLETE, 3));
}

#[test]
fn the_announced_length_alone_does_not_end_the_call() {
    let body = Script::new([Step::Data(3), Step::trailer("grpc-status", "0")]);
    let journal = Journal::new();
    let mut response = exchange(journal.clone(), Request::new(()), announcing("3", body));
    response.body_mut().frame().now_or_never();
    assert_eq!(journal.ended(), 0);
    drain(response.body_mut());
    let outcome = journal.ending().outcome;
    assert!(
        matches!(outcome, Outcome::Complete { trailers: Some(_) }),
        "{outcome:?}"
    );
}
