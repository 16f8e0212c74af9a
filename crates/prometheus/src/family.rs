//! Metrics of your own.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;
use tower_telemetry_sanitize::Sanitizer;

use crate::app_series::AppSeries;
use crate::calls::NoLabels;
use crate::encode::encode_counter;
use crate::kinds::Kind;
use crate::label::hash_labels;
use crate::register::{Collect, register};
use crate::series::{MAX_SERIES, Make};
use crate::table::At;
use crate::{Counter, Histogram, RegisterError};

/// A metric of your own with labels, of which there are never more than 2,000 series, or what
/// [`with_max_series`](Family::with_max_series) says.
///
/// What would be a further one is counted in the series `otel_metric_overflow="true"`, as OpenTelemetry's SDKs do, and in the counter
/// `<name>_refused_series_total`; the first one is told in a `tracing` warning. So totals stay right, whatever becomes a label.
///
/// ```
/// use prometheus_client::encoding::EncodeLabelSet;
/// use prometheus_client::registry::Registry;
/// use tower_telemetry_prometheus::Family;
///
/// #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
/// struct Job { queue: String }
///
/// let mut registry = Registry::default();
/// let jobs = Family::counters("jobs", "Jobs that were done").with_max_series(100);
/// jobs.register(&mut registry)?;
///
/// jobs.get(&Job { queue: "mails".into() }).add(1);
/// # Ok::<(), tower_telemetry_prometheus::RegisterError>(())
/// ```
#[must_use]
pub struct Family<L, M>(Arc<Inner<L, M>>);

struct Inner<L, M> {
    name: String,
    help: String,
    kind: Kind<M>,
    make: Make<M>,
    set: AppSeries<NoLabels, L, M>,
    rejected: Counter,
}

impl<L, M> Family<L, M> {
    pub(crate) fn new(name: &str, help: &str, kind: Kind<M>, make: Make<M>) -> Self {
        Self::of(name, help, kind, make, MAX_SERIES, Sanitizer::default())
    }

    fn of(name: &str, help: &str, kind: Kind<M>, make: Make<M>, most: usize, sanitizer: Sanitizer) -> Self {
        Family(Arc::new(Inner {
            name: name.to_owned(),
            help: help.to_owned(),
            kind,
            set: AppSeries::new(name, most, Arc::clone(&make), sanitizer),
            make,
            rejected: Counter::new(),
        }))
    }

    /// The same, still empty, with room for so many series.
    pub fn with_max_series(self, most: usize) -> Self {
        self.emptied(most, self.0.set.sanitizer.clone())
    }

    /// The same, still empty, with this policy for what may be in labels: by default [`Sanitizer::default`]. Those that become the same share a
    /// metric.
    pub fn with_sanitizer(self, sanitizer: Sanitizer) -> Self {
        self.emptied(self.0.set.most(), sanitizer)
    }

    fn emptied(&self, most: usize, sanitizer: Sanitizer) -> Self {
        let Inner {
            name, help, kind, make, ..
        } = &*self.0;
        let kind = Kind {
            metric_type: kind.metric_type,
            unit: kind.unit.clone(),
            encode: kind.encode,
        };
        Self::of(name, help, kind, Arc::clone(make), most, sanitizer)
    }
}

impl<L, M> Family<L, M>
where
    L: EncodeLabelSet + Clone + Eq + Hash + Send + Sync + 'static,
{
    /// The metric with these labels, or the one that takes what has no room.
    pub fn get(&self, labels: &L) -> &M {
        let set = &self.0.set;
        let hash = hash_labels(labels);
        let at = match set.find_known(hash, |(_, known)| known.are(labels)) {
            Some(at) => Some(at),
            None => self.find_written(hash, labels),
        };
        set.metric(at)
    }

    /// Where the metric is whose labels are not found by what they are.
    #[cold]
    fn find_written(&self, hash: u64, labels: &L) -> Option<At> {
        self.0.set.find_written(hash, 0, labels, |_| true, || NoLabels)
    }
}

