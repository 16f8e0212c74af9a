//! Spans kept for a test to look at.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// An exporter that keeps every span it gets, also beyond the shutdown. Clones keep them together.
///
/// For tests: nothing is ever let go, unless by [`take`](Self::take).
///
/// ```
/// use opentelemetry::trace::{Tracer as _, TracerProvider as _};
/// use tower_telemetry_setup::{InMemory, Telemetry};
///
/// let memory = InMemory::new();
/// let telemetry = Telemetry::builder("orders").with_exporter(memory.clone()).build()?;
/// telemetry.tracer_provider().tracer("docs").in_span("place order", |_| ());
/// telemetry.shutdown()?;
/// assert_eq!(memory.spans()[0].name, "place order");
/// # Ok::<(), tower_telemetry_setup::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct InMemory {
    spans: Arc<Mutex<Vec<SpanData>>>,
}

impl InMemory {
    /// Keeps no span yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The spans so far, in the order they ended. [`Telemetry::flush`](crate::Telemetry::flush) brings those that are on their way.
    pub fn spans(&self) -> Vec<SpanData> {
        self.kept().clone()
    }

    /// The spans so far, which are not kept any longer.
    pub fn take(&self) -> Vec<SpanData> {
        std::mem::take(&mut *self.kept())
    }

    fn kept(&self) -> MutexGuard<'_, Vec<SpanData>> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SpanExporter for InMemory {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.kept().extend(batch);
        Ok(())
    }
}
