//! What one request wants of its span, and what its attempts are called.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::FutureExt;
use http::{HeaderMap, Request, Response, StatusCode};
use opentelemetry::KeyValue;
use opentelemetry::trace::TraceContextExt;
use tower::retry::Policy;
use tower::{Layer, ServiceBuilder, ServiceExt};
use tower_telemetry_inject::{CountResendsLayer, InjectLayer, RequestSpan, ResendCount, Spans, UrlTemplate};
use tower_telemetry_testkit::spans::{Recorder, keys, text, value};
use tower_telemetry_testkit::{Answer, Script, call};

/// Sends the request to a server that answers 200; returns the headers that were sent.
fn send(recorder: &Recorder, request: http::request::Builder) -> HeaderMap {
    let mut sent = HeaderMap::new();
    let server = Answer::new(Response::new(Script::default())).map_request(|request: Request<()>| {
        sent = request.headers().clone();
        request
    });
    let layer = InjectLayer::new().with_spans(Spans::client().with_tracer_provider(&recorder.provider));
    call(&mut layer.layer(server), request.body(()).expect("a request"));
    sent
}

fn get() -> http::request::Builder {
    Request::get("http://shop.test/items/7")
}

#[test]
fn a_request_without_a_span_carries_the_context_around_it() {
    let recorder = Recorder::new();
    let around = recorder.within("around");
    let id = around.span().span_context().span_id();
    let _current = around.attach();
    let headers = send(&recorder, get().extension(RequestSpan::none()));
    let sent = headers["traceparent"].to_str().expect("text");
    assert_eq!(sent[36..52], id.to_string());
    assert!(recorder.spans().is_empty());
}

#[test]
fn a_request_can_name_its_span() {
    let recorder = Recorder::new();
    let template = UrlTemplate::new("/items/{id}");
    send(
        &recorder,
        get()
            .extension(RequestSpan::new().with_name("refresh prices"))
            .extension(template),
    );
    send(&recorder, get().extension(RequestSpan::new().with_name("")));
    let [named, empty] = &recorder.spans()[..] else {
        panic!("two requests")
    };
    assert_eq!((&*named.name, &*empty.name), ("refresh prices", "GET"));
    assert_eq!(text(named, "url.template").as_deref(), Some("/items/{id}"));
}

#[test]
fn a_request_can_add_attributes() {
    let recorder = Recorder::new();
    let attributes = [KeyValue::new("shop.tenant", "north"), KeyValue::new("shop.basket", 3)];
    send(
        &recorder,
        get().extension(RequestSpan::new().with_attributes(attributes)),
    );
    let span = recorder.span();
    assert_eq!(value(&span, "shop.tenant"), Some("north".into()));
    assert_eq!(value(&span, "shop.basket"), Some(3.into()));
}

/// Retries what is answered 503.
#[derive(Clone)]
struct Unavailable;

impl<B> Policy<Request<()>, Response<B>, Infallible> for Unavailable {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut Request<()>, answer: &mut Result<Response<B>, Infallible>) -> Option<Ready<()>> {
        let status = answer.as_ref().map(Response::status);
        (status == Ok(StatusCode::SERVICE_UNAVAILABLE)).then(|| ready(()))
    }

    fn clone_request(&mut self, request: &Request<()>) -> Option<Request<()>> {
        Some(request.clone())
    }
}

/// Answers 503 twice, and then 200.
fn at_the_third_attempt() -> impl Fn(Request<()>) -> Ready<Result<Response<Script>, Infallible>> + Clone {
    let attempts = Arc::new(AtomicU32::new(0));
    move |_| {
        let mut response = Response::new(Script::default());
        if attempts.fetch_add(1, Ordering::Relaxed) < 2 {
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        }
        ready(Ok(response))
    }
}

fn counts(recorder: &Recorder) -> Vec<Option<String>> {
    let spans = recorder.spans();
    spans
        .iter()
        .map(|span| text(span, "http.request.resend_count"))
        .collect()
}

#[test]
fn with_the_retry_outside_each_attempt_is_a_span_that_is_counted() {
    let recorder = Recorder::new();
    let stack = ServiceBuilder::new()
        .layer(CountResendsLayer::new())
        .retry(Unavailable)
        .layer(InjectLayer::new().with_spans(Spans::client().with_tracer_provider(&recorder.provider)))
        .service_fn(at_the_third_attempt());
    let answered = stack.oneshot(get().body(()).expect("a request")).now_or_never();
    assert_eq!(answered.expect("at once").expect("it answers").status(), StatusCode::OK);
    assert_eq!(counts(&recorder), [None, Some("1".to_owned()), Some("2".to_owned())]);
    let spans = recorder.spans();
    let mut ids: Vec<_> = spans.iter().map(|span| span.span_context.span_id()).collect();
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[test]
fn with_the_retry_inside_there_is_one_span_and_no_count() {
    let recorder = Recorder::new();
    let stack = ServiceBuilder::new()
        .layer(CountResendsLayer::new())
        .layer(InjectLayer::new().with_spans(Spans::client().with_tracer_provider(&recorder.provider)))
        .retry(Unavailable)
        .service_fn(at_the_third_attempt());
    let answered = stack.oneshot(get().body(()).expect("a request")).now_or_never();
    answered.expect("at once").expect("it answers");
    let span = recorder.span();
    assert_eq!(value(&span, "http.response.status_code"), Some(200.into()));
    assert!(!keys(&span).contains(&"http.request.resend_count"));
}

#[test]
fn a_loop_of_ones_own_counts_with_one_count_for_its_requests() {
    let recorder = Recorder::new();
    let count = ResendCount::new();
    for _ in 0..2 {
        send(&recorder, get().extension(count.clone()));
    }
    send(&recorder, get().extension(ResendCount::new()));
    assert_eq!(counts(&recorder), [None, Some("1".to_owned()), None]);
}
