//! What a CLIENT span says, what goes into the request, and when the span ends.

use futures_util::FutureExt;
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt;
use opentelemetry::Context;
use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry_sdk::trace::{Sampler, SpanData};
use tower::{Layer, Service, ServiceExt};
use tower_telemetry_inject::{Client, HttpCall, InjectLayer, NoPropagation, Outbound, Propagation, SpanEnd, Spans};
use tower_telemetry_semconv::UrlTemplate;
use tower_telemetry_testkit::spans::{Recorder, assert_error, is_parent, keys, text, value};
use tower_telemetry_testkit::{Answer, Log, Never, Script, Step, call};

const STALE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn spans(recorder: &Recorder) -> Spans<HttpCall<Client>> {
    Spans::client().with_tracer_provider(&recorder.provider)
}

fn layer(recorder: &Recorder) -> InjectLayer {
    InjectLayer::new().with_spans(spans(recorder))
}

/// Sends the request through the layer to a server that answers with this status and body; returns the headers that were sent, and the
/// response's body.
fn exchange<B>(
    layer: &InjectLayer,
    request: http::request::Builder,
    status: u16,
    body: B,
) -> (HeaderMap, impl http_body::Body + use<B>)
where
    B: http_body::Body<Error: 'static>,
{
    let response = Response::builder().status(status).body(body).expect("a status");
    let mut sent = HeaderMap::new();
    let server = Answer::new(response).map_request(|request: Request<()>| {
        sent = request.headers().clone();
        request
    });
    let response = call(&mut layer.layer(server), request.body(()).expect("a request"));
    (sent, response.into_body())
}

fn get(url: &str) -> http::request::Builder {
    Request::get(url)
}

fn small_body() -> Script {
    Script::new([Step::Data(5)])
}

fn header(span: &SpanData) -> String {
    let ids = &span.span_context;
    format!(
        "00-{}-{}-{:02x}",
        ids.trace_id(),
        ids.span_id(),
        ids.trace_flags().to_u8()
    )
}

#[test]
fn a_call_is_described_by_the_conventions() {
    let recorder = Recorder::new();
    let request =
        get("http://user:SECRET@shop.test/users/42?sig=SECRET&lang=en").extension(UrlTemplate::new("/users/{id}"));
    exchange(&layer(&recorder), request, 200, small_body());
    let span = recorder.span();
    assert_eq!(span.name, "GET /users/{id}");
    assert_eq!(span.span_kind, SpanKind::Client);
    assert_eq!(
        keys(&span),
        [
            "http.request.method",
            "http.response.status_code",
            "network.protocol.version",
            "server.address",
            "server.port",
            "url.full",
            "url.template",
        ]
    );
    let url = "http://REDACTED:REDACTED@shop.test/users/42?sig=REDACTED&lang=en";
    assert_eq!(text(&span, "url.full").as_deref(), Some(url));
    assert_eq!(value(&span, "server.port"), Some(80.into()));
    assert!(!format!("{span:?}").contains("SECRET"));
}

#[test]
fn client_and_server_errors_are_both_errors_to_the_caller() {
    for (status, error) in [(200, None), (302, None), (404, Some("404")), (500, Some("500"))] {
        let recorder = Recorder::new();
        exchange(&layer(&recorder), get("http://shop.test/"), status, small_body());
        let span = recorder.span();
        assert_error(&span, error);
    }
}

#[test]
fn the_spans_context_replaces_stale_headers_as_a_pair() {
    let recorder = Recorder::new();
    let request = get("http://shop.test/")
        .header("traceparent", STALE)
        .header("traceparent", STALE)
        .header("tracestate", "old=1");
    let (sent, _body) = exchange(&layer(&recorder), request, 200, small_body());
    assert_eq!(sent.get_all("traceparent").iter().count(), 1);
    assert_eq!(sent["traceparent"], header(&recorder.span()).as_str());
    assert!(!sent.contains_key("tracestate"), "neither the old one nor an empty one");
}

#[test]
fn a_call_inside_a_span_is_its_child() {
    let recorder = Recorder::new();
    let handler = recorder.within("handler").attach();
    exchange(&layer(&recorder), get("http://shop.test/"), 200, small_body());
    drop(handler);
    assert!(is_parent(&recorder.named("handler"), &recorder.named("GET")));
}

#[test]
fn an_unsampled_call_is_announced_as_such_with_an_id_of_its_own() {
    let recorder = Recorder::sampling(Sampler::AlwaysOff);
    let (sent, _body) = exchange(&layer(&recorder), get("http://shop.test/"), 200, small_body());
    let sent = sent["traceparent"].to_str().expect("text").to_owned();
    assert!(sent.ends_with("-00"), "{sent}");
    assert!(recorder.spans().is_empty());
}

#[test]
fn a_call_that_the_filter_leaves_out_carries_the_current_context() {
    let recorder = Recorder::new();
    let filtered = InjectLayer::new().with_spans(spans(&recorder).with_filter(|_| false));
    let handler = recorder.within("handler").attach();
    let current = Context::current().span().span_context().span_id().to_string();
    let (sent, _body) = exchange(&filtered, get("http://shop.test/"), 200, small_body());
    drop(handler);
    assert_eq!(sent["traceparent"].to_str().expect("text")[36..52], current);
    assert_eq!(recorder.span().name, "handler");
}

