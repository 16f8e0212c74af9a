//! Counters and gauges.

use crate::shard::Sharded;

/// A number that only grows. To add allocates nothing, waits for nobody, and scales with the threads.
#[derive(Debug)]
pub struct Counter(Sharded);

impl Counter {
    /// At zero.
    pub fn new() -> Self {
        Counter(Sharded::new(1))
    }

    /// Adds so much.
    #[inline]
    pub fn add(&self, number: u64) {
        self.0.mine().add(0, number);
    }

    /// How much was added up to now.
    pub fn value(&self) -> u64 {
        self.0.sum(0)
    }
}

impl Default for Counter {
    fn default() -> Self {
        Self::new()
    }
}

/// A number that goes up and down, on any thread. It scales like a [`Counter`].
#[derive(Debug)]
pub struct Gauge(Sharded);

impl Gauge {
    /// At zero.
    pub fn new() -> Self {
        Gauge(Sharded::new(1))
    }

    /// Goes up by so much, or down.
    #[inline]
    pub fn add(&self, number: i64) {
        self.0.mine().add(0, number as u64);
    }

    /// The same, in this shard.
    #[inline]
    pub(crate) fn add_in(&self, shard: usize, number: i64) {
        self.0.part(shard).add(0, number as u64);
    }

    /// Where it stands.
    pub fn value(&self) -> i64 {
        self.0.sum(0) as i64
    }
}

impl Default for Gauge {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_counts_and_a_gauge_returns() {
        let (counter, gauge) = (Counter::default(), Gauge::default());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        counter.add(2);
                        gauge.add(1);
                    }
                });
            }
        });
        assert_eq!((counter.value(), gauge.value()), (800, 400));
        gauge.add(-500);
        assert_eq!(gauge.value(), -100);
    }
}
