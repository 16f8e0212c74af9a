//! How long a call may take.

use std::time::Duration;

/// Times in nanoseconds, since they are kept for each call. This one never comes.
pub(crate) const NEVER: u64 = u64::MAX;

#[inline]
pub(crate) fn nanos(time: Duration) -> u64 {
    let nanos = u64::from(time.subsec_nanos());
    time.as_secs().saturating_mul(1_000_000_000).saturating_add(nanos)
}

/// How long a call may take before it is slow: to its response head, and in all.
///
/// A call that takes exactly as long as its limit is slow. One that has a head at its limit, and a body that goes on for hours, is not, unless
/// there is a limit to the total. Of a call without a head, such as one of a service that is not HTTP, both limit the time to its response.
///
/// ```
/// use std::time::Duration;
/// use tower_telemetry_slow::Limits;
///
/// let limits = Limits::to_head(Duration::from_millis(200)).and_total(Duration::from_secs(30));
/// assert_ne!(limits, Limits::from(Duration::from_millis(200)));
/// assert_eq!(Limits::default(), Limits::to_head(Duration::from_secs(1)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Limits {
    to_head: u64,
    total: u64,
}

impl Limits {
    /// No call is slow.
    pub const NONE: Limits = Limits {
        to_head: NEVER,
        total: NEVER,
    };

    /// The response head has to be there before this time.
    pub fn to_head(limit: Duration) -> Self {
        Limits {
            to_head: at_least_one(limit),
            ..Limits::NONE
        }
    }

    /// The whole response has to be there before this time, its body included.
    pub fn total(limit: Duration) -> Self {
        Limits::NONE.and_total(limit)
    }

    /// In addition, the whole response has to be there before this time.
    pub fn and_total(self, limit: Duration) -> Self {
        Limits {
            total: at_least_one(limit),
            ..self
        }
    }

    /// The limit that a call passes first in this phase.
    #[inline]
    pub(crate) fn of(self, phase: Phase) -> u64 {
        match phase {
            Phase::Waiting => self.to_head.min(self.total),
            Phase::Streaming => self.total,
        }
    }

    /// Whether a call has kept to its limits, and cannot reach one any more.
    #[inline]
    pub(crate) fn are_kept(self, head: Head) -> bool {
        head == Head::InTime && self.total == NEVER
    }

    /// The limit that a call has reached, and where.
    #[inline]
    pub(crate) fn passed(self, head: Head, elapsed: u64) -> Option<(Phase, u64)> {
        let waiting = self.of(Phase::Waiting);
        match head {
            Head::Late => Some((Phase::Waiting, waiting)),
            Head::None => (elapsed >= waiting).then_some((Phase::Waiting, waiting)),
            Head::InTime => (elapsed >= self.total).then_some((Phase::Streaming, self.total)),
        }
    }
}

/// A limit of nothing would come again and again.
fn at_least_one(limit: Duration) -> u64 {
    nanos(limit).max(1)
}

impl Default for Limits {
    /// One second to the head.
    fn default() -> Self {
        Limits::to_head(Duration::from_secs(1))
    }
}

impl From<Duration> for Limits {
    fn from(to_head: Duration) -> Self {
        Limits::to_head(to_head)
    }
}

/// What is known of a call's response head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    None,
    InTime,
    Late,
}

impl Head {
    #[inline]
    pub(crate) fn phase(self) -> Phase {
        match self {
            Head::None => Phase::Waiting,
            Head::InTime | Head::Late => Phase::Streaming,
        }
    }
}

/// How far a call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// There is no response head yet; of a service that is not HTTP, no response.
    Waiting,
    /// The head is there, the body is on its way.
    Streaming,
}

impl Phase {
    /// `waiting` or `streaming`.
    pub fn as_str(self) -> &'static str {
        match self {
            Phase::Waiting => "waiting",
            Phase::Streaming => "streaming",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: Limits = Limits { to_head: 10, total: 50 };

    #[test]
    fn a_limit_that_is_reached_is_passed() {
        let no_total = Limits { total: NEVER, ..BOTH };
        let no_head = Limits { to_head: NEVER, ..BOTH };
        let rows = [
            (BOTH, Head::None, 9, None),
            (BOTH, Head::None, 10, Some((Phase::Waiting, 10))),
            (BOTH, Head::InTime, 49, None),
            (BOTH, Head::InTime, 50, Some((Phase::Streaming, 50))),
            (BOTH, Head::Late, 11, Some((Phase::Waiting, 10))),
            (no_total, Head::InTime, 1_000, None),
            (no_head, Head::None, 50, Some((Phase::Waiting, 50))),
            (no_head, Head::InTime, 50, Some((Phase::Streaming, 50))),
            (Limits::NONE, Head::None, NEVER - 1, None),
        ];
        for (limits, head, elapsed, passed) in rows {
            assert_eq!(limits.passed(head, elapsed), passed, "{limits:?} {head:?} {elapsed}");
            assert!(
                !limits.are_kept(head) || passed.is_none(),
                "{limits:?} {head:?} {elapsed}"
            );
        }
    }

    #[test]
    fn the_phase_chooses_the_limit() {
        assert_eq!((BOTH.of(Phase::Waiting), BOTH.of(Phase::Streaming)), (10, 50));
        let longer = BOTH.and_total(Duration::from_nanos(5));
        assert_eq!((longer.of(Phase::Waiting), longer.of(Phase::Streaming)), (5, 5));
    }

    #[test]
    fn a_limit_of_nothing_and_one_without_end_are_limits() {
        assert_eq!(Limits::to_head(Duration::ZERO).to_head, 1);
        assert_eq!(Limits::total(Duration::MAX), Limits::NONE);
    }
}
