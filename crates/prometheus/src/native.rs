//! Native histograms: exponential buckets, dense in a fixed range.

/// 2^3 buckets for each power of two: neighbors differ by 9 %.
pub(crate) const SCHEMA: i32 = 3;

/// The upper bounds within a power of two, for 0.5 to 1: 2^(-8/8) … 2^(-1/8).
const FRACTIONS: [f64; 8] = [
    0.5,
    0.545_253_866_332_628_9,
    0.594_603_557_501_360_5,
    0.648_419_777_325_504_8,
    std::f64::consts::FRAC_1_SQRT_2,
    0.771_105_412_703_970_4,
    0.840_896_415_253_714_6,
    0.917_004_043_204_671_2,
];

/// The range of exponential buckets that is kept for a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    first: i32,
    last: i32,
}

/// A microsecond to an hour and more.
pub(crate) const SECONDS: Range = Range {
    first: -20 * 8,
    last: 12 * 8,
};

/// A byte to a gigabyte.
pub(crate) const BYTES: Range = Range { first: 0, last: 30 * 8 };

/// Native buckets as prometheus-client wants them.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Sparse {
    /// The gap to the bucket before, and how many follow each other.
    pub(crate) spans: Vec<(i32, u32)>,
    /// What each has more than the one before.
    pub(crate) deltas: Vec<i64>,
}

impl Range {
    /// How many buckets there are: of which the first is for all that is smaller, zero included, and the last for all that is larger.
    pub(crate) fn buckets(self) -> usize {
        (self.last - self.first + 2) as usize
    }

    /// At most this is in the first bucket.
    pub(crate) fn zero_threshold(self) -> f64 {
        f64::exp2(f64::from(self.first - 1) / 8.0)
    }

    /// The place of a value, which is not negative.
    pub(crate) fn place(self, value: f64) -> usize {
        let index = index(value).unwrap_or(i32::MIN).clamp(self.first - 1, self.last);
        (index - self.first + 1) as usize
    }

    /// The buckets in use, without the first.
    pub(crate) fn sparse(self, counts: impl Fn(usize) -> u64) -> Sparse {
        let mut sparse = Sparse::default();
        let (mut next, mut before) = (0, 0);
        for place in 1..self.buckets() {
            let count = counts(place) as i64;
            if count == 0 {
                continue;
            }
            let index = self.first + place as i32 - 1;
            match sparse.spans.last_mut() {
                Some((_, length)) if index == next => *length += 1,
                _ => sparse.spans.push((index - next, 1)),
            }
            sparse.deltas.push(count - before);
            (next, before) = (index + 1, count);
        }
        sparse
    }
}

/// The bucket whose bounds are `2^((index - 1) / 8)` and `2^(index / 8)`, the upper one included. None for zero.
fn index(value: f64) -> Option<i32> {
    if !value.is_normal() {
        return None;
    }
    let exponent = (value.to_bits() >> 52 & 0x7ff) as i32 - 1022;
    // The value without its exponent: 0.5 to 1.
    let fraction = f64::from_bits(value.to_bits() & !(0x7ff << 52) | 1022 << 52);
    let within = FRACTIONS.partition_point(|bound| *bound < fraction);
    Some((exponent - 1) * 8 + within as i32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bounds_are_included() {
        for (value, expected) in [(1.0, 0), (1.000_1, 1), (2.0, 8), (0.5, -8), (0.500_1, -7), (3.0, 13)] {
            assert_eq!(index(value), Some(expected), "{value}");
        }
        assert_eq!(index(0.0), None);
    }

    #[test]
    fn what_is_out_of_range_is_in_the_outer_buckets() {
        assert_eq!(SECONDS.place(0.0), 0);
        assert_eq!(SECONDS.place(1e-9), 0);
        assert_eq!(SECONDS.place(1e9), SECONDS.buckets() - 1);
        assert_eq!(SECONDS.place(SECONDS.zero_threshold()), 0);
        assert_eq!(SECONDS.place(SECONDS.zero_threshold() * 1.01), 1);
    }

    #[test]
    fn neighbors_share_a_span() {
        let mut counts = [0; 300];
        (counts[0], counts[1], counts[2], counts[10]) = (5, 7, 3, 4);
        let sparse = Range { first: -4, last: 40 }.sparse(|place| counts[place]);
        assert_eq!(sparse.spans, [(-4, 2), (7, 1)]);
        assert_eq!(sparse.deltas, [7, -4, 1]);
    }

    proptest! {
        #[test]
        fn a_value_is_within_the_bounds_of_its_bucket(value in 1e-6..1e4_f64) {
            let index = f64::from(index(value).expect("normal"));
            let (lower, upper) = (f64::exp2((index - 1.0) / 8.0), f64::exp2(index / 8.0));
            prop_assert!(value > lower * (1.0 - 1e-12) && value <= upper * (1.0 + 1e-12));
        }
    }
}
