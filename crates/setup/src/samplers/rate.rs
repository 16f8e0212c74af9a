//! So many traces a second, and no more.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use opentelemetry::trace::{Link, SpanKind, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};

const SECOND: f64 = 1e9;
/// So many nanoseconds are 146 years, and a sum of two is a number still.
const NEVER: u64 = u64::MAX / 4;

/// Lets through at most so many of the traces a second that another sampler would record. After a quiet second, as many come at once.
///
/// Put it at the root: below, the parent's decision holds, and what this service decided holds in others.
///
/// ```
/// use tower_telemetry_setup::RateLimit;
/// use tower_telemetry_setup::opentelemetry_sdk::trace::Sampler;
///
/// let sampler = Sampler::parent_based(RateLimit::new(Sampler::AlwaysOn, 100.0));
/// # let _ = sampler;
/// ```
#[derive(Debug, Clone)]
pub struct RateLimit {
    sampler: Box<dyn ShouldSample>,
    bucket: Arc<Bucket>,
}

impl RateLimit {
    /// At most `per_second` of those that `sampler` samples; less than one is one in several seconds.
    pub fn new(sampler: impl Into<Box<dyn ShouldSample>>, per_second: f64) -> Self {
        Self {
            sampler: sampler.into(),
            bucket: Arc::new(Bucket::new(per_second)),
        }
    }
}

impl ShouldSample for RateLimit {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let mut result = self.sampler.should_sample(parent, trace, name, kind, attributes, links);
        if result.decision == SamplingDecision::RecordAndSample && !self.bucket.take() {
            result.decision = SamplingDecision::Drop;
        }
        result
    }
}

/// A leaky bucket: how far ahead of the clock the traces taken are, if each takes its share of a second.
#[derive(Debug)]
pub(crate) struct Bucket {
    begun: Instant,
    /// Nanoseconds between two traces; `None` when there are none.
    interval: Option<u64>,
    /// Nanoseconds by which they may be ahead: a second's worth of traces, at least one.
    room: u64,
    /// Nanoseconds since the start, the time at which all traces so far would have been taken evenly.
    taken: AtomicU64,
}

impl Bucket {
    pub(crate) fn new(per_second: f64) -> Self {
        let interval = (per_second > 0.0).then(|| ((SECOND / per_second) as u64).min(NEVER));
        Self {
            begun: Instant::now(),
            interval,
            room: interval.unwrap_or(0).max(SECOND as u64),
            taken: AtomicU64::new(0),
        }
    }

    pub(crate) fn take(&self) -> bool {
        self.take_at(u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    fn take_at(&self, now: u64) -> bool {
        let Some(interval) = self.interval else {
            return false;
        };
        let next = |taken: u64| {
            let next = taken.max(now).saturating_add(interval);
            (next - now <= self.room).then_some(next)
        };
        self.taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_sdk::trace::Sampler;

    use super::*;

    const MILLISECOND: u64 = 1_000_000;

    fn taken(bucket: &Bucket, times: impl IntoIterator<Item = u64>) -> usize {
        times
            .into_iter()
            .filter(|now| bucket.take_at(*now * MILLISECOND))
            .count()
    }

    #[test]
    fn a_second_has_so_many_traces() {
        let bucket = Bucket::new(10.0);
        assert_eq!(taken(&bucket, [0; 100]), 10, "at once");
        assert_eq!(taken(&bucket, 1..=1_000), 10, "then evenly");
        assert_eq!(
            taken(&bucket, [60_000; 100]),
            10,
            "a quiet minute saves up one second's worth"
        );
    }

    #[test]
    fn less_than_one_a_second_is_one_in_several() {
        let bucket = Bucket::new(0.1);
        assert_eq!(taken(&bucket, (0..100_000).step_by(100)), 10);
    }

    #[test]
    fn none_or_nonsense_is_none() {
        for rate in [0.0, -1.0, f64::NAN] {
            assert!(!Bucket::new(rate).take(), "{rate}");
        }
        assert!(Bucket::new(f64::INFINITY).take());
    }

    #[test]
    fn next_to_none_is_one_and_never_another() {
        let bucket = Bucket::new(f64::MIN_POSITIVE);
        assert_eq!(taken(&bucket, [0, 1, 1_000_000]), 1);
    }

    #[test]
    fn what_is_not_sampled_anyway_takes_no_room() {
        let sample = |sampler: &RateLimit| {
            let result = sampler.should_sample(None, TraceId::from(1), "", &SpanKind::Server, &[], &[]);
            result.decision == SamplingDecision::RecordAndSample
        };
        let on = RateLimit::new(Sampler::AlwaysOn, 1e-6);
        assert!(sample(&on));
        assert!(!sample(&on));
        let off = RateLimit::new(Sampler::AlwaysOff, 1.0);
        assert!(!sample(&off));
        assert_eq!(off.bucket.taken.load(Ordering::Relaxed), 0);
    }
}
