//! The bounds of a histogram's buckets.

use std::sync::Arc;

/// The conventions' advice for durations, in seconds.
const SECONDS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// Of streams, in seconds: a second to half a day.
const LIFETIMES: [f64; 10] = [0.1, 1.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 43_200.0];

/// Of bodies, in bytes: 100 bytes to 100 MB.
const SIZES: [f64; 7] = [
    100.0,
    1_000.0,
    10_000.0,
    100_000.0,
    1_000_000.0,
    10_000_000.0,
    100_000_000.0,
];

/// The most buckets of a histogram, besides the last one, which has no bound.
const MAX_BOUNDS: usize = 128;

/// The upper bounds of a histogram's classic buckets, each of them included in its bucket (`le`).
///
/// ```
/// use tower_telemetry_prometheus::Buckets;
///
/// let buckets = Buckets::new([0.01, 0.1, 1.0]);
/// assert_eq!(buckets.bounds(), [0.01, 0.1, 1.0]);
/// assert_eq!(Buckets::durations().bounds().len(), 14);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Buckets(Arc<[f64]>);

impl Buckets {
    /// Buckets with these bounds, in the metric's unit: seconds or bytes. They are sorted; bounds that are not positive numbers, and all
    /// behind the first 128, are left out. The bucket without a bound (`+Inf`) is always there.
    pub fn new(bounds: impl IntoIterator<Item = f64>) -> Self {
        let mut bounds: Vec<_> = bounds
            .into_iter()
            .filter(|bound| bound.is_finite() && *bound > 0.0)
            .collect();
        bounds.sort_by(f64::total_cmp);
        bounds.dedup();
        bounds.truncate(MAX_BOUNDS);
        Buckets(bounds.into())
    }

    /// The [conventions' buckets](https://opentelemetry.io/docs/specs/semconv/http/http-metrics/) for durations: 5 ms to 10 s, in seconds.
    pub fn durations() -> Self {
        Self::new(SECONDS)
    }

    /// For the lifetimes of streams: 0.1 s to 12 hours, in seconds.
    pub fn lifetimes() -> Self {
        Self::new(LIFETIMES)
    }

    /// For the sizes of bodies: 100 bytes to 100 MB.
    pub fn sizes() -> Self {
        Self::new(SIZES)
    }

    /// The bounds, in ascending order, without `+Inf`.
    pub fn bounds(&self) -> &[f64] {
        &self.0
    }
}

impl Default for Buckets {
    /// Those for durations.
    fn default() -> Self {
        Self::durations()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_sorted_and_what_is_no_bound_is_left_out() {
        let buckets = Buckets::new([1.0, f64::NAN, 0.5, -1.0, 0.0, f64::INFINITY, 1.0]);
        assert_eq!(buckets.bounds(), [0.5, 1.0]);
    }

    #[test]
    fn there_are_never_too_many() {
        assert_eq!(Buckets::new((1..10_000).map(f64::from)).bounds().len(), MAX_BOUNDS);
    }
}
