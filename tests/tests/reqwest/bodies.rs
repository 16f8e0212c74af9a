//! Response bodies: left as they come, or watched to their end.

use std::time::Duration;

use http::Request;
use reqwest::{Client, Response};
use reqwest_middleware::Error;
use tower_telemetry::Inject;
use tower_telemetry::span::SpanEnd;
use tower_telemetry_testkit::spans::{Recorder, assert_error, text};
use tower_telemetry_tests::{HALF, ended, hanging_up};

use crate::caller::{BOTH_WAYS, Way, client, inject, plain, spans};
use crate::site::Site;

/// Gives up on a body that goes no further. The head comes sooner, also on a busy machine.
const STALLED: Duration = Duration::from_millis(500);

fn to_the_end(recorder: &Recorder) -> Inject {
    Inject::new().with_spans(spans(recorder).with_end(SpanEnd::Body))
}

/// The answer to a call whose span lasts until its body has ended.
async fn answer(way: Way, recorder: &Recorder, client: Client, url: String) -> Result<Response, Error> {
    way.observed(to_the_end(recorder), client, Request::get(url)).await
}

#[tokio::test]
async fn a_span_ends_at_the_head_whatever_becomes_of_the_body() {
    let site = Site::open().await;
    for way in BOTH_WAYS {
        for path in ["/rows", "/stalling"] {
            let recorder = Recorder::new();
            let kept = way
                .observed(inject(&recorder), plain(), Request::get(site.url(path)))
                .await;
            assert_error(&ended(&recorder, 1).await[0], None);
            std::mem::forget(kept.expect("an answer"));
        }
    }
}

#[tokio::test]
async fn a_span_may_last_until_the_body_has_been_read() {
    let site = Site::open().await;
    for way in BOTH_WAYS {
        let recorder = Recorder::new();
        let mut answer = answer(way, &recorder, plain(), site.url("/rows"))
            .await
            .expect("an answer");
        let first = answer.chunk().await.expect("a chunk");
        assert!(first.is_some() && recorder.spans().is_empty());
        while answer.chunk().await.expect("a chunk").is_some() {}
        assert_error(&ended(&recorder, 1).await[0], None);
    }
}

#[tokio::test]
async fn a_body_that_fails_fails_its_span_in_a_word() {
    let site = Site::open().await;
    let limited = || client(|client| client.timeout(STALLED));
    let reading = || client(|client| client.read_timeout(STALLED));
    let rows: [(String, &dyn Fn() -> Client, &str); 3] = [
        (format!("http://{}/", hanging_up(HALF).await), &plain, "body_error"),
        (site.url("/stalling"), &limited, "timeout"),
        (site.url("/stalling"), &reading, "timeout"),
    ];
    for way in BOTH_WAYS {
        for (url, client, expected) in &rows {
            let recorder = Recorder::new();
            let observed = answer(way, &recorder, client(), url.clone()).await.expect("an answer");
            let error = observed.bytes().await.expect_err("it fails");
            let unobserved = client().get(url).send().await.expect("an answer");
            let plainly = unobserved.bytes().await.expect_err("it fails");
            let seen = |error: &reqwest::Error| (error.is_timeout(), error.is_body(), error.is_decode());
            assert_eq!(seen(&error), seen(&plainly), "the caller sees what it would have seen");
            let span = ended(&recorder, 1).await.remove(0);
            assert_error(&span, Some(expected));
            assert_eq!(text(&span, "http.response.status_code").as_deref(), Some("200"));
        }
    }
}

#[tokio::test]
async fn a_body_that_the_caller_drops_is_no_error() {
    let site = Site::open().await;
    for way in BOTH_WAYS {
        let recorder = Recorder::new();
        drop(
            answer(way, &recorder, plain(), site.url("/stalling"))
                .await
                .expect("an answer"),
        );
        assert_error(&ended(&recorder, 1).await[0], None);
    }
}

/// All that a response says of itself but the time; of its extensions, how many there are.
fn seen(response: &Response) -> String {
    let mut headers = response.headers().clone();
    headers.remove("date");
    format!(
        "{} {:?} {} {:?} {:?} {headers:?} {}",
        response.status(),
        response.version(),
        response.url(),
        response.content_length(),
        response.remote_addr(),
        response.extensions().len(),
    )
}

#[tokio::test]
async fn a_watched_response_is_the_response_that_came() {
    let site = Site::open().await;
    for way in BOTH_WAYS {
        for path in ["/items/7", "/moved", "/rows", "/status/204"] {
            let recorder = Recorder::new();
            let plainly = plain().get(site.url(path)).send().await.expect("an answer");
            let watched = answer(way, &recorder, plain(), site.url(path))
                .await
                .expect("an answer");
            assert_eq!(seen(&watched), seen(&plainly));
            assert_eq!(
                watched.bytes().await.expect("a body"),
                plainly.bytes().await.expect("a body")
            );
        }
    }
}
