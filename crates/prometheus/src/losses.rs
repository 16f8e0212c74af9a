//! Spans that were lost before an exporter could take them, or in spite of it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::encoding::DescriptorEncoder;
use tower_telemetry_observe::contain;

use crate::catalog::SPANS_LOST;
use crate::encode::encode_counter;

/// The losses of one queue, by cause.
type Source = Arc<dyn Fn() -> Vec<(&'static str, u64)> + Send + Sync>;

/// Who tells of losses.
#[derive(Default)]
pub(crate) struct Losses(Mutex<Vec<Source>>);

impl Losses {
    pub(crate) fn add(&self, source: Source) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(source);
    }

    /// Over all queues, by cause.
    fn sum(&self) -> BTreeMap<&'static str, u64> {
        // Nobody is asked under the lock.
        let sources = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut sum = BTreeMap::new();
        for (cause, spans) in sources.iter().filter_map(|source| contain(|| source())).flatten() {
            *sum.entry(cause).or_default() += spans;
        }
        sum
    }

    pub(crate) fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let mut family = SPANS_LOST.describe(encoder)?;
        for (cause, spans) in self.sum() {
            encode_counter(family.encode_family(&[("cause", cause)])?, spans)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Losses")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queues_are_added_up_by_cause() {
        let losses = Losses::default();
        losses.add(Arc::new(|| vec![("queue_full", 3), ("failed", 1)]));
        losses.add(Arc::new(|| std::panic::resume_unwind(Box::new("a bug"))));
        losses.add(Arc::new(|| vec![("queue_full", 4)]));
        assert_eq!(losses.sum(), BTreeMap::from([("failed", 1), ("queue_full", 7)]));
    }
}
