//! Single values, as prometheus-client encodes them.

use std::fmt;

use prometheus_client::encoding::{MetricEncoder, NoLabelSet};
use prometheus_client::metrics::exemplar::Exemplar;

/// Encodes a counter.
pub(crate) fn encode_counter(mut encoder: MetricEncoder<'_>, value: u64) -> fmt::Result {
    encoder.encode_counter(&value, None::<&Exemplar<NoLabelSet, u64>>)
}

/// Encodes a gauge.
pub(crate) fn encode_gauge(mut encoder: MetricEncoder<'_>, value: i64) -> fmt::Result {
    encoder.encode_gauge(&value)
}
