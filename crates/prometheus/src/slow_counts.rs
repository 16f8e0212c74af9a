//! Slow calls, counted.

use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, LabelSetEncoder};
use prometheus_client::registry::Registry;
use tower_telemetry_sanitize::Sanitizer;

use crate::catalog::{BLOCKING_CALLS, SLOW_CALLS};
use crate::label::maybe;
use crate::register::{Collect, register};
use crate::{Counter, Family, RegisterError};

/// Counts calls that are slow, and calls that block their thread, by route: for the layers of `tower-telemetry-slow`, which are given it with
/// `Slow::with_slow_counts`.
///
/// A slow call is counted when it reaches its limit, and so while it still runs: one that never ends is in
/// `tower_telemetry_slow_calls_total`, and in no histogram of durations.
///
/// ```
/// use prometheus_client::encoding::text::encode;
/// use prometheus_client::registry::Registry;
/// use tower_telemetry_prometheus::{SlowCounts, SlowLabels};
///
/// let mut registry = Registry::default();
/// let counts = SlowCounts::new();
/// counts.register(&mut registry)?;
///
/// counts.add_slow(&SlowLabels { call: Some("load cart".into()), ..SlowLabels::default() });
/// let mut text = String::new();
/// encode(&mut text, &registry)?;
/// assert!(text.contains("\ntower_telemetry_slow_calls_total{call=\"load cart\"} 1\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct SlowCounts {
    slow: Family<SlowLabels, Counter>,
    blocking: Family<SlowLabels, Counter>,
}

/// What slow calls are counted by. What a call has no value for is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SlowLabels {
    /// The method of an HTTP call: `http_request_method`.
    pub method: Option<String>,
    /// The route of an HTTP call: `http_route`.
    pub route: Option<String>,
    /// The name of any other: `call`.
    pub call: Option<String>,
    /// How far it had come: `phase`, which is `waiting` or `streaming`.
    pub phase: Option<&'static str>,
}

impl SlowCounts {
    /// With room for 2,000 series each.
    pub fn new() -> Self {
        SlowCounts {
            slow: Family::counters(SLOW_CALLS.name, SLOW_CALLS.help),
            blocking: Family::counters(BLOCKING_CALLS.name, BLOCKING_CALLS.help),
        }
    }

    /// The same, still empty, with room for so many series each.
    pub fn with_max_series(self, most: usize) -> Self {
        SlowCounts {
            slow: self.slow.with_max_series(most),
            blocking: self.blocking.with_max_series(most),
        }
    }

    /// The same, still empty, with this policy for what may be in labels: by default [`Sanitizer::default`].
    pub fn with_sanitizer(self, sanitizer: Sanitizer) -> Self {
        SlowCounts {
            slow: self.slow.with_sanitizer(sanitizer.clone()),
            blocking: self.blocking.with_sanitizer(sanitizer),
        }
    }

    /// Registers `tower_telemetry_slow_calls_total` and `tower_telemetry_blocking_calls_total`, and what tells of their bounds.
    ///
    /// # Errors
    ///
    /// When the registry has metrics of these names already.
    pub fn register(&self, registry: &mut Registry) -> Result<(), RegisterError> {
        register(registry, self.clone())
    }

    /// One more slow call.
    pub fn add_slow(&self, labels: &SlowLabels) {
        self.slow.get(labels).add(1);
    }

    /// One more call with a poll over its limit.
    pub fn add_blocking(&self, labels: &SlowLabels) {
        self.blocking.get(labels).add(1);
    }
}

impl Collect for SlowCounts {
    fn collect(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        self.slow.collect(encoder)?;
        self.blocking.collect(encoder)
    }
}

impl Default for SlowCounts {
    fn default() -> Self {
        Self::new()
    }
}

impl EncodeLabelSet for SlowLabels {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        maybe(encoder, "http_request_method", self.method.as_ref())?;
        maybe(encoder, "http_route", self.route.as_ref())?;
        maybe(encoder, "call", self.call.as_ref())?;
        maybe(encoder, "phase", self.phase.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;
    use tower_telemetry_sanitize::Secret;

    use super::*;

    #[test]
    fn calls_are_counted_by_what_is_known_of_them() {
        let mut registry = Registry::default();
        let policy = Sanitizer::builder().with_secrets([Secret::Email]).build();
        let counts = SlowCounts::new()
            .with_max_series(2)
            .with_sanitizer(policy.expect("a policy"));
        counts.register(&mut registry).expect("new names");
        assert!(counts.register(&mut registry).is_err());
        let http = SlowLabels {
            method: Some("GET".into()),
            route: Some("/a".into()),
            call: None,
            phase: Some("waiting"),
        };
        let named = |name: &str| SlowLabels {
            call: Some(name.to_owned()),
            ..SlowLabels::default()
        };
        counts.add_slow(&http);
        counts.add_slow(&named("mail to ada@example.com"));
        counts.add_slow(&named("one too many"));
        counts.add_blocking(&http);
        let mut text = String::new();
        encode(&mut text, &registry).expect("text");
        for line in [
            "slow_calls_total{http_request_method=\"GET\",http_route=\"/a\",phase=\"waiting\"} 1",
            "slow_calls_total{call=\"mail to REDACTED\"} 1",
            "slow_calls_total{otel_metric_overflow=\"true\"} 1",
            "slow_calls_refused_series_total 1",
            "blocking_calls_total{http_request_method=\"GET\",http_route=\"/a\",phase=\"waiting\"} 1",
        ] {
            let line = format!("tower_telemetry_{line}");
            assert!(text.lines().any(|other| other == line), "{line} in {text}");
        }
    }
}
