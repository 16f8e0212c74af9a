//! What a span says by the layer's settings.

use std::convert::Infallible;

use futures_util::FutureExt;
use http::{HeaderValue, Request, Response, StatusCode};
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;
use opentelemetry_sdk::trace::Sampler;
use tower::{Layer, ServiceExt, service_fn};
use tower_telemetry_extract::{ExtractLayer, Http};
use tower_telemetry_semconv::{AllowedHeaders, Trust};
use tower_telemetry_span::SamplingAttributes;
use tower_telemetry_testkit::spans::{Recorder, text, value};

use crate::{exchange, get, layer, small_body, span_of, spans};

#[test]
fn the_filter_leaves_requests_out_and_a_filter_that_panics_lets_them_in() {
    let recorder = Recorder::new();
    let layer = ExtractLayer::new().with_spans(spans(&recorder).with_filter(|request| match request.uri.path() {
        "/healthz" => false,
        "/panic" => panic!("a bug in the filter"),
        _ => true,
    }));
    for path in ["/healthz", "/orders", "/panic"] {
        exchange(&layer, get(path), 200, small_body());
    }
    let paths: Vec<_> = recorder.spans().iter().map(|span| text(span, "url.path")).collect();
    assert_eq!(paths, [Some("/orders".to_owned()), Some("/panic".to_owned())]);
}

#[test]
fn headers_are_recorded_by_allow_list_as_string_arrays() {
    let recorder = Recorder::new();
    let tenant = AllowedHeaders::new(["x-tenant", "x-key"]).expect("no credentials among them");
    let layer = ExtractLayer::new().with_spans(spans(&recorder).with_request_headers(tenant));
    let mut hidden = HeaderValue::from_static("SECRET");
    hidden.set_sensitive(true);
    let request = get("/")
        .header("x-tenant", "a")
        .header("x-tenant", "b")
        .header("x-key", hidden)
        .header("x-other", "c");
    exchange(&layer, request, 200, small_body());
    let span = recorder.span();
    assert_eq!(
        text(&span, "http.request.header.x-tenant").as_deref(),
        Some("[\"a\",\"b\"]")
    );
    assert_eq!(
        text(&span, "http.request.header.x-key").as_deref(),
        Some("[\"REDACTED\"]")
    );
    assert_eq!(value(&span, "http.request.header.x-other"), None);
    assert!(AllowedHeaders::new(["Authorization"]).is_err());
}

#[test]
fn response_headers_are_recorded_by_allow_list_too() {
    let recorder = Recorder::new();
    let allowed = AllowedHeaders::new(["x-cache", "location"]).expect("no credentials among them");
    let service = ExtractLayer::new()
        .with_spans(spans(&recorder).with_response_headers(allowed))
        .layer(service_fn(|_: Request<()>| async {
            let response = Response::builder()
                .header("x-cache", "hit")
                .header("location", "https://u:SECRET@shop.test/?sig=SECRET")
                .header("set-cookie", "session=SECRET")
                .body(small_body());
            Ok::<_, Infallible>(response.expect("a response"))
        }));
    drop(service.oneshot(Request::new(())).now_or_never());
    let span = recorder.span();
    assert_eq!(
        text(&span, "http.response.header.x-cache").as_deref(),
        Some("[\"hit\"]")
    );
    let location = "[\"https://REDACTED:REDACTED@shop.test/?sig=REDACTED\"]";
    assert_eq!(text(&span, "http.response.header.location").as_deref(), Some(location));
    assert!(!format!("{span:?}").contains("SECRET"));
    assert!(AllowedHeaders::new(["Set-Cookie"]).is_err());
}

#[test]
fn hooks_add_attributes_and_a_hook_that_panics_costs_only_what_it_would_have_added() {
    let recorder = Recorder::new();
    let layer = ExtractLayer::new().with_spans(
        spans(&recorder)
            .with_request_attributes(|call, request, attributes| {
                attributes.push(KeyValue::new("app.method", call.method().as_str().to_owned()));
                assert_ne!(request.uri.path(), "/panic", "a bug in a hook");
            })
            .with_end_attributes(|call, verdict, attributes| {
                assert_ne!(call.status(), Some(StatusCode::IM_A_TEAPOT), "a bug in another");
                attributes.push(KeyValue::new("app.fine", verdict.error_type().is_none()));
            }),
    );
    exchange(&layer, get("/"), 200, small_body());
    exchange(&layer, get("/panic"), 418, small_body());
    let spans = recorder.spans();
    assert_eq!(text(&spans[0], "app.method").as_deref(), Some("GET"));
    assert_eq!(value(&spans[0], "app.fine"), Some(true.into()));
    assert_eq!(value(&spans[1], "app.fine"), None);
    assert_eq!(value(&spans[1], "http.response.status_code"), Some(418.into()));
}

#[test]
fn forwarded_headers_count_only_from_a_caller_that_is_trusted() {
    let request = || {
        get("/")
            .header("host", "inside.test")
            .header("forwarded", "for=203.0.113.7;host=shop.test;proto=https")
    };
    let span = span_of(request(), 200, small_body());
    assert_eq!(text(&span, "server.address").as_deref(), Some("inside.test"));
    assert_eq!(
        (value(&span, "client.address"), value(&span, "url.scheme")),
        (None, None)
    );

    let recorder = Recorder::new();
    let layer = layer(&recorder).with_http(Http::server().with_trust(Trust::Parent));
    exchange(&layer, request(), 200, small_body());
    let span = recorder.span();
    assert_eq!(text(&span, "server.address").as_deref(), Some("shop.test"));
    assert_eq!(text(&span, "client.address").as_deref(), Some("203.0.113.7"));
    assert_eq!(text(&span, "url.scheme").as_deref(), Some("https"));
}

#[test]
fn the_sampler_sees_the_attributes_unless_the_caller_is_unsampled() {
    #[derive(Clone, Debug)]
    struct CountAttributes;
    impl opentelemetry_sdk::trace::ShouldSample for CountAttributes {
        fn should_sample(
            &self,
            parent: Option<&opentelemetry::Context>,
            trace_id: opentelemetry::TraceId,
            name: &str,
            kind: &SpanKind,
            attributes: &[KeyValue],
            links: &[opentelemetry::trace::Link],
        ) -> opentelemetry_sdk::trace::SamplingResult {
            let mut result = Sampler::AlwaysOn.should_sample(parent, trace_id, name, kind, attributes, links);
            let seen = i64::try_from(attributes.len()).expect("a few");
            result.attributes = vec![KeyValue::new("seen", seen)];
            result
        }
    }
    let unsampled = || get("/").header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
    let cases = [
        (get("/"), SamplingAttributes::UnlessUnsampled, 3),
        (unsampled(), SamplingAttributes::UnlessUnsampled, 0),
        (unsampled(), SamplingAttributes::Always, 3),
    ];
    for (request, sampling, seen) in cases {
        let recorder = Recorder::sampling(CountAttributes);
        let layer = ExtractLayer::new().with_spans(spans(&recorder).with_sampling_attributes(sampling));
        exchange(&layer, request, 200, small_body());
        let span = recorder.span();
        assert_eq!(value(&span, "seen"), Some(seen.into()));
        assert_eq!(
            text(&span, "url.path").as_deref(),
            Some("/"),
            "it records, so it has them in any case"
        );
    }
}
