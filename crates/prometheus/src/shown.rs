//! The series of calls, as they are shown.

use std::fmt;
use std::sync::Arc;

use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, LabelSetEncoder, MetricEncoder};

use crate::calls::{Active, AppLabels, Calls, Row};
use crate::catalog::{Catalog, Metric};
use crate::encode::{encode_counter, encode_gauge};
use crate::measured::Measured;
use crate::register::Collect;
use crate::series::{OVERFLOW, SeriesSet};
use crate::settings::{Bodies, Names, Streams, TimeToHead};
use crate::table::At;
use crate::{Gauge, Histogram, classic};

/// All of them, as one collector.
impl<F: Measured, L: AppLabels> Collect for Arc<Calls<F, L>> {
    fn collect(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        if self.settings.names != Names::Classic {
            for (kind, names) in F::CATALOGS.iter().enumerate() {
                self.encode(encoder, kind, names)?;
            }
        }
        if self.settings.names != Names::OpenTelemetry {
            self.encode_classic(encoder)?;
        }
        Ok(())
    }
}

impl<F: Measured, L: AppLabels> Calls<F, L> {
    /// Writes the calls of one kind.
    fn encode(&self, encoder: &mut DescriptorEncoder<'_>, kind: usize, names: &Catalog) -> fmt::Result {
        let settings = &self.settings;
        self.encode_active(kind, names.active.describe(encoder)?, |active| &active.calls)?;
        let mut columns: Vec<(Metric, Column)> = vec![(names.duration, |row| Some(&row.duration))];
        if settings.to_head == TimeToHead::Kept {
            columns.push((names.to_head, |row| row.to_head.as_ref()));
        }
        if settings.bodies == Bodies::Measured {
            columns.push((names.request_size, |row| row.sizes.as_ref().map(|sizes| &sizes.request)));
            columns.push((names.response_size, |row| {
                row.sizes.as_ref().map(|sizes| &sizes.response)
            }));
        }
        for (metric, column) in columns {
            self.encode_ended(kind, &self.ended, metric.describe(encoder)?, column)?;
        }
        if settings.streams == Streams::Apart {
            self.encode_active(kind, names.active_streams.describe(encoder)?, |active| &active.streams)?;
            let lifetimes = names.stream_duration.describe(encoder)?;
            self.encode_ended(kind, &self.streams, lifetimes, |lifetime| Some(lifetime))?;
        }
        // They share the room, and what has none is of no kind.
        let refused = match kind {
            0 => self.active.refused() + self.ended.refused() + self.streams.refused(),
            _ => 0,
        };
        encode_counter(names.refused.describe(encoder)?, refused)
    }

    /// Writes one gauge of each series.
    fn encode_active(
        &self,
        kind: usize,
        mut encoder: MetricEncoder<'_>,
        gauge: impl Fn(&Active) -> &Gauge,
    ) -> fmt::Result {
        for (labels, active) in self.active.iter().filter(|((started, _), _)| F::kind(started) == kind) {
            encode_gauge(encoder.encode_family(labels)?, gauge(active).value())?;
        }
        match self.active.overflow().filter(|_| kind == 0) {
            Some(active) => encode_gauge(encoder.encode_family(&OVERFLOW)?, gauge(active).value()),
            None => Ok(()),
        }
    }

    /// Writes one histogram of each series.
    fn encode_ended<M>(
        &self,
        kind: usize,
        set: &SeriesSet<(At, F::Ended), M>,
        mut encoder: MetricEncoder<'_>,
        histogram: impl Fn(&M) -> Option<&Histogram>,
    ) -> fmt::Result {
        for ((at, ended), metric) in set.iter() {
            let labels = self.active.labels(*at).filter(|(started, _)| F::kind(started) == kind);
            if let (Some(labels), Some(histogram)) = (labels, histogram(metric)) {
                histogram.read().encode(encoder.encode_family(&Both(labels, ended))?)?;
            }
        }
        match set.overflow().filter(|_| kind == 0).and_then(histogram) {
            Some(histogram) => histogram.read().encode(encoder.encode_family(&OVERFLOW)?),
            None => Ok(()),
        }
    }

    fn encode_classic(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let durations = self.ended.iter().filter_map(|((at, ended), row)| {
            let (started, _) = self.active.labels(*at)?;
            Some((F::classic(started, ended)?, &row.duration))
        });
        let overflow = self.ended.overflow().map(|row| &row.duration);
        classic::encode(encoder, &self.shapes.duration, durations, overflow)
    }
}

type Column = fn(&Row) -> Option<&Histogram>;

/// Two sets of labels.
struct Both<'a, A, B>(&'a A, &'a B);

impl<A: EncodeLabelSet, B: EncodeLabelSet> EncodeLabelSet for Both<'_, A, B> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        self.0.encode(encoder)?;
        self.1.encode(encoder)
    }
}
