//! How often a policy has had something to change.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a policy does to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Cut at its limit.
    Cut,
    /// A secret in it, or all of it, replaced by `REDACTED`.
    Redacted,
    /// Replaced by its keyed hash.
    Hashed,
    /// Replaced by the group it is in.
    Grouped,
    /// Replaced by what a closure made of it.
    Mapped,
    /// Left out.
    Dropped,
}

impl Change {
    /// All of them.
    pub const ALL: [Change; 6] = [
        Change::Cut,
        Change::Redacted,
        Change::Hashed,
        Change::Grouped,
        Change::Mapped,
        Change::Dropped,
    ];

    /// The change in one word, for a metric's label.
    pub fn as_str(self) -> &'static str {
        match self {
            Change::Cut => "cut",
            Change::Redacted => "redacted",
            Change::Hashed => "hashed",
            Change::Grouped => "grouped",
            Change::Mapped => "mapped",
            Change::Dropped => "dropped",
        }
    }
}

/// The number of changes of each kind since the policy was built. They only grow. What `tower-telemetry-semconv` redacts and cuts by itself, whatever
/// the policy, is not among them.
///
/// As a Prometheus counter, ask for them whenever it is scraped:
///
/// ```
/// use tower_telemetry_sanitize::{Change, Sanitizer};
///
/// let policy = Sanitizer::default();
/// policy.value("db.password", "c2VjcmV0");
/// assert_eq!(policy.counts().of(Change::Redacted), 1);
/// for (change, count) in policy.counts() {
///     println!("sanitized_values_total{{change=\"{}\"}} {count}", change.as_str());
/// }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([u64; Change::ALL.len()]);

impl Counts {
    /// How often this was done.
    pub fn of(&self, change: Change) -> u64 {
        self.0[change as usize]
    }
}

impl IntoIterator for Counts {
    type Item = (Change, u64);
    type IntoIter = std::iter::Zip<std::array::IntoIter<Change, 6>, std::array::IntoIter<u64, 6>>;

    fn into_iter(self) -> Self::IntoIter {
        Change::ALL.into_iter().zip(self.0)
    }
}

/// The counts that go on. Nothing is written to where nothing has to change.
#[derive(Debug, Default)]
pub(crate) struct Counters([AtomicU64; Change::ALL.len()]);

impl Counters {
    #[cold]
    pub(crate) fn add(&self, change: Change, times: u64) {
        self.0[change as usize].fetch_add(times, Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> Counts {
        Counts(std::array::from_fn(|at| self.0[at].load(Ordering::Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_has_a_count_and_a_word_of_its_own() {
        let counters = Counters::default();
        for (change, times) in Change::ALL.into_iter().zip(1..) {
            counters.add(change, times);
        }
        let counts: Vec<_> = counters
            .now()
            .into_iter()
            .map(|(change, count)| (change.as_str(), count))
            .collect();
        let expected = [
            ("cut", 1),
            ("redacted", 2),
            ("hashed", 3),
            ("grouped", 4),
            ("mapped", 5),
            ("dropped", 6),
        ];
        assert_eq!(counts, expected);
        assert_eq!(counters.now().of(Change::Dropped), 6);
    }
}
