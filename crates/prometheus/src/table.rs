//! A table that is only added to, and read without locks.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// How many places are looked at for an entry.
const PLACES: usize = 64;

/// A table with room for so many entries, which stay.
pub(crate) struct Table<V> {
    slots: Box<[OnceLock<Box<Entry<V>>>]>,
    most: usize,
    entries: Mutex<usize>,
    full: AtomicBool,
}

/// On cache lines of its own: what is beside it on the heap is written all the time by the thread that made it.
#[repr(align(128))]
struct Entry<V> {
    hash: u64,
    value: V,
}

/// Where an entry is. It stays there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct At(u32);

impl<V> Table<V> {
    /// For so many entries, at least one and at most a million.
    pub(crate) fn new(most: usize) -> Self {
        let most = most.clamp(1, 1 << 20);
        Table {
            slots: (0..(2 * most).next_power_of_two()).map(|_| OnceLock::new()).collect(),
            most,
            entries: Mutex::new(0),
            full: AtomicBool::new(false),
        }
    }

    /// The entry with this hash of which `is` is true.
    #[inline(always)]
    pub(crate) fn find(&self, hash: u64, is: impl Fn(&V) -> bool) -> Option<At> {
        let mask = self.slots.len() - 1;
        for step in 0..PLACES {
            let at = (spread(hash) + step) & mask;
            // Places are taken in this order and never given back: behind a free one there is nothing.
            let entry = self.slots.get(at)?.get()?;
            if entry.hash == hash && is(&entry.value) {
                return Some(At(at as u32));
            }
        }
        None
    }

    /// The same, and if there is none, a new one, if there is room, and `make` has one.
    #[inline(always)]
    pub(crate) fn find_or_add(
        &self,
        hash: u64,
        is: impl Fn(&V) -> bool,
        make: impl FnOnce() -> Option<V>,
    ) -> Option<At> {
        match self.find(hash, &is) {
            Some(at) => Some(at),
            None if self.full.load(Ordering::Relaxed) => None,
            None => self.add(hash, is, make),
        }
    }

    #[cold]
    fn add(&self, hash: u64, is: impl Fn(&V) -> bool, make: impl FnOnce() -> Option<V>) -> Option<At> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have been faster.
        if let Some(at) = self.find(hash, is) {
            return Some(at);
        }
        if *entries == self.most {
            self.full.store(true, Ordering::Relaxed);
            return None;
        }
        let mask = self.slots.len() - 1;
        let mut places = (0..PLACES).map(|step| (spread(hash) + step) & mask);
        let free = places.find(|at| self.slots[*at].get().is_none())?;
        let value = make()?;
        self.slots[free].get_or_init(|| Box::new(Entry { hash, value }));
        *entries += 1;
        Some(At(free as u32))
    }

    #[inline]
    pub(crate) fn get(&self, At(at): At) -> Option<&V> {
        let entry = self.slots.get(at as usize)?.get()?;
        Some(&entry.value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &V> {
        self.slots.iter().filter_map(|slot| Some(&slot.get()?.value))
    }
}

/// The upper bits of a product know most of what was multiplied.
#[inline]
fn spread(hash: u64) -> usize {
    (hash >> 40) as usize
}

/// 2^64 divided by the golden ratio.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

impl At {
    /// A word to be [mixed](mix) into a hash.
    #[inline]
    pub(crate) fn word(self) -> u64 {
        self.0.into()
    }
}

/// Goes on from a hash with one more word.
///
/// It is easy to find words with the same hash: the table then refuses, rather than to become slow.
#[inline(always)]
pub(crate) fn mix(hash: u64, word: u64) -> u64 {
    (hash.rotate_left(26) ^ word).wrapping_mul(FACTOR)
}

/// The hash of a text: eight bytes at a time.
#[inline(always)]
pub(crate) fn hash_text(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut hash = bytes.len() as u64;
    for word in bytes.chunks_exact(8) {
        hash = mix(hash, u64::from_le_bytes(word.try_into().unwrap_or_default()));
    }
    match bytes.last_chunk() {
        // In part for the second time, which is faster than byte by byte.
        Some(last) => mix(hash, u64::from_le_bytes(*last)),
        None => mix(hash, bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte))),
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn add(table: &Table<u64>, number: u64) -> Option<At> {
        table.find_or_add(mix(0, number), |known| *known == number, || Some(number))
    }

    #[test]
    fn an_entry_is_made_once_and_stays_where_it_is() {
        let table = Table::new(10);
        let at = add(&table, 7).expect("room");
        assert_eq!(add(&table, 7), Some(at));
        assert_eq!(
            table.find_or_add(mix(0, 7), |known| *known == 7, || unreachable!()),
            Some(at)
        );
        assert_eq!((table.get(at), table.iter().count()), (Some(&7), 1));
    }

    #[test]
    fn there_is_room_for_just_as_many_as_was_said() {
        let table = Table::new(1000);
        let kept = (0..10_000).filter(|number| add(&table, *number).is_some()).count();
        assert_eq!((kept, table.iter().count()), (1000, 1000));
        assert!(add(&table, 0).is_some(), "who is in stays in");
    }

    #[test]
    fn entries_with_one_hash_are_told_apart_until_they_are_too_many() {
        let table = Table::new(1000);
        let add = |number: u64| table.find_or_add(1, |known| *known == number, || Some(number));
        assert_eq!((0..1000).filter(|number| add(*number).is_some()).count(), PLACES);
    }

    #[test]
    fn threads_that_add_the_same_get_the_same() {
        let table = Table::new(100);
        let places = thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (0..200).map(|number| add(&table, number)).collect::<Vec<_>>()))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().expect("places"))
                .collect::<Vec<_>>()
        });
        assert_eq!(table.iter().count(), 100);
        for number in 0..200 {
            let mut said = places.iter().filter_map(|places| places[number]);
            let first = said.next();
            assert!(said.all(|at| Some(at) == first));
        }
    }

    #[test]
    fn texts_have_hashes_of_their_own() {
        let texts = ["", "a", "b", "ab", "/users/{id}", "/users/{id}/", "/user/{id}s"];
        let hashes: std::collections::HashSet<_> = texts.iter().map(|text| hash_text(text)).collect();
        assert_eq!(hashes.len(), texts.len());
    }
}