#[test]
fn without_any_context_the_requests_own_headers_are_left_alone() {
    let recorder = Recorder::new();
    let filtered = InjectLayer::new().with_spans(spans(&recorder).with_filter(|_| false));
    let (sent, _body) = exchange(
        &filtered,
        get("http://shop.test/").header("traceparent", STALE),
        200,
        small_body(),
    );
    assert_eq!(sent["traceparent"], STALE);
    let (sent, _body) = exchange(&filtered, get("http://shop.test/"), 200, small_body());
    assert!(sent.is_empty(), "nothing empty is written: {sent:?}");
}

#[test]
fn propagation_can_be_switched_off() {
    let recorder = Recorder::new();
    let silent = layer(&recorder).with_propagation(Propagation::off());
    let (sent, _body) = exchange(&silent, get("http://shop.test/"), 200, small_body());
    assert!(sent.is_empty());
    assert_eq!(recorder.spans().len(), 1);
}

#[test]
fn hosts_off_the_list_are_told_nothing_though_the_span_is_made() {
    let recorder = Recorder::new();
    let inside = layer(&recorder).with_outbound(Outbound::default().with_trace_context_to(["*.inside.test"]));
    let (sent, _body) = exchange(&inside, get("http://API.inside.test:8080/"), 200, small_body());
    assert!(sent.contains_key("traceparent"));
    let stale = get("http://partner.test/")
        .header("traceparent", STALE)
        .header("tracestate", "old=1");
    let (sent, _body) = exchange(&inside, stale, 200, small_body());
    assert!(sent.is_empty(), "{sent:?}");
    assert_eq!(recorder.spans().len(), 2);
}

#[test]
fn hosts_off_the_list_are_told_nothing_where_nothing_is_traced_or_propagated() {
    let limited = InjectLayer::new()
        .with_propagation(Propagation::off())
        .with_outbound(Outbound::default().with_trace_context_to(["*.inside.test"]));
    let stale = |url| get(url).header("traceparent", STALE);
    let (sent, _body) = exchange(&limited, stale("http://partner.test/"), 200, small_body());
    assert!(sent.is_empty(), "{sent:?}");
    let (sent, _body) = exchange(&limited, stale("http://api.inside.test/"), 200, small_body());
    assert_eq!(sent["traceparent"], STALE);
}

#[test]
fn one_request_can_be_left_alone() {
    let recorder = Recorder::new();
    let request = get("http://shop.test/")
        .header("traceparent", STALE)
        .extension(NoPropagation);
    let (sent, _body) = exchange(&layer(&recorder), request, 200, small_body());
    assert_eq!(sent["traceparent"], STALE);
    assert_eq!(recorder.spans().len(), 1);
}

#[test]
fn an_exporters_own_calls_are_not_traced() {
    let recorder = Recorder::new();
    let suppressed = Context::enter_telemetry_suppressed_scope();
    let (sent, _body) = exchange(&layer(&recorder), get("http://collector.test/"), 200, small_body());
    drop(suppressed);
    assert!(sent.is_empty());
    assert!(recorder.spans().is_empty());
}

#[test]
fn the_span_ends_at_the_head_whatever_becomes_of_the_body() {
    let recorder = Recorder::new();
    let (_, body) = exchange(
        &layer(&recorder),
        get("http://shop.test/"),
        200,
        Script::new([Step::Data(1), Step::Fail]),
    );
    assert_eq!(recorder.spans().len(), 1, "the body has not been read yet");
    assert!(body.collect().now_or_never().expect("at once").is_err());
    assert_error(&recorder.span(), None);
}

#[test]
fn by_choice_the_span_lasts_until_the_body_has_ended() {
    let recorder = Recorder::new();
    let layer = InjectLayer::new().with_spans(spans(&recorder).with_end(SpanEnd::Body));
    let (_, body) = exchange(
        &layer,
        get("http://shop.test/"),
        200,
        Script::new([Step::Data(1), Step::Fail]),
    );
    assert!(recorder.spans().is_empty());
    assert!(body.collect().now_or_never().expect("at once").is_err());
    assert_error(&recorder.span(), Some("body_error"));
}

#[test]
fn a_caller_that_gives_up_is_no_error() {
    let recorder = Recorder::new();
    let request = get("http://shop.test/").body(()).expect("a request");
    let call = layer(&recorder).layer(Never).call(request);
    assert!(call.now_or_never().is_none());
    let span = recorder.span();
    assert_error(&span, None);
    assert_eq!(value(&span, "http.response.status_code"), None);
}

#[test]
fn a_body_that_fails_after_the_span_has_ended_is_told_with_its_ids() {
    let recorder = Recorder::new();
    let lines = Log::of(|| {
        let (_, body) = exchange(
            &layer(&recorder),
            get("http://shop.test/"),
            200,
            Script::new([Step::Data(7), Step::Fail]),
        );
        assert!(body.collect().now_or_never().expect("at once").is_err());
        let (_, whole) = exchange(&layer(&recorder), get("http://shop.test/"), 200, small_body());
        assert!(whole.collect().now_or_never().expect("at once").is_ok());
    });
    assert_eq!(lines.len(), 1, "{lines:?}");
    let ids = &recorder.spans()[0].span_context;
    for part in [
        ids.trace_id().to_string(),
        ids.span_id().to_string(),
        "body_error".to_owned(),
        "bytes=7".to_owned(),
    ] {
        assert!(lines[0].contains(&part), "no {part} in {}", lines[0]);
    }
}
