//! A propagator of the user's own. One test in a process of its own, because there is one propagator per process.

use std::collections::HashMap;

use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use opentelemetry::{Context, KeyValue, global};
use tower_telemetry_propagate::{W3c, W3cBaggage};
use tower_telemetry_setup::{Error, Telemetry, Waterfall};

fn sent(cx: &Context) -> Vec<String> {
    let mut headers = HashMap::new();
    global::get_text_map_propagator(|propagator| propagator.inject_context(cx, &mut headers));
    let mut names: Vec<_> = headers.into_keys().collect();
    names.sort_unstable();
    names
}

#[test]
fn the_propagator_is_the_one_given_else_trace_context_alone() -> Result<(), Error> {
    let span = SpanContext::new(
        TraceId::from(1),
        SpanId::from(2),
        TraceFlags::SAMPLED,
        false,
        TraceState::NONE,
    );
    let cx = Context::new()
        .with_remote_span_context(span)
        .with_baggage([KeyValue::new("tenant", "acme")]);
    let both = || TextMapCompositePropagator::new(vec![Box::new(W3c), Box::new(W3cBaggage)]);
    let builder = || Telemetry::builder("orders").with_waterfall(Waterfall::to(|_| ()));

    let built = builder().with_propagator(both()).build()?;
    assert!(sent(&cx).is_empty(), "only an installation is for the process");
    built.shutdown()?;

    let installed = builder().with_propagator(both()).install()?;
    assert_eq!(sent(&cx), ["baggage", "traceparent"]);
    installed.shutdown()?;

    let installed = builder().install()?;
    assert_eq!(sent(&cx), ["traceparent"]);
    installed.shutdown()
}
