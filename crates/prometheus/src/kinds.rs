//! The kinds of metrics that a family may have.

use std::fmt;
use std::sync::Arc;

use prometheus_client::encoding::MetricEncoder;
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

use crate::encode::{encode_counter, encode_gauge};
use crate::{Buckets, Counter, Family, Gauge, Histogram};

/// What the metrics of a family are.
pub(crate) struct Kind<M> {
    pub(crate) metric_type: MetricType,
    pub(crate) unit: Option<Unit>,
    pub(crate) encode: fn(&M, MetricEncoder<'_>) -> fmt::Result,
}

impl<L> Family<L, Counter> {
    /// Counters with this name, to which `_total` is added.
    pub fn counters(name: &str, help: &str) -> Self {
        let kind = Kind {
            metric_type: MetricType::Counter,
            unit: None,
            encode: |counter: &Counter, encoder| encode_counter(encoder, counter.value()),
        };
        Self::new(name, help, kind, Arc::new(Counter::new))
    }
}

impl<L> Family<L, Gauge> {
    /// Gauges with this name.
    pub fn gauges(name: &str, help: &str) -> Self {
        let kind = Kind {
            metric_type: MetricType::Gauge,
            unit: None,
            encode: |gauge: &Gauge, encoder| encode_gauge(encoder, gauge.value()),
        };
        Self::new(name, help, kind, Arc::new(Gauge::new))
    }
}

impl<L> Family<L, Histogram> {
    /// Histograms of durations with this name, to which `_seconds` is added.
    pub fn seconds(name: &str, help: &str, buckets: &Buckets) -> Self {
        let buckets = buckets.clone();
        Self::histograms(name, help, Unit::Seconds, move || Histogram::seconds(&buckets))
    }

    /// Histograms of sizes with this name, to which `_bytes` is added.
    pub fn bytes(name: &str, help: &str, buckets: &Buckets) -> Self {
        let buckets = buckets.clone();
        Self::histograms(name, help, Unit::Bytes, move || Histogram::bytes(&buckets))
    }

    fn histograms(name: &str, help: &str, unit: Unit, make: impl Fn() -> Histogram + Send + Sync + 'static) -> Self {
        let kind = Kind {
            metric_type: MetricType::Histogram,
            unit: Some(unit),
            encode: |histogram: &Histogram, encoder| histogram.read().encode(encoder),
        };
        Self::new(name, help, kind, Arc::new(make))
    }
}
