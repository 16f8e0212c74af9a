//! Whose the process's tracer provider is.

use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState, Tracer as _,
};
use opentelemetry::{Context, global};

use crate::samplers::PROBE;

/// A parent that is not sampled, so that whoever else starts the span is unlikely to record it.
fn unsampled() -> SpanContext {
    SpanContext::new(
        TraceId::from(1),
        SpanId::from(1),
        TraceFlags::default(),
        true,
        TraceState::NONE,
    )
}

/// Whether the process has a provider that is not the no-op one. Where telemetry is suppressed, that one hands out its parent's
/// context, and an SDK none; neither starts a span.
pub(crate) fn is_there() -> bool {
    let parent = Context::new()
        .with_remote_span_context(unsampled())
        .with_telemetry_suppressed();
    let span = global::tracer("tower-telemetry-setup").build_with_context(SpanBuilder::from_name(PROBE), &parent);
    *span.span_context() != unsampled()
}

/// Whether it is the one whose sampler counts probes here. It counts those of other threads as well, which ask the same.
pub(super) fn is_ours(probes: &AtomicU64) -> bool {
    let before = probes.load(Ordering::Acquire);
    let parent = Context::new().with_remote_span_context(unsampled());
    drop(global::tracer("tower-telemetry-setup").build_with_context(SpanBuilder::from_name(PROBE), &parent));
    probes.load(Ordering::Acquire) != before
}