impl<L> Family<L, Histogram>
where
    L: EncodeLabelSet + Clone + Eq + Hash + Send + Sync + 'static,
{
    /// Observes a value in the histogram's unit; the current span, if it is sampled, becomes its exemplar.
    ///
    /// What is negative, infinite, no number, or [too large](Histogram::observe) would spoil the sum for good: it is left out, and counted in
    /// `<name>_rejected_values_total`.
    pub fn observe(&self, labels: &L, value: f64) {
        if !self.get(labels).observe(value) {
            self.0.rejected.add(1);
        }
    }
}

impl<L, M> Family<L, M>
where
    L: EncodeLabelSet + Send + Sync + 'static,
    M: Send + Sync + 'static,
{
    /// Registers the family, and what tells of its bound.
    ///
    /// # Errors
    ///
    /// When the registry has a metric of this name already, or when it is no name for a metric.
    pub fn register(&self, registry: &mut Registry) -> Result<(), RegisterError> {
        register(registry, self.clone())
    }
}

impl<L, M> Collect for Family<L, M>
where
    L: EncodeLabelSet + Send + Sync + 'static,
    M: Send + Sync + 'static,
{
    fn collect(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let Inner {
            name,
            help,
            kind,
            set,
            rejected,
            ..
        } = &*self.0;
        let mut metrics = encoder.encode_descriptor(name, help, kind.unit.as_ref(), kind.metric_type)?;
        set.encode(&mut metrics, kind.encode)?;
        let counts = [
            (
                "refused_series",
                "Observations for which there was no room for a series",
                set.refused(),
            ),
            (
                "rejected_values",
                "Observations that are negative, infinite or no number",
                rejected.value(),
            ),
        ];
        // Only histograms have values to reject.
        let counts = counts.into_iter().take(1 + usize::from(kind.unit.is_some()));
        for (suffix, help, count) in counts {
            let name = format!("{name}_{suffix}");
            encode_counter(
                encoder.encode_descriptor(&name, help, None, MetricType::Counter)?,
                count,
            )?;
        }
        Ok(())
    }
}

impl<L, M> Clone for Family<L, M> {
    fn clone(&self) -> Self {
        Family(Arc::clone(&self.0))
    }
}

impl<L, M> fmt::Debug for Family<L, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Family")
            .field("name", &self.0.name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;

    use super::*;
    use crate::Buckets;

    type Label = [(&'static str, String); 1];

    fn text(registry: &Registry) -> String {
        let mut text = String::new();
        encode(&mut text, registry).expect("text");
        text
    }

    #[test]
    fn a_family_shows_its_series_and_what_it_refused() {
        let mut registry = Registry::with_prefix("app");
        let jobs = Family::<Label, _>::counters("jobs", "Jobs").with_max_series(2);
        jobs.register(&mut registry).expect("a new name");
        for queue in ["a", "b", "c", "d", "a"] {
            jobs.get(&[("queue", queue.to_owned())]).add(1);
        }
        let text = text(&registry);
        for line in [
            "app_jobs_total{queue=\"a\"} 2",
            "app_jobs_total{queue=\"b\"} 1",
            "app_jobs_total{otel_metric_overflow=\"true\"} 2",
            "app_jobs_refused_series_total 2",
        ] {
            assert!(text.lines().any(|other| other == line), "{line} in {text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_counted_and_leaves_the_sum_whole() {
        let mut registry = Registry::default();
        let waits = Family::<Label, _>::seconds("wait", "Waits", &Buckets::new([1.0]));
        waits.register(&mut registry).expect("a new name");
        for value in [f64::NAN, -1.0, f64::INFINITY, 0.5] {
            waits.observe(&[("queue", "a".to_owned())], value);
        }
        let text = text(&registry);
        assert!(text.contains("wait_seconds_sum{queue=\"a\"} 0.5\n"), "{text}");
        assert!(text.contains("wait_rejected_values_total 3\n"), "{text}");
    }

    #[test]
    fn a_hostile_label_forges_nothing() {
        let mut registry = Registry::default();
        let family = Family::<Label, _>::gauges("size", "Sizes");
        family.register(&mut registry).expect("a new name");
        family.get(&[("name", "a\"b\\c\nforged 1".to_owned())]).add(7);
        let text = text(&registry);
        // The policy has escaped it, and the format the escape.
        assert!(text.contains("size{name=\"a\\\"b\\\\c\\\\nforged 1\"} 7\n"), "{text}");
        assert!(!text.lines().any(|line| line.starts_with("forged")), "{text}");
    }
}
