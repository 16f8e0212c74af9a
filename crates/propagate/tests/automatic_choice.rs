//! The automatic choice follows what is installed globally. One test, since that is one for the process.

use http::{HeaderMap, HeaderValue};
use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, global};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use tower_telemetry_propagate::Propagation;

fn headers<const N: usize>(pairs: [(&'static str, &'static str); N]) -> HeaderMap {
    let header = |(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value));
    pairs.into_iter().map(header).collect()
}

/// What is left of headers after they were read, and written over a stale `tracestate`.
fn passed_on(incoming: &HeaderMap) -> HeaderMap {
    let automatic = Propagation::default();
    let mut outgoing = headers([("tracestate", "stale=1")]);
    let cx = automatic.extract(&Context::new(), incoming);
    automatic.inject(&cx, &mut outgoing);
    outgoing
}

#[test]
fn the_global_propagator_is_used_when_it_carries_more_than_trace_context() {
    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03";
    let incoming = headers([
        ("traceparent", PARENT),
        ("tracestate", "foo@@bar=1"),
        ("baggage", "shop=7"),
    ]);
    let exact = headers([("traceparent", PARENT), ("tracestate", "foo@@bar=1")]);

    assert_eq!(passed_on(&incoming), exact, "ours, when nothing is installed");

    global::set_text_map_propagator(TraceContextPropagator::new());
    assert_eq!(passed_on(&incoming), exact, "ours, in place of the SDK's");

    global::set_text_map_propagator(TextMapCompositePropagator::new(vec![
        Box::new(TraceContextPropagator::new()),
        Box::new(BaggagePropagator::new()),
    ]));
    let of_the_sdk = headers([
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("baggage", "shop=7"),
    ]);
    assert_eq!(
        passed_on(&incoming),
        of_the_sdk,
        "the global one, and no stale tracestate"
    );

    global::set_text_map_propagator(BaggagePropagator::new());
    let only_baggage = headers([("tracestate", "stale=1"), ("baggage", "shop=7")]);
    assert_eq!(
        passed_on(&incoming),
        only_baggage,
        "the global one, which has no say on tracestate"
    );

    let unknown = Propagation::default().extract(&Context::new(), &exact);
    assert!(!unknown.has_active_span(), "the global one, which knows no traceparent");
}
