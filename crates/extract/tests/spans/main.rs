//! What a SERVER span says, for each way in which a request can go.

mod ends;
mod settings;

use std::convert::Infallible;

use futures_util::FutureExt;
use http::{Request, Response, Version};
use http_body_util::BodyExt;
use opentelemetry::trace::{SpanKind, Status};
use opentelemetry_sdk::trace::SpanData;
use tower::{Layer, service_fn};
use tower_telemetry_extract::{ExtractLayer, Http, Spans};
use tower_telemetry_semconv::{LateRoute, Route};
use tower_telemetry_span::RequestSpan;
use tower_telemetry_testkit::spans::{Recorder, keys, text, value};
use tower_telemetry_testkit::{Answer, Script, Step, call};

fn spans(recorder: &Recorder) -> Spans<tower_telemetry_extract::HttpCall<tower_telemetry_extract::Server>> {
    Spans::server().with_tracer_provider(&recorder.provider)
}

fn layer(recorder: &Recorder) -> ExtractLayer {
    ExtractLayer::new().with_spans(spans(recorder))
}

fn get(path: &str) -> http::request::Builder {
    Request::get(path)
}

/// Sends the request through the layer to a service that answers with this status and body, and reads the body to its end.
fn exchange(layer: &ExtractLayer, request: http::request::Builder, status: u16, body: Script) {
    let response = Response::builder().status(status).body(body).expect("a status");
    let mut service = layer.layer(Answer::new(response));
    let response = call(&mut service, request.body(()).expect("a request"));
    let _ = response.into_body().collect().now_or_never();
}

fn span_of(request: http::request::Builder, status: u16, body: Script) -> SpanData {
    let recorder = Recorder::new();
    exchange(&layer(&recorder), request, status, body);
    recorder.span()
}

fn small_body() -> Script {
    Script::new([Step::Data(5)])
}

#[test]
fn a_request_is_described_by_the_conventions() {
    let request = get("/users/42?lang=en&sig=SECRET")
        .version(Version::HTTP_11)
        .header("host", "shop.test:8080")
        .header("user-agent", "curl/8")
        .header("x-forwarded-for", "203.0.113.7")
        .header("authorization", "Bearer SECRET")
        .extension(Route::new("/users/{id}"));
    let span = span_of(request, 200, small_body());
    assert_eq!(span.name, "GET /users/{id}");
    assert_eq!(span.span_kind, SpanKind::Server);
    assert_eq!(span.status, Status::Unset);
    assert_eq!(
        keys(&span),
        [
            "http.request.method",
            "http.response.status_code",
            "http.route",
            "network.protocol.version",
            "server.address",
            "server.port",
            "url.path",
            "url.query",
            "user_agent.original",
        ]
    );
    assert_eq!(text(&span, "url.query").as_deref(), Some("lang=en&sig=REDACTED"));
    assert_eq!(value(&span, "server.port"), Some(8080.into()));
    assert_eq!(value(&span, "http.response.status_code"), Some(200.into()));
    assert!(!format!("{span:?}").contains("SECRET"));
}

/// The span of a request whose handler sets its route.
fn routed_late(request: http::request::Builder) -> SpanData {
    let recorder = Recorder::new();
    let mut service = layer(&recorder)
        .with_http(Http::server().with_late_route())
        .layer(service_fn(|request: Request<()>| async move {
            let route = request.extensions().get::<LateRoute>().expect("it was asked for");
            route.set("/orders/{id}");
            Ok::<_, Infallible>(Response::new(small_body()))
        }));
    let response = call(&mut service, request.body(()).expect("a request"));
    let body = response.into_body().collect().now_or_never();
    body.expect("at once").expect("a body");
    recorder.span()
}

#[test]
fn a_route_that_a_handler_sets_late_names_the_span() {
    let span = routed_late(get("/orders/7"));
    assert_eq!(span.name, "GET /orders/{id}");
    assert_eq!(text(&span, "http.route").as_deref(), Some("/orders/{id}"));
}

#[test]
fn a_name_that_the_request_was_given_stays_when_the_route_comes_late() {
    let span = routed_late(get("/orders/7").extension(RequestSpan::new().with_name("an order")));
    assert_eq!(span.name, "an order");
    assert_eq!(text(&span, "http.route").as_deref(), Some("/orders/{id}"));
}
