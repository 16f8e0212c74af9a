//! What time it is.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::limits::nanos;

/// The system's monotonic clock, or one that was given.
#[derive(Clone, Default)]
pub(crate) enum Clock {
    #[default]
    System,
    Given(Arc<dyn Fn() -> Instant + Send + Sync>),
}

impl Clock {
    pub(crate) fn now(&self) -> Instant {
        match self {
            Clock::System => Instant::now(),
            Clock::Given(clock) => clock(),
        }
    }

    /// The time of something that the system's clock has been asked about already.
    #[inline]
    pub(crate) fn or_given(&self, system: Instant) -> Instant {
        match self {
            Clock::System => system,
            Clock::Given(clock) => clock(),
        }
    }

    /// The nanoseconds since then, unless the system's clock has already been asked for them.
    #[inline]
    pub(crate) fn elapsed_or_given(&self, started: Instant, system: impl FnOnce() -> Duration) -> u64 {
        match self {
            Clock::System => nanos(system()),
            Clock::Given(clock) => since(started, clock()),
        }
    }
}

/// Nanoseconds from one time to another; zero if it is not later.
pub(crate) fn since(started: Instant, now: Instant) -> u64 {
    nanos(now.saturating_duration_since(started))
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Clock::System => "System",
            Clock::Given(_) => "Given",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_clock_is_asked_instead_of_the_systems() {
        let start = Instant::now();
        let later = start + Duration::from_secs(5);
        let given = Clock::Given(Arc::new(move || later));
        assert_eq!(given.now(), later);
        assert_eq!(given.or_given(start), later);
        assert_eq!(given.elapsed_or_given(start, || Duration::ZERO), 5_000_000_000);
        assert_eq!(Clock::System.or_given(start), start);
        assert_eq!(Clock::System.elapsed_or_given(start, || Duration::from_nanos(7)), 7);
    }

    #[test]
    fn a_clock_that_goes_back_stands_still() {
        let now = Instant::now();
        assert_eq!(since(now + Duration::from_secs(1), now), 0);
    }
}
