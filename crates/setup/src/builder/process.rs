//! What an installation does for the whole process.

use std::time::Duration;

use opentelemetry::global;
use opentelemetry::propagation::TextMapPropagator;

use super::TelemetryBuilder;
#[cfg(feature = "logs")]
use crate::Logs;
#[cfg(feature = "otlp-logs")]
use crate::Otlp;

impl TelemetryBuilder {
    /// How trace context travels in headers once telemetry is [installed](Self::install). Unless it is set, `OTEL_PROPAGATORS` says
    /// so, else it is the W3C trace context ([`W3c`](tower_telemetry_propagate::W3c)). [`build`](Self::build) has no use for it.
    ///
    /// With baggage, too:
    ///
    /// ```
    /// use opentelemetry::propagation::TextMapCompositePropagator;
    /// use tower_telemetry_propagate::{W3c, W3cBaggage};
    /// use tower_telemetry_setup::{Telemetry, Waterfall};
    ///
    /// let propagator = TextMapCompositePropagator::new(vec![Box::new(W3c), Box::new(W3cBaggage)]);
    /// let telemetry = Telemetry::builder("orders")
    ///     .with_waterfall(Waterfall::stderr())
    ///     .with_propagator(propagator)
    ///     .install()?;
    /// # telemetry.shutdown()?;
    /// # Ok::<(), tower_telemetry_setup::Error>(())
    /// ```
    pub fn with_propagator(mut self, propagator: impl TextMapPropagator + Send + Sync + 'static) -> Self {
        self.propagator = Some(Box::new(|| global::set_text_map_propagator(propagator)));
        self
    }

    /// When no span has started so long after the [installation](Self::install), the self-check says so: a
    /// [finding](crate::Finding::Unused). 5 minutes unless set.
    pub fn with_first_span_within(mut self, time: Duration) -> Self {
        self.first_span_within = time;
        self
    }

    /// Writes the process's logs, with the ids of the trace that each line belongs to, once telemetry is [installed](Self::install).
    #[cfg(feature = "logs")]
    pub fn with_logs(mut self, logs: Logs) -> Self {
        self.logs = Some(logs);
        self
    }

    /// Exports `tracing` events as OTLP logs, too, with the ids of their trace: next to [`with_logs`](Self::with_logs), or through
    /// [`Telemetry::log_bridge`](crate::Telemetry::log_bridge) in a subscriber of your own. They leave in the SDK's batches (`OTEL_BLRP_*`), which do not count
    /// exactly; address, time limit and compression are found as for traces, with `LOGS` in the variables' names.
    #[cfg(feature = "otlp-logs")]
    pub fn with_otlp_logs(mut self, otlp: Otlp) -> Self {
        self.otlp_logs = Some(otlp);
        self
    }
}
