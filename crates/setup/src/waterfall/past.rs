//! The traces that are over.

use std::collections::{HashSet, VecDeque};

use opentelemetry::trace::TraceId;

/// Ids of the last traces that were handed over or left out.
///
/// They are forgotten by age: whether spans are late is known for the last ones only.
#[derive(Debug, Default)]
pub(crate) struct Past {
    known: HashSet<TraceId>,
    by_age: VecDeque<TraceId>,
}

impl Past {
    pub(crate) fn contains(&self, id: TraceId) -> bool {
        self.known.contains(&id)
    }

    pub(crate) fn remember(&mut self, id: TraceId, at_most: usize) {
        if !self.known.insert(id) {
            return;
        }
        self.by_age.push_back(id);
        while self.by_age.len() > at_most {
            if let Some(oldest) = self.by_age.pop_front() {
                self.known.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_traces_are_remembered() {
        let mut past = Past::default();
        for id in [1, 2, 1, 3_u128] {
            past.remember(TraceId::from(id), 2);
        }
        let known = |id: u128| past.contains(TraceId::from(id));
        assert_eq!([known(1), known(2), known(3)], [false, true, true]);
    }
}
