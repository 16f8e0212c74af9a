//! Callers that are told apart by a number, which is the id of their trace and of their span.

use opentelemetry::trace::{SpanId, TraceId};

/// What this caller sends; its trace is sampled.
pub fn traceparent(caller: u64) -> String {
    format!("00-{caller:032x}-{caller:016x}-01")
}

/// The ids of this caller's trace and span.
pub fn ids(caller: u64) -> (TraceId, SpanId) {
    (TraceId::from(u128::from(caller)), SpanId::from(caller))
}
