//! What histograms have counted, to be shown.

use std::collections::HashMap;

use prometheus_client::encoding::{MetricEncoder, NativeHistogram, NativeHistogramBuckets, NoLabelSet};

use crate::exemplar::Exemplar;
use crate::histogram::{SUM, Shape};
use crate::native::{self, Range};
use crate::{Histogram, beside};

/// What histograms of one shape have counted, at one moment.
#[derive(Debug)]
pub(crate) struct Reading {
    shape: Shape,
    pub(crate) sum: u64,
    pub(crate) buckets: Vec<u64>,
    pub(crate) native: Vec<u64>,
    exemplars: Vec<Option<Exemplar>>,
}

impl Reading {
    pub(crate) fn empty(shape: &Shape) -> Self {
        Reading {
            shape: shape.clone(),
            sum: 0,
            buckets: vec![0; shape.classic()],
            native: vec![0; shape.0.native.map_or(0, Range::buckets)],
            exemplars: vec![None; shape.classic()],
        }
    }

    /// Adds what this one, of the same shape, has counted.
    pub(crate) fn add(&mut self, histogram: &Histogram) {
        let numbers = &histogram.numbers;
        self.sum = self.sum.wrapping_add(numbers.sum(SUM));
        for (place, bucket) in self.buckets.iter_mut().chain(&mut self.native).enumerate() {
            *bucket += numbers.sum(SUM + 1 + place);
        }
        for (bucket, kept) in self.exemplars.iter_mut().enumerate() {
            let other = histogram.exemplars.get(bucket);
            if other.map(|other| other.at) > kept.map(|kept| kept.at) {
                *kept = other;
            }
        }
    }

    /// The number of observations.
    pub(crate) fn count(&self) -> u64 {
        self.classic().max(self.native.iter().sum())
    }

    pub(crate) fn classic(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// Writes the series. Its exemplars go [beside](beside) it, for a writer that takes them.
    pub(crate) fn encode(&self, mut encoder: MetricEncoder<'_>) -> std::fmt::Result {
        let bounds = &*self.shape.0;
        let (sum, count) = (self.sum as f64 / bounds.measure.scale(), self.count());
        let upper = bounds.buckets.bounds().iter().copied().chain([f64::INFINITY]);
        let mut buckets: Vec<_> = upper.zip(self.buckets.iter().copied()).collect();
        if let Some((_, infinite)) = buckets.last_mut() {
            // What was being counted just now has reached its native bucket only.
            *infinite += count - self.classic();
        }
        let Some(range) = bounds.native else {
            return beside::put(&mut encoder, &self.exemplars, |encoder| {
                encoder.encode_histogram(sum, count, &buckets, NO_EXEMPLARS)
            });
        };
        let native = |place: usize| self.native.get(place).copied().unwrap_or_default();
        let sparse = range.sparse(native);
        let native = NativeHistogram {
            schema: native::SCHEMA,
            zero_threshold: range.zero_threshold(),
            zero_count: native(0),
            negative: NativeHistogramBuckets {
                spans: &[],
                deltas: &[],
            },
            positive: NativeHistogramBuckets {
                spans: &sparse.spans,
                deltas: &sparse.deltas,
            },
            created: None,
        };
        beside::put(&mut encoder, &self.exemplars, |encoder| {
            encoder.encode_histogram_with_native(sum, count, &buckets, NO_EXEMPLARS, native)
        })
    }
}

/// prometheus-client has no way to make some.
const NO_EXEMPLARS: Option<&HashMap<usize, prometheus_client::metrics::exemplar::Exemplar<NoLabelSet, f64>>> = None;
