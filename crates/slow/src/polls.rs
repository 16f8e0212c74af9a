//! How long the polls of one call take.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tower_telemetry_sanitize::Sanitizer;

use crate::label::Label;

/// What few calls have.
#[derive(Debug)]
pub(crate) struct Extra {
    /// Of calls whose polls are timed.
    pub(crate) timing: Option<Timing>,
    /// The policy of the call's request.
    pub(crate) sanitizer: Option<Sanitizer>,
}

impl Extra {
    #[cold]
    pub(crate) fn new(limit: Option<u64>, sanitizer: Option<Sanitizer>, label: impl FnOnce() -> Label) -> Arc<Self> {
        let timing = limit.map(|limit| Timing::new(limit, label()));
        Arc::new(Extra { timing, sanitizer })
    }
}

/// What the polls of one call have taken so far, in nanoseconds. Only the call writes, others read.
#[derive(Debug)]
pub(crate) struct Timing {
    /// How long one may take.
    pub(crate) limit: u64,
    pub(crate) label: Label,
    longest: AtomicU64,
    busy: AtomicU64,
    /// When the poll that is running began, from the start of the call and one up; 0 if none is.
    since: AtomicU64,
}

/// How much of a call's time was spent in its own code: in the polls of its future and body, and in the call itself.
///
/// The rest is time in which it waited for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PollTimes {
    /// The longest poll.
    pub longest: Duration,
    /// All polls together.
    pub busy: Duration,
}

impl Timing {
    pub(crate) fn new(limit: u64, label: Label) -> Self {
        Timing {
            limit,
            label,
            longest: AtomicU64::new(0),
            busy: AtomicU64::new(0),
            since: AtomicU64::new(0),
        }
    }

    /// A poll begins, at this time of the call.
    pub(crate) fn begin(&self, elapsed: u64) {
        self.since.store(elapsed.saturating_add(1), Ordering::Relaxed);
    }

    /// The poll that runs ends. Whether it is the first that took too long.
    pub(crate) fn end(&self, elapsed: u64) -> bool {
        let took = self.running(elapsed);
        self.since.store(0, Ordering::Relaxed);
        self.busy.fetch_add(took, Ordering::Relaxed);
        let longest = self.longest.fetch_max(took, Ordering::Relaxed);
        took >= self.limit && longest < self.limit
    }

    /// How long the poll that runs at this time of the call has taken.
    fn running(&self, elapsed: u64) -> u64 {
        match self.since.load(Ordering::Relaxed) {
            0 => 0,
            since => elapsed.saturating_sub(since - 1),
        }
    }

    /// The times up to now, the poll that runs included.
    pub(crate) fn times(&self, elapsed: u64) -> PollTimes {
        let running = self.running(elapsed);
        let longest = self.longest.load(Ordering::Relaxed).max(running);
        let busy = self.busy.load(Ordering::Relaxed).saturating_add(running);
        PollTimes {
            longest: Duration::from_nanos(longest),
            busy: Duration::from_nanos(busy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(polls: &Timing, elapsed: u64) -> (u128, u128) {
        let PollTimes { longest, busy } = polls.times(elapsed);
        (longest.as_nanos(), busy.as_nanos())
    }

    #[test]
    fn polls_add_up_and_the_longest_is_known() {
        let polls = Timing::new(20, Label::default());
        for (begin, end, too_long) in [(0, 5, false), (10, 30, true), (40, 60, false)] {
            polls.begin(begin);
            assert_eq!(polls.end(end), too_long, "one is told once");
        }
        assert_eq!(times(&polls, 100), (20, 45));
    }

    #[test]
    fn a_poll_that_still_runs_counts() {
        let polls = Timing::new(10, Label::default());
        polls.begin(0);
        assert_eq!(times(&polls, 7), (7, 7));
        polls.end(8);
        assert_eq!(times(&polls, 9), (8, 8));
    }
}
