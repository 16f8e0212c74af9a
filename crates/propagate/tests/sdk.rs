//! What comes in is sent on through spans of the real SDK, whatever its sampler decides.

use http::{HeaderMap, HeaderValue};
use opentelemetry::trace::{Link, Span, SpanKind, TraceContextExt, TraceId, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SamplingResult, SdkTracer, SdkTracerProvider, ShouldSample};
use tower_telemetry_propagate::W3c;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

fn tracer(sampler: impl ShouldSample + 'static) -> SdkTracer {
    SdkTracerProvider::builder()
        .with_sampler(sampler)
        .build()
        .tracer("test")
}

fn received(flags: &str, state: &'static str) -> Context {
    let parent = format!("00-{TRACE}-b7ad6b7169203331-{flags}");
    let mut headers = HeaderMap::new();
    headers.insert("traceparent", parent.parse().expect("a value"));
    headers.insert("tracestate", HeaderValue::from_static(state));
    W3c.extract_headers(&Context::new(), &headers)
}

fn sent(cx: &Context) -> HeaderMap {
    let mut headers = HeaderMap::new();
    W3c.inject_headers(cx, &mut headers);
    headers
}

fn flags_sent(cx: &Context) -> String {
    let headers = sent(cx);
    let parent = headers["traceparent"].to_str().expect("text");
    assert!(
        parent.starts_with(&format!("00-{TRACE}-")),
        "the trace goes on: {parent}"
    );
    assert!(!parent.contains("b7ad6b7169203331"), "with a span of its own: {parent}");
    parent[53..].to_owned()
}

#[test]
fn the_random_flag_is_sent_on_whatever_the_sampler_decides() {
    for (received_flags, dropped, sampled) in [
        ("00", "00", "01"),
        ("01", "00", "01"),
        ("02", "02", "03"),
        ("03", "02", "03"),
        ("ff", "02", "03"),
    ] {
        let cx = received(received_flags, "");
        for (sampler, expected) in [(Sampler::AlwaysOff, dropped), (Sampler::AlwaysOn, sampled)] {
            let span = tracer(sampler).start_with_context("child", &cx);
            let light = cx.with_remote_span_context(span.span_context().clone());
            assert_eq!(flags_sent(&light), expected, "{received_flags}, span context only");
            assert_eq!(flags_sent(&cx.with_span(span)), expected, "{received_flags}");
        }
    }
}

#[test]
fn the_random_flag_survives_several_spans() {
    let mut cx = received("03", "");
    for sampler in [Sampler::AlwaysOff, Sampler::AlwaysOn, Sampler::AlwaysOff] {
        let span = tracer(sampler).start_with_context("deeper", &cx);
        cx = cx.with_span(span);
    }
    assert_eq!(flags_sent(&cx), "02");
}

#[test]
fn tracestate_passes_through_a_span_unchanged() {
    for state in ["foo@@bar=1", "foo=1,foo@@bar=2,ot=th:8", "a= leading,b=2"] {
        let cx = received("01", state);
        for sampler in [Sampler::AlwaysOff, Sampler::AlwaysOn] {
            let span = tracer(sampler).start_with_context("child", &cx);
            assert_eq!(sent(&cx.with_span(span))["tracestate"], state);
        }
    }
}

#[test]
fn a_root_span_inherits_nothing() {
    let cx = received("03", "foo@@bar=1");
    let root = tracer(Sampler::AlwaysOn).start_with_context("root", &Context::new());
    let headers = sent(&cx.with_span(root));
    assert!(!headers["traceparent"].to_str().expect("text").contains(TRACE));
    assert!(headers["traceparent"].to_str().expect("text").ends_with("-01"));
    assert!(!headers.contains_key("tracestate"));
}

/// Notes its threshold in the `tracestate`, as consistent probability samplers do.
#[derive(Clone, Debug)]
struct Thresholds;

impl ShouldSample for Thresholds {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let all = Sampler::AlwaysOn;
        let mut result = all.should_sample(parent, trace_id, name, kind, attributes, links);
        result.trace_state = result.trace_state.insert("ot", "th:8").expect("a valid entry");
        result
    }
}

#[test]
fn what_a_sampler_writes_is_sent_in_front_of_the_rest() {
    let cx = received("01", "foo=1,foo@@bar=2,ot=th:c");
    let span = tracer(Thresholds).start_with_context("child", &cx);
    assert_eq!(sent(&cx.with_span(span))["tracestate"], "ot=th:8,foo=1,foo@@bar=2");

    let span = tracer(Thresholds).start_with_context("root", &Context::new());
    assert_eq!(sent(&Context::new().with_span(span))["tracestate"], "ot=th:8");
}
