//! Series with labels, and a bound to their number.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use prometheus_client::encoding::{EncodeLabelSet, MetricEncoder};

use crate::Counter;
use crate::table::{At, Table};

/// How many series a family has at most, unless it was told.
pub(crate) const MAX_SERIES: usize = 2_000;

/// The labels of the series that takes what has no room: those that OpenTelemetry's SDKs use for it.
pub(crate) const OVERFLOW: [(&str, &str); 1] = [("otel_metric_overflow", "true")];

/// Makes the metric of a new series.
pub(crate) type Make<M> = Arc<dyn Fn() -> M + Send + Sync>;

/// The series of a family: so many and no more. What comes after that goes to one series for all the rest.
pub(crate) struct SeriesSet<L, M> {
    name: String,
    series: Table<Series<L, M>>,
    make: Make<M>,
    overflow: OnceLock<M>,
    refused: Counter,
    told: AtomicBool,
    most: usize,
}

struct Series<L, M> {
    labels: L,
    metric: M,
}

impl<L, M> SeriesSet<L, M> {
    pub(crate) fn new(name: impl Into<String>, most: usize, make: Make<M>) -> Self {
        SeriesSet {
            name: name.into(),
            series: Table::new(most),
            make,
            overflow: OnceLock::new(),
            refused: Counter::new(),
            told: AtomicBool::new(false),
            most,
        }
    }

    /// Where the series of these labels is. `None` is the one for all the rest.
    #[inline(always)]
    pub(crate) fn find(&self, hash: u64, is: impl Fn(&L) -> bool, labels: impl FnOnce() -> L) -> Option<At> {
        let make = || Some(self.new_series(labels()));
        let at = self.series.find_or_add(hash, |series| is(&series.labels), make);
        if at.is_none() {
            self.refuse();
        }
        at
    }

    /// Where a new series of these labels is, if there is room. Nobody else makes one of the same at this time, and refuses if there is none.
    pub(crate) fn add(&self, hash: u64, labels: L) -> Option<At> {
        self.series
            .find_or_add(hash, |_| false, || Some(self.new_series(labels)))
    }

    fn new_series(&self, labels: L) -> Series<L, M> {
        Series {
            labels,
            metric: (self.make)(),
        }
    }

    /// Where the series of these labels is, if there is one.
    #[inline(always)]
    pub(crate) fn find_known(&self, hash: u64, is: impl Fn(&L) -> bool) -> Option<At> {
        self.series.find(hash, |series| is(&series.labels))
    }

    /// One more that has no series of its own.
    #[cold]
    pub(crate) fn refuse(&self) {
        self.refused.add(1);
        // Nobody waits here: the subscriber may count by this metric itself.
        if !self.told.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                metric = self.name,
                series = self.most,
                "a metric has as many series as it may have: what comes with other labels is counted in the series \
                 otel_metric_overflow=\"true\""
            );
        }
    }

    /// The metric of a series.
    #[inline]
    pub(crate) fn metric(&self, at: Option<At>) -> &M {
        match at.and_then(|at| self.series.get(at)) {
            Some(series) => &series.metric,
            None => self.overflow.get_or_init(|| (self.make)()),
        }
    }

    /// The labels of a series.
    pub(crate) fn labels(&self, at: At) -> Option<&L> {
        Some(&self.series.get(at)?.labels)
    }

    /// How many series there may be.
    pub(crate) fn most(&self) -> usize {
        self.most
    }

    pub(crate) fn refused(&self) -> u64 {
        self.refused.value()
    }

    /// All series, but for the one of the rest.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&L, &M)> {
        self.series.iter().map(|series| (&series.labels, &series.metric))
    }

    /// The one of the rest, once there is something in it.
    pub(crate) fn overflow(&self) -> Option<&M> {
        self.overflow.get()
    }
}

impl<L: EncodeLabelSet, M> SeriesSet<L, M> {
    /// Writes each series.
    pub(crate) fn encode(
        &self,
        encoder: &mut MetricEncoder<'_>,
        encode: impl Fn(&M, MetricEncoder<'_>) -> fmt::Result,
    ) -> fmt::Result {
        for (labels, metric) in self.iter() {
            encode(metric, encoder.encode_family(labels)?)?;
        }
        match self.overflow() {
            Some(metric) => encode(metric, encoder.encode_family(&OVERFLOW)?),
            None => Ok(()),
        }
    }
}

impl<L, M> fmt::Debug for SeriesSet<L, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeriesSet")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use tower_telemetry_testkit::Log;

    use super::*;
    use crate::Gauge;
    use crate::table::mix;

    fn find(set: &SeriesSet<u64, Gauge>, label: u64) -> Option<At> {
        set.find(mix(0, label), |known| *known == label, || label)
    }

    #[test]
    fn what_has_no_room_is_counted_together() {
        let set = SeriesSet::new("jobs", MAX_SERIES, Arc::new(Gauge::new));
        for label in 0..10_000 {
            set.metric(find(&set, label)).add(1);
        }
        let total: i64 = set.iter().map(|(_, gauge)| gauge.value()).sum();
        assert_eq!((set.iter().count(), total), (2_000, 2_000));
        assert_eq!((set.overflow().map(Gauge::value), set.refused()), (Some(8_000), 8_000));
    }

    #[test]
    fn what_went_up_in_the_rest_comes_down_there() {
        let set = SeriesSet::new("jobs", 1, Arc::new(Gauge::new));
        let places: Vec<_> = (0..100).map(|label| find(&set, label)).collect();
        for number in [1, -1] {
            for at in &places {
                set.metric(*at).add(number);
            }
            let values: Vec<_> = set.iter().map(|(_, gauge)| gauge.value()).collect();
            let expected = (number + 1) / 2;
            assert_eq!(
                (values, set.overflow().map(Gauge::value)),
                (vec![expected], Some(99 * expected))
            );
        }
    }

    #[test]
    fn it_is_told_once() {
        let set = SeriesSet::new("jobs", 2, Arc::new(Gauge::new));
        let lines = Log::of(|| {
            for label in 0..100 {
                find(&set, label);
            }
        });
        assert!(
            lines.len() == 1 && lines[0].contains("otel_metric_overflow"),
            "{lines:?}"
        );
    }

    #[test]
    fn a_subscriber_may_count_by_the_series_of_which_it_is_told() {
        let set = Arc::new(SeriesSet::new("events", 2, Arc::new(Gauge::new)));
        let counted = Arc::clone(&set);
        let each = move || {
            find(&counted, 0);
        };
        let lines = Log::of_busy(each, || {
            for label in 1..=100 {
                find(&set, label);
            }
        });
        assert_eq!((lines.len(), set.refused()), (1, 99));
    }
}
