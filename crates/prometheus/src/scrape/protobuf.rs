//! Prometheus' protobuf, as prometheus-client makes it, with exemplars.

use std::fmt;

use prometheus_client::encoding::prometheus_protobuf::prometheus_data_model as model;
use prometheus_client::encoding::prometheus_protobuf::{encode, prometheus_data_model::MetricFamily};
use prometheus_client::registry::Registry;
use prost::Message;

use crate::beside::{self, MARK};
use crate::exemplar::Exemplar;

/// All metrics, each with its length before it.
pub(crate) fn delimited(registry: &Registry) -> Result<Vec<u8>, fmt::Error> {
    let mut bytes = Vec::new();
    for family in families(registry)? {
        family.encode_length_delimited(&mut bytes).map_err(|_| fmt::Error)?;
    }
    Ok(bytes)
}

fn families(registry: &Registry) -> Result<Vec<MetricFamily>, fmt::Error> {
    let (families, exemplars) = beside::listen_by_message(|| encode(registry));
    let mut families = families?;
    for metric in families.iter_mut().flat_map(|family| &mut family.metric) {
        let Some(mark) = metric.label.iter().position(|label| label.name == MARK) else {
            continue;
        };
        let number: Option<usize> = metric.label.remove(mark).value.parse().ok();
        if let (Some(exemplars), Some(histogram)) =
            (number.and_then(|number| exemplars.get(number)), &mut metric.histogram)
        {
            add(histogram, exemplars);
        }
    }
    Ok(families)
}

fn add(histogram: &mut model::Histogram, exemplars: &[Option<Exemplar>]) {
    for (bucket, exemplar) in histogram.bucket.iter_mut().zip(exemplars) {
        bucket.exemplar = exemplar.map(message);
    }
    // Native buckets have a list of them.
    if histogram.schema != 0 {
        histogram.exemplars = exemplars.iter().flatten().copied().map(message).collect();
    }
}

fn message(Exemplar { trace, value, at }: Exemplar) -> model::Exemplar {
    let label = |name: &str, value: String| model::LabelPair {
        name: name.to_owned(),
        value,
    };
    model::Exemplar {
        label: vec![
            label("trace_id", trace.trace_id().to_string()),
            label("span_id", trace.span_id().to_string()),
        ],
        value,
        timestamp: Some(prost_types::Timestamp {
            seconds: at.as_secs() as i64,
            nanos: at.subsec_nanos() as i32,
        }),
    }
}
