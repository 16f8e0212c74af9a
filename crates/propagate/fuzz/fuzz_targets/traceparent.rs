//! Each line of the input is a `traceparent`.

#![no_main]

#[path = "../../tests/oracle/traceparent.rs"]
mod oracle;

use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use tower_telemetry_propagate::W3c;
use tower_telemetry_propagate_fuzz::{is_text, lines, passed_on_through_traits, received, sent};

fuzz_target!(|data: &[u8]| {
    let mut incoming = received("traceparent", data);
    incoming.insert("tracestate", HeaderValue::from_static("foo=1"));
    let expected = oracle::sent_on(&lines(&incoming, "traceparent"));

    let cx = W3c.extract_headers(&Context::new(), &incoming);
    let mut outgoing = HeaderMap::new();
    W3c.inject_headers(&cx, &mut outgoing);
    assert_eq!(sent(&outgoing, "traceparent"), expected, "by the rules");
    assert_eq!(outgoing.contains_key("tracestate"), expected.is_some(), "both or none");
    if is_text(&incoming) {
        assert_eq!(
            passed_on_through_traits(&W3c, &incoming),
            outgoing,
            "through the traits"
        );
    }
    assert_eq!(cx.has_active_span(), expected.is_some());
    if let Some(parent) = expected {
        let span = cx.span().span_context().clone();
        assert!(span.is_valid() && span.is_remote());
        let flags = span.trace_flags().to_u8();
        assert_eq!(format!("00-{}-{}-{flags:02x}", span.trace_id(), span.span_id()), parent);
    }
    assert_eq!(
        passed_on_through_traits(&W3c, &outgoing),
        outgoing,
        "what is sent is accepted and sent on"
    );
});
