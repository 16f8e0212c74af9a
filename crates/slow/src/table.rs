//! The calls that are in flight, in one table.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tower_telemetry_observe::this_shard;

use crate::current::Current;
use crate::label::Label;
use crate::limits::{NEVER, Phase};
use crate::places::{Cursor, More, Place, Places};
use crate::polls::Extra;

/// Parts with a lock each, so that threads seldom wait for one another.
const SHARDS: usize = 16;

/// One call in flight.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) label: Label,
    pub(crate) current: Current,
    /// When it started, in nanoseconds since the table's time began.
    pub(crate) started: u64,
    /// The limit of its phase, in nanoseconds.
    pub(crate) limit: u64,
    pub(crate) extra: Option<Arc<Extra>>,
    pub(crate) phase: Phase,
    /// How often it was found slow.
    pub(crate) warned: u32,
}

impl Entry {
    /// When it is to be looked at first, in nanoseconds since the table's time began; if it was found slow before, at the limit's
    /// next double.
    #[inline]
    pub(crate) fn deadline(&self, now: Option<u64>) -> u64 {
        let mut after = self.limit;
        if let Some(elapsed) = now.map(|now| now.saturating_sub(self.started)) {
            while after <= elapsed && after < NEVER {
                after = after.saturating_mul(2);
            }
        }
        self.started.saturating_add(after)
    }
}

/// The place of an entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    shard: u32,
    place: u32,
}

/// The calls in flight.
#[derive(Debug, Default)]
pub(crate) struct Table {
    shards: [Shard; SHARDS],
}

// Each in cache lines of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard(Mutex<Places>);

impl Table {
    /// Puts a call in, to be looked at from this time on. `None` if there are more than four billion.
    #[inline]
    pub(crate) fn insert(&self, entry: Entry, deadline: u64) -> Option<Key> {
        let shard = this_shard() % SHARDS;
        let place = self.shards[shard].lock().insert(entry, deadline)?;
        Some(Key {
            shard: shard as u32,
            place,
        })
    }

    /// The context of a call.
    pub(crate) fn current(&self, key: Key) -> Option<Current> {
        let places = self.shards.get(key.shard as usize)?.lock();
        match places.entries.get(key.place as usize)? {
            Place::Taken(entry) => Some(entry.current.clone()),
            Place::Free(_) => None,
        }
    }

    /// Takes a call out: its context, and how often it was found slow.
    #[inline]
    pub(crate) fn remove(&self, key: Key) -> Option<(Current, u32)> {
        self.shards.get(key.shard as usize)?.lock().remove(key.place)
    }

    /// Looks at the next entries that are due at this time, each of them once, until `found` wants no more. Whether there is more to look at.
    ///
    /// `found` runs under a lock. An entry is due again at the next double of its limit.
    pub(crate) fn due(&self, cursor: &mut Cursor, now: u64, mut found: impl FnMut(&mut Entry) -> More) -> More {
        while let Some(shard) = self.shards.get(cursor.shard) {
            if let More::No = shard.lock().due(cursor, now, &mut found) {
                return More::Yes;
            }
            cursor.shard += 1;
            cursor.place = 0;
        }
        More::No
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().taken).sum()
    }
}

impl Shard {
    #[inline]
    fn lock(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::places::tests::entry;

    fn insert(table: &Table, started: u64, limit: u64) -> Key {
        let entry = entry(started, limit);
        let deadline = entry.deadline(None);
        table.insert(entry, deadline).unwrap()
    }

    fn due(table: &Table, now: u64) -> (Vec<u64>, u64) {
        let mut found = Vec::new();
        let mut cursor = Cursor::new();
        let more = table.due(&mut cursor, now, |entry| {
            found.push(entry.started);
            More::Yes
        });
        assert_eq!(more, More::No);
        (found, cursor.next)
    }

    #[test]
    fn a_call_is_due_at_its_limit_and_at_each_double() {
        let table = Table::default();
        insert(&table, 100, 10);
        assert_eq!(due(&table, 109), (vec![], 110));
        assert_eq!(due(&table, 110), (vec![100], 120));
        assert_eq!(due(&table, 119), (vec![], 120));
        assert_eq!(due(&table, 145), (vec![100], 180), "what was missed is not made up for");
    }

    #[test]
    fn a_clock_that_is_ahead_of_all_times_finds_a_call_once() {
        let table = Table::default();
        insert(&table, 0, 10);
        assert_eq!(due(&table, u64::MAX), (vec![0], NEVER));
    }

    #[test]
    fn a_call_that_is_over_is_not_due() {
        let table = Table::default();
        let first = insert(&table, 1, 10);
        insert(&table, 2, 10);
        assert_eq!(table.remove(first).map(|(_, warned)| warned), Some(0));
        assert!(table.remove(first).is_none());
        assert_eq!(due(&table, 50), (vec![2], 82));
        assert_eq!(table.len(), 1);
    }

    #[test]
    fn a_look_can_be_broken_off_and_goes_on_behind_the_last_one() {
        let table = Table::default();
        for started in 0..5 {
            insert(&table, started, 10);
        }
        let mut cursor = Cursor::new();
        let mut found = Vec::new();
        let mut looks = 1;
        while let More::Yes = table.due(&mut cursor, 20, |entry| {
            found.push(entry.started);
            More::No
        }) {
            looks += 1;
        }
        assert_eq!((found, looks), (vec![0, 1, 2, 3, 4], 6));
        assert_eq!(cursor.next, 21, "the earliest of all that were looked at");
        assert_eq!(cursor.seen, 5);
    }
}
