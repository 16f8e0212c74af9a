//! Each line of the input is a `tracestate`, beside a valid `traceparent`.

#![no_main]

#[path = "../../tests/oracle/tracestate.rs"]
mod oracle;

use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt};
use tower_telemetry_propagate::W3c;
use tower_telemetry_propagate_fuzz::{is_text, lines, passed_on_through_traits, received, sent};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03";

fn inject(cx: &Context) -> HeaderMap {
    let mut outgoing = HeaderMap::new();
    W3c.inject_headers(cx, &mut outgoing);
    assert_eq!(outgoing["traceparent"], PARENT, "whatever the tracestate was");
    outgoing
}

fuzz_target!(|data: &[u8]| {
    let mut incoming = received("tracestate", data);
    incoming.insert("traceparent", HeaderValue::from_static(PARENT));
    let expected = oracle::sent_on(&lines(&incoming, "tracestate"));

    let cx = W3c.extract_headers(&Context::new(), &incoming);
    let outgoing = inject(&cx);
    assert_eq!(sent(&outgoing, "tracestate"), expected, "by the rules");
    if is_text(&incoming) {
        assert_eq!(
            passed_on_through_traits(&W3c, &incoming),
            outgoing,
            "through the traits"
        );
    }
    assert_eq!(
        passed_on_through_traits(&W3c, &outgoing),
        outgoing,
        "what is sent is accepted and sent on"
    );

    // What a sampler changes is in front, and the rest is still valid.
    let span = cx.span().span_context().clone();
    let Ok(changed) = span.trace_state().insert("ot", "th:8") else {
        return;
    };
    if changed == *span.trace_state() {
        return;
    }
    let changed = SpanContext::new(span.trace_id(), span.span_id(), span.trace_flags(), false, changed);
    let outgoing = inject(&cx.with_remote_span_context(changed));
    let list = sent(&outgoing, "tracestate").expect("the new entry");
    assert!(list.len() <= 512 && list.split(',').next() == Some("ot=th:8"), "{list}");
    assert_eq!(oracle::sent_on(&[&list]), Some(list), "by the rules");
});
