//! Numbers that many threads write and one reads now and then.

use std::sync::atomic::{AtomicU64, Ordering};

use tower_telemetry_observe::{shards, this_shard};

/// How many numbers a line of the cache holds, with the line that is fetched beside it.
const LINE: usize = 16;

/// A few numbers that share their cache line with no others.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Line([AtomicU64; LINE]);

/// A row of numbers, once for each shard: what a thread adds goes to its own shard, and a number is the sum over all of them.
///
/// Threads that add to the same number then do not wait for each other's caches.
#[derive(Debug)]
pub(crate) struct Sharded {
    lines: Box<[Line]>,
    lines_each: usize,
}

impl Sharded {
    /// So many numbers, all zero.
    pub(crate) fn new(numbers: usize) -> Self {
        let lines_each = numbers.div_ceil(LINE).max(1);
        Sharded {
            lines: (0..lines_each * shards()).map(|_| Line::default()).collect(),
            lines_each,
        }
    }

    /// This thread's part of the row.
    #[inline]
    pub(crate) fn mine(&self) -> Part<'_> {
        self.part(this_shard())
    }

    /// The part of this shard.
    #[inline]
    pub(crate) fn part(&self, shard: usize) -> Part<'_> {
        let first = shard * self.lines_each;
        Part(self.lines.get(first..first + self.lines_each).unwrap_or_default())
    }

    /// The number at this place, over all shards.
    pub(crate) fn sum(&self, place: usize) -> u64 {
        let shards = self.lines.chunks_exact(self.lines_each);
        shards.fold(0, |sum, lines| {
            let number = lines[place / LINE].0[place % LINE].load(Ordering::Acquire);
            sum.wrapping_add(number)
        })
    }
}

/// A shard's part of a [`Sharded`] row.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a>(&'a [Line]);

impl Part<'_> {
    /// Adds to the number at this place. It wraps around, so that a number can go down, too.
    ///
    /// Who reads this addition reads those that this thread made before it, too.
    #[inline]
    pub(crate) fn add(self, place: usize, number: u64) {
        if let Some(line) = self.0.get(place / LINE) {
            line.0[place % LINE].fetch_add(number, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn what_threads_add_is_summed_up() {
        let row = Sharded::new(40);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..1000).for_each(|_| row.mine().add(39, 2)));
            }
        });
        assert_eq!((row.sum(39), row.sum(0)), (16_000, 0));
    }

    #[test]
    fn a_number_goes_down_on_another_thread_than_up() {
        let row = Sharded::new(1);
        row.mine().add(0, 1);
        thread::scope(|scope| {
            scope.spawn(|| row.mine().add(0, 1_u64.wrapping_neg()));
        });
        assert_eq!(row.sum(0), 0);
    }
}
