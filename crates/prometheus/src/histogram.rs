//! Histograms.

use std::sync::Arc;
use std::time::Duration;

use tower_telemetry_observe::this_shard;

use crate::Buckets;
use crate::exemplar::{Exemplars, Trace};
use crate::native::{self, Range};
use crate::reading::Reading;
use crate::shard::Sharded;

/// What a histogram measures. It counts in whole numbers of a small unit: the sum then needs no loop to be added to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    /// Seconds, counted in nanoseconds.
    Seconds,
    Bytes,
}

/// Whether there are native buckets beside the classic ones. Never alone: text cannot show them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NativeBuckets {
    /// Classic buckets only.
    #[default]
    None,
    /// Exponential buckets of schema 3 as well, each 9 % wider than the last. They are shown in protobuf alone, and take 2 KiB a series and shard.
    Beside,
}

/// How a histogram is made.
#[derive(Clone, Debug)]
pub(crate) struct Shape(pub(crate) Arc<Bounds>);

#[derive(Debug)]
pub(crate) struct Bounds {
    pub(crate) measure: Measure,
    pub(crate) buckets: Buckets,
    /// The bounds as they are counted.
    counted: Box<[u64]>,
    pub(crate) native: Option<Range>,
}

/// The place of the sum, in front of the buckets.
pub(crate) const SUM: usize = 0;

/// Counts observations by their size. To observe allocates nothing, waits for nobody, and scales with the threads.
#[derive(Debug)]
pub struct Histogram {
    shape: Shape,
    pub(crate) numbers: Sharded,
    pub(crate) exemplars: Exemplars,
}

impl Shape {
    pub(crate) fn new(measure: Measure, buckets: &Buckets, native: NativeBuckets) -> Self {
        let scale = measure.scale();
        let range = match measure {
            Measure::Seconds => native::SECONDS,
            Measure::Bytes => native::BYTES,
        };
        Shape(Arc::new(Bounds {
            measure,
            buckets: buckets.clone(),
            counted: buckets
                .bounds()
                .iter()
                .map(|bound| (bound * scale).round() as u64)
                .collect(),
            native: (native == NativeBuckets::Beside).then_some(range),
        }))
    }

    pub(crate) fn histogram(&self) -> Histogram {
        let native = self.0.native.map_or(0, Range::buckets);
        Histogram {
            shape: self.clone(),
            numbers: Sharded::new(1 + self.classic() + native),
            exemplars: Exemplars::default(),
        }
    }

    /// The number of classic buckets, the one without a bound included.
    pub(crate) fn classic(&self) -> usize {
        self.0.counted.len() + 1
    }
}

impl Measure {
    /// How many of what is counted make one of what is told.
    pub(crate) fn scale(self) -> f64 {
        match self {
            Measure::Seconds => 1e9,
            Measure::Bytes => 1.0,
        }
    }
}

impl Histogram {
    /// Of durations, in seconds.
    pub fn seconds(buckets: &Buckets) -> Self {
        Shape::new(Measure::Seconds, buckets, NativeBuckets::None).histogram()
    }

    /// Of sizes, in bytes.
    pub fn bytes(buckets: &Buckets) -> Self {
        Shape::new(Measure::Bytes, buckets, NativeBuckets::None).histogram()
    }

    /// Observes a duration, with the trace it belongs to.
    #[inline(always)]
    pub(crate) fn time(&self, shard: usize, duration: Duration, trace: Option<Trace>) {
        let nanos = duration.as_secs().saturating_mul(1_000_000_000);
        self.count(shard, nanos.saturating_add(duration.subsec_nanos().into()), trace);
    }

    /// Observes so many nanoseconds or bytes.
    #[inline(always)]
    pub(crate) fn count(&self, shard: usize, number: u64, trace: Option<Trace>) {
        let bounds = &*self.shape.0;
        // Most calls are quick: their bucket is among the first.
        let bucket = bounds.counted.iter().position(|bound| number <= *bound);
        let bucket = bucket.unwrap_or(bounds.counted.len());
        let mine = self.numbers.part(shard);
        mine.add(SUM, number);
        // Before the classic bucket, which is read first: so there are never fewer native ones.
        if let Some(range) = bounds.native {
            let place = range.place(number as f64 / bounds.measure.scale());
            mine.add(SUM + 1 + self.shape.classic() + place, 1);
        }
        mine.add(SUM + 1 + bucket, 1);
        if let Some(trace) = trace {
            let value = number as f64 / bounds.measure.scale();
            self.exemplars.offer(self.shape.classic(), bucket, value, trace);
        }
    }

    /// Observes a value in the histogram's unit, with the current span as its exemplar, if that is sampled. Says whether it was taken: what is
    /// negative, infinite or no number is not, and nor is minus zero, nor what no sum can hold: 584 years, or 2^64 bytes.
    #[must_use = "a value may be refused"]
    pub fn observe(&self, value: f64) -> bool {
        let number = (value * self.shape.0.measure.scale()).round();
        let taken = number.is_sign_positive() && number < u64::MAX as f64;
        if taken {
            self.count(this_shard(), number as u64, Trace::current());
        }
        taken
    }

    /// How much was observed up to now.
    pub(crate) fn read(&self) -> Reading {
        let mut reading = Reading::empty(&self.shape);
        reading.add(self);
        reading
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(histogram: &Histogram) -> Vec<u64> {
        histogram.read().buckets
    }

    #[test]
    fn a_bound_is_part_of_its_bucket() {
        let histogram = Histogram::seconds(&Buckets::durations());
        for millis in [0, 5, 6, 10, 10_000, 10_001] {
            histogram.time(0, Duration::from_millis(millis), None);
        }
        let mut expected = [0; 15];
        (expected[0], expected[1], expected[13], expected[14]) = (2, 2, 1, 1);
        assert_eq!(buckets(&histogram), expected);
        assert_eq!(histogram.read().sum, 20_022_000_000);
    }

    #[test]
    fn what_is_no_size_is_refused() {
        let histogram = Histogram::seconds(&Buckets::new([1.0]));
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, -0.0, 1e300] {
            assert!(!histogram.observe(value), "{value}");
        }
        assert!(histogram.observe(0.5) && histogram.observe(0.0));
        assert_eq!((buckets(&histogram), histogram.read().sum), (vec![2, 0], 500_000_000));
    }

    #[test]
    fn native_buckets_count_what_classic_ones_do() {
        let shape = Shape::new(Measure::Seconds, &Buckets::durations(), NativeBuckets::Beside);
        let histogram = shape.histogram();
        for millis in 0..100 {
            histogram.time(0, Duration::from_millis(millis), None);
        }
        let reading = histogram.read();
        assert_eq!((reading.classic(), reading.native.iter().sum::<u64>()), (100, 100));
        assert_eq!(reading.native[0], 1, "zero");
    }

    #[test]
    fn no_reading_has_fewer_native_observations_than_classic_ones() {
        let shape = Shape::new(Measure::Seconds, &Buckets::durations(), NativeBuckets::Beside);
        let histogram = shape.histogram();
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..2)
                .map(|_| {
                    scope.spawn(|| (0..20_000).for_each(|nanos| histogram.count(this_shard(), nanos * 1_000, None)))
                })
                .collect();
            while writers.iter().any(|writer| !writer.is_finished()) {
                let reading = histogram.read();
                assert!(reading.native.iter().sum::<u64>() >= reading.classic());
            }
        });
        assert_eq!(histogram.read().count(), 40_000);
    }
}
