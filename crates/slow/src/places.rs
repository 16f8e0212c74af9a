//! One part of the table: places for calls, which are used again.

use crate::current::Current;
use crate::limits::NEVER;
use crate::table::Entry;

/// An empty part gives back its memory if it has more places than this.
const KEPT: usize = 1024;

/// The first places of a part.
const FIRST: usize = 16;

/// Entries and, apart from them since they are looked at often, their deadlines. A free place has none.
#[derive(Debug, Default)]
pub(crate) struct Places {
    deadlines: Vec<u64>,
    pub(crate) entries: Vec<Place>,
    free: Option<u32>,
    pub(crate) taken: usize,
}

#[derive(Debug)]
pub(crate) enum Place {
    Taken(Entry),
    /// With the next free one.
    Free(Option<u32>),
}

/// How far one look through the table has come.
#[derive(Debug)]
pub(crate) struct Cursor {
    pub(crate) shard: usize,
    pub(crate) place: usize,
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

/// Whether there is, or may be, more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum More {
    Yes,
    No,
}

impl Places {
    #[inline]
    pub(crate) fn insert(&mut self, entry: Entry, deadline: u64) -> Option<u32> {
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
        if let Place::Free(next) = std::mem::replace(at, Place::Taken(entry)) {
            self.free = next;
        }
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

    #[inline]
    pub(crate) fn remove(&mut self, place: u32) -> Option<(Current, u32)> {
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

    pub(crate) fn due(&mut self, cursor: &mut Cursor, now: u64, found: &mut impl FnMut(&mut Entry) -> More) -> More {
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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::label::Label;
    use crate::limits::Phase;

    pub(crate) fn entry(started: u64, limit: u64) -> Entry {
        Entry {
            label: Label::named("call"),
            current: Current::default(),
            started,
            limit,
            extra: None,
            phase: Phase::Waiting,
            warned: 0,
        }
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
}
