//! What a SERVER span says, for each way in which a request can go.

use std::convert::Infallible;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt;
use http::{HeaderValue, Request, Response, StatusCode, Version};
use http_body::SizeHint;
use http_body_util::BodyExt;
use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanKind, Status};
use opentelemetry_sdk::trace::{Sampler, SpanData};
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_telemetry_extract::{ExtractLayer, Http, Spans};
use tower_telemetry_semconv::{AllowedHeaders, LateRoute, Route, Trust};
use tower_telemetry_span::{SamplingAttributes, SpanName};
use tower_telemetry_testkit::spans::{Recorder, keys, text, value};
use tower_telemetry_testkit::{Script, Step};

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
    let mut body = Some(body);
    let service = layer.layer(service_fn(move |_: Request<()>| {
        let mut response = Response::new(body.take().expect("one request"));
        *response.status_mut() = StatusCode::from_u16(status).expect("a status");
        async move { Ok::<_, Infallible>(response) }
    }));
    let request = request.body(()).expect("a request");
    let response = service
        .oneshot(request)
        .now_or_never()
        .expect("it answers at once")
        .expect("it answers");
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

#[test]
fn client_errors_are_not_the_servers_and_server_errors_are() {
    for (status, error) in [
        (200, None),
        (301, None),
        (404, None),
        (408, None),
        (499, None),
        (500, Some("500")),
        (503, Some("503")),
        (504, Some("504")),
    ] {
        let span = span_of(get("/"), status, small_body());
        assert_eq!(text(&span, "error.type").as_deref(), error, "{status}");
        assert_eq!(
            span.status,
            error.map_or(Status::Unset, |_| Status::error("")),
            "{status}"
        );
    }
}

#[test]
fn each_way_to_end_has_its_error_type_and_keeps_the_status_that_was_sent() {
    let endings = [
        (small_body(), None),
        (Script::new([Step::Data(5), Step::Fail]), Some("body_error")),
        (Script::new([Step::Data(5), Step::Stall]), Some("cancelled")),
        (
            Script::new([Step::Data(5), Step::Data(5)]).with_size_hint(SizeHint::with_exact(50)),
            Some("body_error"),
        ),
    ];
    for (body, error) in endings {
        let span = span_of(get("/"), 200, body);
        assert_eq!(text(&span, "error.type").as_deref(), error);
        assert_eq!(value(&span, "http.response.status_code"), Some(200.into()));
    }
}

#[test]
fn an_error_status_stays_the_error_type_when_the_body_is_dropped_later() {
    let span = span_of(get("/"), 503, Script::new([Step::Stall]));
    assert_eq!(text(&span, "error.type").as_deref(), Some("503"));
}

#[test]
fn a_call_dropped_before_its_head_is_cancelled_and_has_no_status() {
    let recorder = Recorder::new();
    let mut service = layer(&recorder).layer(service_fn(|_: Request<()>| {
        pending::<Result<Response<Script>, Infallible>>()
    }));
    let never_polled = service.call(Request::new(()));
    drop(never_polled);
    assert!(
        service.call(Request::new(())).now_or_never().is_none(),
        "polled once, then dropped"
    );
    let spans = recorder.spans();
    assert_eq!(spans.len(), 2);
    for span in spans {
        assert_eq!(text(&span, "error.type").as_deref(), Some("cancelled"));
        assert_eq!(span.status, Status::error(""));
        assert_eq!(value(&span, "http.response.status_code"), None);
    }
}

#[test]
fn a_panic_is_an_error_of_its_own_and_its_payload_is_not_recorded() {
    let recorder = Recorder::new();
    let service = layer(&recorder).layer(service_fn(|_: Request<()>| async {
        if true {
            panic!("password=SECRET");
        }
        Ok::<_, Infallible>(Response::new(small_body()))
    }));
    let call = AssertUnwindSafe(|| service.oneshot(Request::new(())).now_or_never().is_some());
    assert!(catch_unwind(call).is_err(), "it unwinds on");
    let span = recorder.span();
    assert_eq!(text(&span, "error.type").as_deref(), Some("panic"));
    assert!(!format!("{span:?}").contains("SECRET"));
}

#[test]
fn a_services_error_is_typed_and_its_text_is_not_recorded() {
    #[derive(Debug)]
    struct Refused(#[expect(dead_code, reason = "what must not be recorded")] &'static str);
    let recorder = Recorder::new();
    let http = Http::server().with_error_type(|_: &Refused| Some("refused"));
    let service = layer(&recorder)
        .with_http(http)
        .layer(service_fn(|_: Request<()>| async {
            Err::<Response<Script>, _>(Refused("token=SECRET"))
        }));
    let answer = service
        .oneshot(Request::new(()))
        .now_or_never()
        .expect("it answers at once");
    assert!(answer.is_err());
    let span = recorder.span();
    assert_eq!(text(&span, "error.type").as_deref(), Some("refused"));
    assert!(!format!("{span:?}").contains("SECRET"));
}

/// The span of a request whose handler sets its route.
fn routed_late(request: http::request::Builder) -> SpanData {
    let recorder = Recorder::new();
    let service = layer(&recorder)
        .with_http(Http::server().with_late_route())
        .layer(service_fn(|request: Request<()>| async move {
            let route = request.extensions().get::<LateRoute>().expect("it was asked for");
            route.set("/orders/{id}");
            Ok::<_, Infallible>(Response::new(small_body()))
        }));
    let response = service.oneshot(request.body(()).expect("a request"));
    let body = response
        .now_or_never()
        .expect("at once")
        .expect("a response")
        .into_body();
    body.collect().now_or_never().expect("at once").expect("a body");
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
    let span = routed_late(get("/orders/7").extension(SpanName::new("an order")));
    assert_eq!(span.name, "an order");
    assert_eq!(text(&span, "http.route").as_deref(), Some("/orders/{id}"));
}

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
