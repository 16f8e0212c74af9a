//! The warning of a function that took long.

use std::time::{Duration, Instant};

use opentelemetry::trace::TraceId;

/// Warns when it is dropped, if that is late: on every path, sampled or not.
#[derive(Debug)]
pub(crate) struct WarnIfSlow {
    pub(crate) name: &'static str,
    pub(crate) threshold: Duration,
    pub(crate) started: Instant,
    pub(crate) trace: TraceId,
}

impl Drop for WarnIfSlow {
    fn drop(&mut self) {
        let elapsed = self.started.elapsed();
        if elapsed < self.threshold {
            return;
        }
        let trace = (self.trace != TraceId::INVALID).then(|| self.trace.to_string());
        tracing::warn!(
            name = self.name,
            ?elapsed,
            threshold = ?self.threshold,
            trace_id = trace,
            "slow call"
        );
    }
}
