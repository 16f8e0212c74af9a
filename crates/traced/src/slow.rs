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
        // In the words of `tower-telemetry-slow`.
        tracing::warn!(
            call = self.name,
            elapsed_ms = milliseconds(elapsed),
            threshold_ms = milliseconds(self.threshold),
            trace_id = trace,
            "a call was slow"
        );
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
