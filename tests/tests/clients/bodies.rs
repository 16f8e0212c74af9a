//! What comes after an answer's head.

use std::future::ready;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::get as route;
use futures_util::{FutureExt, StreamExt, stream};
use http_body_util::BodyExt;
use tokio::sync::Notify;
use tower::ServiceExt;
use tower_telemetry::span::SpanEnd;
use tower_telemetry_testkit::spans::{Recorder, assert_error, value};
use tower_telemetry_tests::{BOTH, HALF, Protocol, Server, hanging_up, logged};

use crate::caller::{get, statuses, traced};

#[tokio::test]
async fn a_span_that_ends_at_the_head_has_ended_before_the_body_is_read() {
    let server = statuses().await;
    for protocol in BOTH {
        let recorder = Recorder::new();
        let caller = traced(&recorder, protocol, SpanEnd::Head);
        let answer = caller.oneshot(get(server.address, "/200")).await.expect("an answer");
        assert_eq!(recorder.spans().len(), 1);
        assert_eq!(answer.into_body().collect().await.expect("a body").to_bytes(), "said");
        assert_eq!(recorder.spans().len(), 1);
    }
}

#[tokio::test]
async fn a_span_that_ends_with_the_body_lasts_until_it_has_been_read() {
    let server = statuses().await;
    for protocol in BOTH {
        let recorder = Recorder::new();
        let caller = traced(&recorder, protocol, SpanEnd::Body);
        let answer = caller.oneshot(get(server.address, "/200")).await.expect("an answer");
        assert_eq!(recorder.spans().len(), 0);
        assert_eq!(answer.into_body().collect().await.expect("a body").to_bytes(), "said");
        assert_error(&recorder.span(), None);
    }
}

#[tokio::test]
async fn a_body_that_its_reader_drops_is_no_error() {
    for protocol in BOTH {
        let endless = || stream::iter([Ok::<_, io::Error>(Bytes::from_static(b"first"))]).chain(stream::pending());
        let handler = async move || Body::from_stream(endless());
        let server = Server::start(Router::new().route("/", route(handler))).await;
        let recorder = Recorder::new();
        let caller = traced(&recorder, protocol, SpanEnd::Body);
        let answer = caller.oneshot(get(server.address, "/")).await.expect("an answer");
        let mut body = answer.into_body();
        body.frame().await.expect("a frame").expect("no error");
        assert_eq!(recorder.spans().len(), 0);
        drop(body);

        let span = recorder.span();
        assert_error(&span, None);
        assert_eq!(value(&span, "http.response.status_code"), Some(200.into()));
    }
}

/// Sends half of a body, and breaks off when it is told to.
async fn breaking_off() -> (Server, Arc<Notify>) {
    let go = Arc::new(Notify::new());
    let told = Arc::clone(&go);
    let handler = move || {
        let broken = Arc::clone(&told)
            .notified_owned()
            .map(|()| Err(io::Error::other("gone")));
        let half = stream::iter([Ok(Bytes::from_static(b"half"))]);
        ready(Body::from_stream(half.chain(stream::once(broken))))
    };
    (Server::start(Router::new().route("/", route(handler))).await, go)
}

#[tokio::test]
async fn a_body_that_breaks_off_is_an_error_of_the_span_that_lasts_so_long() {
    for protocol in BOTH {
        let (server, go) = breaking_off().await;
        let recorder = Recorder::new();
        let caller = traced(&recorder, protocol, SpanEnd::Body);
        let mut answer = caller.oneshot(get(server.address, "/")).await.expect("a head");
        answer.frame().await.expect("a frame").expect("no error");
        go.notify_one();
        answer.into_body().collect().await.expect_err("it breaks off");

        let span = recorder.span();
        assert_error(&span, Some("body_error"));
        assert_eq!(value(&span, "http.response.status_code"), Some(200.into()));
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_in_the_body_is_an_error_of_the_span_that_lasts_so_long() {
    let recorder = Recorder::new();
    let caller = traced(&recorder, Protocol::Http1, SpanEnd::Body);
    let answer = caller.oneshot(get(hanging_up(HALF).await, "/")).await.expect("a head");
    answer.into_body().collect().await.expect_err("it breaks off");
    assert_error(&recorder.span(), Some("body_error"));
}

#[test]
fn a_body_that_breaks_off_after_its_span_has_ended_is_told_in_an_event() {
    let recorder = Recorder::new();
    let lines = logged(async {
        let caller = traced(&recorder, Protocol::Http1, SpanEnd::Head);
        let answer = caller.oneshot(get(hanging_up(HALF).await, "/")).await.expect("a head");
        answer.into_body().collect().await.expect_err("it breaks off");
    });
    let span = recorder.span();
    assert_error(&span, None);
    let told: Vec<_> = lines
        .iter()
        .filter(|line| line.contains("body failed after its client span had ended"))
        .collect();
    let [told] = &*told else { panic!("{lines:?}") };
    for part in [
        span.span_context.trace_id().to_string(),
        span.span_context.span_id().to_string(),
    ] {
        assert!(told.contains(&part), "{told}");
    }
    assert!(
        told.contains(r#"error.type="body_error""#) && told.contains("bytes=4"),
        "{told}"
    );
}
