//! Slow calls, counted in a registry.

use tower_telemetry_prometheus::{SlowCounts, SlowLabels};
use tower_telemetry_semconv::Method;

use crate::{Finding, Slow, SlowCall};

impl<F> Slow<F> {
    /// Counts slow calls, and calls with a poll over its limit, by route: each of them once, when it is first found, whether there is a line about it or not.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use tower_telemetry_prometheus::SlowCounts;
    /// use tower_telemetry_prometheus::prometheus_client::registry::Registry;
    /// use tower_telemetry_slow::{Slow, SlowLayer};
    ///
    /// let mut registry = Registry::default();
    /// let counts = SlowCounts::new();
    /// counts.register(&mut registry)?;
    /// let layer = SlowLayer::server(Slow::from(Duration::from_secs(1)).with_slow_counts(&counts));
    /// # let _ = layer;
    /// # Ok::<(), tower_telemetry_prometheus::RegisterError>(())
    /// ```
    pub fn with_slow_counts(self, counts: &SlowCounts) -> Self {
        let counts = counts.clone();
        self.with_counter(move |call| match call.finding {
            Finding::Blocking => counts.add_blocking(&labels(call)),
            Finding::Running | Finding::Ended | Finding::Failed => counts.add_slow(&labels(call)),
        })
    }
}

fn labels(call: &SlowCall<'_>) -> SlowLabels {
    let label = call.label;
    SlowLabels {
        method: label.method().map(Method::as_str).map(str::to_owned),
        route: label.route().map(str::to_owned),
        call: label.name().map(str::to_owned),
        phase: Some(call.phase.as_str()),
    }
}
