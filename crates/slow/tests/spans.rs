//! The span of a slow call: its ids in the lines, and the events on it.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "tokio")]
#![cfg(feature = "opentelemetry")]

mod scene;

use std::convert::Infallible;

use http::{Request, Response};
use opentelemetry::trace::{FutureExt as _, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::SpanData;
use scene::{fields, lines, ms, paused};
use tokio::time::sleep;
use tower::{Layer, ServiceExt, service_fn};
use tower_telemetry_inject::{Inject, Spans};
use tower_telemetry_observe::{ObserveLayer, Plain, PlainCall};
use tower_telemetry_sanitize::{Rule, Sanitizer};
use tower_telemetry_semconv::Http;
use tower_telemetry_slow::{Slow, SlowLayer, WarnIfSlow, Warnings};
use tower_telemetry_span::{SpanObserver, Spans as AnySpans};
use tower_telemetry_testkit::Script;
use tower_telemetry_testkit::spans::Recorder;

/// Makes a call that takes 300 ms, watched by a span and a slow observer in one layer.
async fn fused(recorder: &Recorder, slow: Slow<PlainCall>) {
    let spans = SpanObserver::new(AnySpans::plain().with_tracer_provider(&recorder.provider));
    let service = service_fn(async |()| {
        sleep(ms(300)).await;
        Ok::<_, Infallible>(())
    });
    let service = ObserveLayer::new(Plain::new("job"), (spans, slow)).layer(service);
    service.oneshot(()).await.unwrap();
}

fn assert_told(lines: &[String], span: &SpanData) {
    let context = &span.span_context;
    assert!(!lines.is_empty());
    assert_eq!(
        fields(lines, "trace_id"),
        vec![context.trace_id().to_string(); lines.len()]
    );
    assert_eq!(
        fields(lines, "span_id"),
        vec![context.span_id().to_string(); lines.len()]
    );
}

fn events(span: &SpanData) -> Vec<(&str, &[KeyValue])> {
    let events = span.events.iter();
    events.map(|event| (&*event.name, &*event.attributes)).collect()
}

#[test]
fn in_one_layer_the_calls_own_span_is_told_and_tells() {
    let recorder = Recorder::new();
    let lines = lines(fused(&recorder, paused(ms(200))));
    let span = recorder.span();
    assert_told(&lines, &span);
    let attributes = [
        KeyValue::new("elapsed_ms", 200.0),
        KeyValue::new("phase", "waiting"),
        KeyValue::new("threshold_ms", 200.0),
    ];
    assert_eq!(
        events(&span),
        [("slow call", &attributes[..])],
        "the end is told by the span itself"
    );
}

#[test]
fn the_event_follows_the_policy() {
    let recorder = Recorder::new();
    let builder = Sanitizer::builder().with_rule("threshold_ms", Rule::Drop);
    let policy = builder.with_rule("phase", Rule::Redact).build().unwrap();
    lines(fused(&recorder, paused(ms(200)).with_sanitizer(policy)));
    let attributes = [KeyValue::new("elapsed_ms", 200.0), KeyValue::new("phase", "REDACTED")];
    assert_eq!(events(&recorder.span()), [("slow call", &attributes[..])]);
}

#[test]
fn a_call_that_is_told_at_its_end_still_finds_its_span_open() {
    let recorder = Recorder::new();
    let lines = lines(fused(&recorder, paused(ms(200)).with_warnings(Warnings::AtEnd)));
    let span = recorder.span();
    assert_told(&lines, &span);
    assert_eq!(events(&span).len(), 1);
    assert_eq!(events(&span)[0].1[0], KeyValue::new("elapsed_ms", 300.0));
}

#[test]
fn a_span_tells_also_where_there_are_too_many_lines() {
    let recorder = Recorder::new();
    let lines = lines(fused(&recorder, paused(ms(200)).with_lines_per_minute(0)));
    assert_eq!(lines, [""; 0]);
    assert_eq!(events(&recorder.span()).len(), 1);
}

#[test]
fn the_layer_inside_anothers_span_finds_it() {
    let recorder = Recorder::new();
    let given = recorder.clone();
    let lines = lines(async move {
        let cx = given.within("handler");
        let service = SlowLayer::plain("job", paused(ms(200))).layer(service_fn(async |()| {
            sleep(ms(300)).await;
            Ok::<_, Infallible>(())
        }));
        service.oneshot(()).with_context(cx.clone()).await.unwrap();
        let load = sleep(ms(300)).warn_if_slow_by(&paused::<()>(ms(1)), "load cart", ms(200));
        load.with_context(cx.clone()).await;
        cx.span().end();
    });
    let span = recorder.span();
    assert_told(&lines, &span);
    assert_eq!(fields(&lines, "call"), ["job", "job", "load cart", "load cart"]);
    assert_eq!(events(&span).len(), 2);
}

#[test]
fn a_clients_span_is_told_before_it_ends_at_the_head() {
    let recorder = Recorder::new();
    let given = recorder.clone();
    let lines = lines(async move {
        let inject = Inject::new().with_spans(Spans::client().with_tracer_provider(&given.provider));
        let slow = paused(ms(200));
        let client = ObserveLayer::new(Http::client(), (inject, slow)).layer(service_fn(async |_: Request<()>| {
            sleep(ms(300)).await;
            Ok::<_, Infallible>(Response::new(Script::new([])))
        }));
        let request = Request::get("http://catalog.test/items?sig=SECRET").body(()).unwrap();
        drop(client.oneshot(request).await);
    });
    let span = recorder.span();
    assert_told(&lines, &span);
    assert_eq!(events(&span).len(), 1);
}

#[test]
fn nothing_is_said_where_telemetry_is_suppressed() {
    let lines = lines(async {
        let service = SlowLayer::plain("export", paused(ms(200))).layer(service_fn(async |()| {
            sleep(ms(300)).await;
            Ok::<_, Infallible>(())
        }));
        let suppressed = Context::current().with_telemetry_suppressed();
        service.oneshot(()).with_context(suppressed).await.unwrap();
    });
    assert_eq!(lines, [""; 0]);
}

#[test]
fn without_a_span_there_are_no_ids() {
    let lines = lines(async {
        let load = sleep(ms(300)).warn_if_slow_by(&paused::<()>(ms(1)), "load cart", ms(200));
        load.await;
    });
    assert_eq!(fields(&lines, "trace_id"), ["-"; 2]);
}
