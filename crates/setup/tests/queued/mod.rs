//! Spans for a queue that does not empty itself.

use std::time::Duration;

use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use tower_telemetry_setup::Telemetry;

/// Longer than any test.
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);

/// Ends so many spans, all of the same name.
pub(crate) fn end_spans(telemetry: &Telemetry, count: usize) {
    let tracer = telemetry.tracer_provider().tracer("test");
    for _ in 0..count {
        tracer.in_span("a", |_| ());
    }
}
