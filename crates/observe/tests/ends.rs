//! What ends a call, and what it ends as.

use futures_util::FutureExt;
use http::{Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::BodyExt;
use tower::{Layer, Service, service_fn};
use tower_telemetry_observe::{ObserveLayer, Verdict};
use tower_telemetry_testkit::{EndFlag, Ending, Journal, MethodAndStatus, Outcome, Script, Step, exchange};

fn request(method: Method) -> Request<()> {
    let mut request = Request::new(());
    *request.method_mut() = method;
    request
}

fn answer(status: u16, body: Script) -> Response<Script> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    response
}

/// Asks for frames until one is not ready or there are no more.
fn drain<B: Body + Unpin>(body: &mut B) {
    while let Some(Some(_)) = body.frame().now_or_never() {}
}

/// How a `GET` with this answer ends, whose body is drained.
fn drained(response: Response<Script>) -> Ending {
    let journal = Journal::new();
    let mut response = exchange(journal.clone(), request(Method::GET), response);
    drain(response.body_mut());
    let ending = journal.ending();
    drain(response.body_mut());
    drop(response);
    assert_eq!(journal.ending(), ending, "the first end is the only one");
    ending
}

#[test]
fn an_error_of_the_service_ends_the_call() {
    let journal = Journal::new();
    let layer = ObserveLayer::new(MethodAndStatus, journal.clone());
    let refuse = service_fn(async |_: Request<()>| Err::<Response<Script>, _>("refused"));
    let mut future = Box::pin(layer.layer(refuse).call(request(Method::GET)));
    let answer = future.as_mut().now_or_never().expect("ready");
    assert_eq!(answer.err(), Some("refused"));

    let ending = Ending {
        outcome: Outcome::ServiceFailed,
        verdict: Verdict::Error("service_error"),
        bytes: 0,
        had_head: false,
    };
    assert_eq!(journal.ending(), ending);
    drop(future);
    assert_eq!(journal.ending(), ending);
}

#[test]
fn none_ends_the_call() {
    let ending = drained(answer(200, Script::new([Step::Data(3), Step::Data(4)])));
    assert_eq!(ending.outcome, Outcome::COMPLETE);
    assert_eq!(ending.verdict, Verdict::Ok);
    assert_eq!(ending.bytes, 7);
    assert!(ending.had_head);
}

#[test]
fn nothing_is_heard_after_none() {
    let ending = drained(answer(200, Script::new([Step::Data(3), Step::End, Step::Data(4)])));
    assert_eq!((ending.outcome, ending.bytes), (Outcome::COMPLETE, 3));
}

#[test]
fn trailers_end_the_call() {
    let Step::Trailers(trailers) = Step::trailer("grpc-status", "0") else {
        unreachable!("made of trailers");
    };
    let body = Script::new([Step::Data(3), Step::Trailers(trailers.clone()), Step::Fail]);
    let journal = Journal::new();
    let mut response = exchange(journal.clone(), request(Method::POST), Response::new(body));
    for _ in 0..2 {
        response.body_mut().frame().now_or_never();
    }
    let ending = journal.ending();
    let trailers = Some(trailers);
    assert_eq!(ending.outcome, Outcome::Complete { trailers });
    drain(response.body_mut());
    assert_eq!(journal.ending(), ending);
}

#[test]
fn the_end_of_stream_flag_after_a_frame_ends_the_call() {
    let body = Script::new([Step::Data(3)]).with_end_flag(EndFlag::AfterLastStep);
    let journal = Journal::new();
    let mut response = exchange(journal.clone(), request(Method::GET), Response::new(body));
    assert_eq!(journal.ended(), 0);
    response.body_mut().frame().now_or_never();
    assert_eq!(journal.ending().outcome, Outcome::COMPLETE);
    assert_eq!(journal.ending().bytes, 3);
}

#[test]
fn the_end_of_stream_flag_at_construction_ends_the_call() {
    let body = Script::default().with_end_flag(EndFlag::AfterLastStep);
    let polls = body.polls();
    let journal = Journal::new();
    let _response = exchange(journal.clone(), request(Method::GET), answer(404, body));
    assert_eq!(journal.ending().outcome, Outcome::COMPLETE);
    assert!(journal.ending().had_head);
    assert_eq!(polls.count(), 0);
}

#[test]
fn a_switch_of_protocols_ends_the_call_at_the_head() {
    let body = Script::new([Step::Data(3)]);
    let journal = Journal::new();
    let mut response = exchange(journal.clone(), request(Method::GET), answer(101, body));
    let ending = journal.ending();
    assert_eq!((&ending.outcome, ending.had_head), (&Outcome::COMPLETE, true));
    drain(response.body_mut());
    assert_eq!(journal.ending(), ending);
}

#[test]
fn a_granted_connect_ends_the_call_at_the_head() {
    for status in [200, 204, 299] {
        let body = Script::new([Step::Data(3)]);
        let journal = Journal::new();
        let _response = exchange(journal.clone(), request(Method::CONNECT), answer(status, body));
        assert_eq!(journal.ending().outcome, Outcome::COMPLETE, "{status}");
    }
}

#[test]
fn a_refused_connect_goes_on_to_the_end_of_its_body() {
    for status in [302, 407, 502] {
        let body = Script::new([Step::Data(3)]);
        let journal = Journal::new();
        let mut response = exchange(journal.clone(), request(Method::CONNECT), answer(status, body));
        assert_eq!(journal.ended(), 0, "{status}");
        drain(response.body_mut());
        assert_eq!(journal.ending().bytes, 3, "{status}");
    }
}

#[test]
fn an_error_of_the_body_ends_the_call_whatever_follows() {
    for after in [Step::End, Step::Data(4), Step::Fail, Step::Stall] {
        let ending = drained(answer(200, Script::new([Step::Data(3), Step::Fail, after])));
        let expected = Ending {
            outcome: Outcome::BodyFailed,
            verdict: Verdict::Error("body_error"),
            bytes: 3,
            had_head: true,
        };
        assert_eq!(ending, expected);
    }
}

#[test]
fn the_verdict_is_the_classifiers() {
    let ending = drained(answer(503, Script::new([Step::Data(3)])));
    assert_eq!(ending.outcome, Outcome::COMPLETE);
    assert_eq!(ending.verdict, Verdict::Error("5xx"));
}
