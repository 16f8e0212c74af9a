//! Whether it is worth asking for a span.

use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;

/// Whether a span has been seen that records although its trace is not sampled, as with samplers that decide at the end. From then on
/// the tracer is asked in such traces, too.
static UNSAMPLED_RECORDS: AtomicBool = AtomicBool::new(false);

/// What the parent tells of a span that is not started yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outlook {
    /// It would not be recorded: its trace is not sampled here, or telemetry is suppressed.
    Dropped,
    /// The sampler decides.
    Open,
    /// It is most likely recorded: its trace is sampled.
    Sampled,
}

impl Outlook {
    /// For a span in the current context. Nothing is allocated.
    #[inline]
    pub(crate) fn current() -> Self {
        Context::map_current(Self::of)
    }

    /// For a span under this parent.
    #[inline]
    pub(crate) fn of(parent: &Context) -> Self {
        if parent.is_telemetry_suppressed() {
            return Outlook::Dropped;
        }
        let span = parent.span();
        let caller = span.span_context();
        match (caller.is_valid(), caller.is_sampled()) {
            (false, _) => Outlook::Open,
            (true, true) => Outlook::Sampled,
            // This process has not decided yet.
            (true, false) if caller.is_remote() => Outlook::Open,
            (true, false) if UNSAMPLED_RECORDS.load(Ordering::Relaxed) => Outlook::Open,
            (true, false) if span.is_recording() => {
                UNSAMPLED_RECORDS.store(true, Ordering::Relaxed);
                Outlook::Open
            }
            (true, false) => Outlook::Dropped,
        }
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

    use super::*;

    fn under(flags: TraceFlags, is_remote: bool) -> Outlook {
        let parent = SpanContext::new(TraceId::from(1), SpanId::from(2), flags, is_remote, TraceState::NONE);
        Outlook::of(&Context::new().with_remote_span_context(parent))
    }

    #[test]
    fn a_trace_that_this_process_does_not_sample_is_not_asked_about_again() {
        assert_eq!(under(TraceFlags::default(), false), Outlook::Dropped);
        assert_eq!(under(TraceFlags::SAMPLED, false), Outlook::Sampled);
    }

    #[test]
    fn the_sampler_decides_on_roots_and_on_what_callers_have_not_sampled() {
        assert_eq!(Outlook::of(&Context::new()), Outlook::Open);
        assert_eq!(under(TraceFlags::default(), true), Outlook::Open);
    }

    #[test]
    fn nothing_is_started_where_telemetry_is_suppressed() {
        let suppressed = Context::new().with_telemetry_suppressed();
        assert_eq!(Outlook::of(&suppressed), Outlook::Dropped);
    }
}
