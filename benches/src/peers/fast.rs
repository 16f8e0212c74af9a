//! fastrace: its own spans, collected by its own thread, without OpenTelemetry.

use fastrace::Span;
use fastrace::collector::{Config, Reporter, SpanContext, SpanRecord};

use crate::drive::Subject;
use crate::workload::Caller;

struct Dropping;

impl Reporter for Dropping {
    fn report(&mut self, _: Vec<SpanRecord>) {}
}

/// Starts its collector, which drops what it gets.
pub(crate) fn install() {
    fastrace::set_reporter(Dropping, Config::default());
}

/// Makes a span of `caller`'s trace its local parent around the loops.
pub(crate) fn within(caller: Caller, subject: Subject) -> Subject {
    Box::new(move || {
        let mut inner = subject();
        Box::new(move |times| {
            let parent = SpanContext::decode_w3c_traceparent(caller.traceparent()).unwrap_or_else(SpanContext::random);
            let root = Span::root("caller", parent);
            let _current = root.set_local_parent();
            inner(times);
        })
    })
}
