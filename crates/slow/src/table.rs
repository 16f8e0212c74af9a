//! The calls that are in flight, in one table.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::current::Current;
use crate::label::Label;
use crate::limits::{NEVER, Phase};
use crate::polls::Timing;

/// Parts with a lock each, so that threads seldom wait for one another.
const SHARDS: usize = 16;

/// An empty part gives back its memory if it has more places than this.
const KEPT: usize = 1024;

/// The first places of a part.
const FIRST: usize = 16;

/// One call in flight.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) label: Label,
    pub(crate) current: Current,
    /// When it started, in nanoseconds since the table's time began.
    pub(crate) started: u64,
    /// The limit of its phase, in nanoseconds.
    pub(crate) limit: u64,
    pub(crate) timing: Option<Arc<Timing>>,
    pub(crate) phase: Phase,
    /// How often it was found slow.
    pub(crate) warned: u32,
}

impl Entry {
    /// When it is to be looked at first, in nanoseconds since the table's time began; if it was found slow before, at the limit's
    /// next double.
    pub(crate) fn deadline(&self, now: Option<u64>) -> u64 {
        let mut after = self.limit;
        if let Some(elapsed) = now.map(|now| now.saturating_sub(self.started)) {
            while after <= elapsed {
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

/// Entries and, apart from them since they are looked at often, their deadlines. A free place has none.
#[derive(Debug, Default)]
struct Places {
    deadlines: Vec<u64>,
    entries: Vec<Place>,
    free: Option<u32>,
    taken: usize,
}

#[derive(Debug)]
enum Place {
    Taken(Entry),
    /// With the next free one.
    Free(Option<u32>),
}

/// How far one look through the table has come.
#[derive(Debug)]
pub(crate) struct Cursor {
    shard: usize,
    place: usize,
    /// The earliest deadline that is still to come.
    pub(crate) next: u64,
    /// How many places were looked at.
    pub(crate) seen: usize,
}

impl Cursor {
    pub(crate) fn new() -> Self {
        Cursor {
            shard: 0,
            place: 0,
            next: NEVER,
            seen: 0,
        }
    }
}

impl Table {
    /// Puts a call in, to be looked at from this time on. `None` if there are more than four billion.
    pub(crate) fn insert(&self, entry: Entry, deadline: u64) -> Option<Key> {
        let shard = own_shard();
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

/// Whether there is, or may be, more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum More {
    Yes,
    No,
}

impl Shard {
    fn lock(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places {
    fn insert(&mut self, entry: Entry, deadline: u64) -> Option<u32> {
        let place = match self.free {
            Some(place) => place,
            None => {
                let place = u32::try_from(self.entries.len()).ok()?;
                self.grow();
                self.deadlines.push(NEVER);
                self.entries.push(Place::Free(None));
                place
            }
        };
        let at = self.entries.get_mut(place as usize)?;
        if let Place::Free(next) = *at {
            self.free = next;
        }
        *at = Place::Taken(entry);
        *self.deadlines.get_mut(place as usize)? = deadline;
        self.taken += 1;
        Some(place)
    }

    /// By an eighth: to double would waste more than is needed, where there are many.
    #[inline]
    fn grow(&mut self) {
        if self.entries.len() == self.entries.capacity() {
            let more = FIRST.max(self.entries.len() / 8);
            self.entries.reserve_exact(more);
            self.deadlines.reserve_exact(more);
        }
    }

    fn remove(&mut self, place: u32) -> Option<(Current, u32)> {
        let at = self.entries.get_mut(place as usize)?;
        let Place::Taken(entry) = at else { return None };
        let left = (std::mem::take(&mut entry.current), entry.warned);
        *at = Place::Free(self.free);
        self.free = Some(place);
        if let Some(deadline) = self.deadlines.get_mut(place as usize) {
            *deadline = NEVER;
        }
        self.taken -= 1;
        if self.taken == 0 && self.entries.len() > KEPT {
            *self = Places::default();
        }
        Some(left)
    }

    fn due(&mut self, cursor: &mut Cursor, now: u64, found: &mut impl FnMut(&mut Entry) -> More) -> More {
        for (place, deadline) in self.deadlines.iter_mut().enumerate().skip(cursor.place) {
            cursor.seen += 1;
            if *deadline <= now {
                if let Some(Place::Taken(entry)) = self.entries.get_mut(place) {
                    *deadline = entry.deadline(Some(now));
                    cursor.next = cursor.next.min(*deadline);
                    entry.warned = entry.warned.saturating_add(1);
                    if let More::No = found(entry) {
                        cursor.place = place + 1;
                        return More::No;
                    }
                }
            }
            cursor.next = cursor.next.min(*deadline);
        }
        More::Yes
    }
}

/// The part that this thread puts its calls into.
fn own_shard() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OWN: usize = THREADS.fetch_add(1, Ordering::Relaxed) % SHARDS;
    }
    OWN.try_with(|own| *own).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SlowWatch;

    fn entry(started: u64, limit: u64) -> Entry {
        Entry {
            label: Label::named("call"),
            current: Current::default(),
            started,
            limit,
            timing: None,
            phase: Phase::Waiting,
            warned: 0,
        }
    }

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
    fn places_are_used_again() {
        let mut places = Places::default();
        for round in 0..100 {
            let keys: Vec<_> = (0..FIRST as u64)
                .map(|at| places.insert(entry(at, 10), 10).unwrap())
                .collect();
            for key in keys.into_iter().rev() {
                assert!(places.remove(key).is_some(), "round {round}");
            }
        }
        assert_eq!((places.entries.len(), places.taken), (FIRST, 0));
    }

    #[test]
    fn after_a_rush_the_memory_is_given_back() {
        let mut places = Places::default();
        let keys: Vec<_> = (0..2 * KEPT as u64)
            .map(|at| places.insert(entry(at, 10), 10).unwrap())
            .collect();
        assert!(places.entries.capacity() < 3 * KEPT);
        for key in keys {
            places.remove(key);
        }
        assert_eq!(places.entries.capacity(), 0);
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

    #[test]
    fn a_hundred_thousand_calls_in_flight_need_less_than_two_hundred_bytes_each() {
        const CALLS: usize = 100_000;
        let mut places = Places::default();
        for call in 0..CALLS {
            places.insert(entry(call as u64, 10), 10).unwrap();
        }
        let entries = places.entries.capacity() * size_of::<Place>();
        let deadlines = places.deadlines.capacity() * size_of::<u64>();
        let bytes = (entries + deadlines) / CALLS + size_of::<SlowWatch>();
        assert!(bytes < 200, "{bytes}");
    }
}
