//! fastrace: its own spans, collected by its own thread, without OpenTelemetry.

use fastrace::Span;
use fastrace::collector::{Config, Reporter, SpanContext, SpanRecord};
use fastrace::local::LocalParentGuard;

use crate::workload::Caller;

struct Dropping;

impl Reporter for Dropping {
    fn report(&mut self, _: Vec<SpanRecord>) {}
}

/// Starts its collector, which drops what it gets.
pub(crate) fn install() {
    fastrace::set_reporter(Dropping, Config::default());
}

/// Makes a span of `caller`'s trace its local parent, for as long as both are held.
pub(crate) fn enter(caller: Caller) -> (LocalParentGuard, Span) {
    let parent = SpanContext::decode_w3c_traceparent(caller.traceparent()).unwrap_or_else(SpanContext::random);
    let root = Span::root("caller", parent);
    (root.set_local_parent(), root)
}
