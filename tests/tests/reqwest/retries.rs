//! Retries: outside of the observer a span for each attempt, inside of it one for all.

use std::future::{Ready, ready};
use std::time::Duration;

use opentelemetry_sdk::trace::SpanData;
use reqwest::{Method, Request, Response};
use reqwest_middleware::{ClientBuilder, Middleware};
use reqwest_retry::RetryTransientMiddleware;
use reqwest_retry::policies::ExponentialBackoff;
use tower::retry::Policy;
use tower::{ServiceBuilder, ServiceExt};
use tower_telemetry::reqwest::CountResendsLayer;
use tower_telemetry_testkit::spans::{Recorder, text, value};
use tower_telemetry_tests::{ended, nobody};

use crate::caller::{layer, middleware, plain};
use crate::site::Site;

fn retry() -> impl Middleware {
    let backoff = ExponentialBackoff::builder().retry_bounds(Duration::ZERO, Duration::ZERO);
    RetryTransientMiddleware::new_with_policy(backoff.build_with_max_retries(2))
}

/// Retries an answer of 500, and errors.
#[derive(Clone)]
struct Again;

impl Policy<Request, Response, reqwest::Error> for Again {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut Request, answer: &mut reqwest::Result<Response>) -> Option<Ready<()>> {
        let good = answer.as_ref().is_ok_and(|answer| !answer.status().is_server_error());
        (!good).then(|| ready(()))
    }

    fn clone_request(&mut self, request: &Request) -> Option<Request> {
        request.try_clone()
    }
}

fn get(url: &str) -> Request {
    Request::new(Method::GET, url.parse().expect("a URL"))
}

/// `status error.type resend_count` of each span.
fn attempts(spans: &[SpanData]) -> Vec<String> {
    let one = |span: &SpanData| {
        let keys = ["http.response.status_code", "error.type", "http.request.resend_count"];
        keys.map(|key| text(span, key).unwrap_or("-".to_owned())).join(" ")
    };
    spans.iter().map(one).collect()
}

/// Each attempt is a span without a parent here, and is sent with its own id.
fn assert_each_sent_its_own_id(spans: &[SpanData], site: &Site) {
    let sent = site.traceparents();
    let own = spans.iter().map(|span| span.span_context.span_id().to_string());
    assert!(own.eq(sent.iter().map(|sent| sent[36..52].to_owned())));
}

#[tokio::test]
async fn with_reqwest_retry_outside_each_attempt_is_a_span_with_its_count_and_its_own_id() {
    let site = Site::open().await;
    let recorder = Recorder::new();
    let client = ClientBuilder::new(plain())
        .with(retry())
        .with(middleware(&recorder))
        .build();
    let answer = client.get(site.url("/third-time")).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let spans = ended(&recorder, 3).await;
    assert_eq!(attempts(&spans), ["500 500 -", "500 500 1", "200 - 2"]);
    assert_eq!(value(&spans[2], "http.request.resend_count"), Some(2.into()));
    assert_each_sent_its_own_id(&spans, &site);
}

#[tokio::test]
async fn the_attempts_of_one_call_are_not_those_of_the_next() {
    let site = Site::open().await;
    let recorder = Recorder::new();
    let client = ClientBuilder::new(plain())
        .with(retry())
        .with(middleware(&recorder))
        .build();
    for _ in 0..2 {
        client.get(site.url("/items/7")).send().await.expect("an answer");
    }
    assert_eq!(attempts(&ended(&recorder, 2).await), ["200 - -"; 2]);
}

#[tokio::test]
async fn with_reqwest_retry_inside_there_is_one_span_with_the_last_status() {
    let site = Site::open().await;
    let recorder = Recorder::new();
    let client = ClientBuilder::new(plain())
        .with(middleware(&recorder))
        .with(retry())
        .build();
    client.get(site.url("/third-time")).send().await.expect("an answer");
    assert_eq!(attempts(&ended(&recorder, 1).await), ["200 - -"]);
    let mut sent = site.traceparents();
    sent.dedup();
    assert_eq!(sent.len(), 1, "one id for all attempts");
}

#[tokio::test]
async fn what_reqwest_retry_wraps_keeps_its_type() {
    let url = format!("http://{}/", nobody());
    let recorder = Recorder::new();
    let client = ClientBuilder::new(plain())
        .with(middleware(&recorder))
        .with(retry())
        .build();
    client.get(&url).send().await.expect_err("nobody is there");
    assert_eq!(attempts(&ended(&recorder, 1).await), ["- connect -"]);

    let recorder = Recorder::new();
    let client = ClientBuilder::new(plain())
        .with(retry())
        .with(middleware(&recorder))
        .build();
    client.get(&url).send().await.expect_err("nobody is there");
    assert_eq!(
        attempts(&ended(&recorder, 3).await),
        ["- connect -", "- connect 1", "- connect 2"]
    );
}

#[tokio::test]
async fn with_towers_retry_outside_each_attempt_is_a_span_with_its_count_and_its_own_id() {
    let site = Site::open().await;
    let recorder = Recorder::new();
    let stack = ServiceBuilder::new()
        .layer(CountResendsLayer::new())
        .retry(Again)
        .layer(layer(&recorder))
        .service(plain());
    let answer = stack.oneshot(get(&site.url("/third-time"))).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let spans = ended(&recorder, 3).await;
    assert_eq!(attempts(&spans), ["500 500 -", "500 500 1", "200 - 2"]);
    assert_each_sent_its_own_id(&spans, &site);
}

#[tokio::test]
async fn with_towers_retry_inside_there_is_one_span_with_the_last_status() {
    let site = Site::open().await;
    let recorder = Recorder::new();
    let stack = ServiceBuilder::new()
        .layer(layer(&recorder))
        .retry(Again)
        .service(plain());
    stack.oneshot(get(&site.url("/third-time"))).await.expect("an answer");
    assert_eq!(attempts(&ended(&recorder, 1).await), ["200 - -"]);
}
