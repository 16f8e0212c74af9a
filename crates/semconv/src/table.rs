//! A table of a fixed size that is only added to.

use std::sync::OnceLock;

/// How many places are looked at for an entry.
const PLACES: u64 = 8;

/// The place of the entry that is the one, if it is kept: `hash` is its hash.
///
/// A place that is taken stays taken, so that what is read needs no lock.
#[inline]
pub(crate) fn find<T>(table: &[OnceLock<T>], hash: u64, is: impl Fn(&T) -> bool) -> Option<usize> {
    // Places are taken in this order: behind one that is free, there is nothing to be found.
    let mut taken = places(table, hash).map_while(|place| Some((place, table.get(place)?.get()?)));
    taken.find_map(|(place, entry)| is(entry).then_some(place))
}

/// The same, and keeps it where it is not kept yet; `None` if there is no place for it.
#[inline]
pub(crate) fn find_or_keep<T>(
    table: &[OnceLock<T>],
    hash: u64,
    is: impl Fn(&T) -> bool,
    make: impl Fn() -> T,
) -> Option<usize> {
    places(table, hash).find(|place| table.get(*place).is_some_and(|entry| is(entry.get_or_init(&make))))
}

fn places<T>(table: &[OnceLock<T>], hash: u64) -> impl Iterator<Item = usize> + use<T> {
    let size = table.len().max(1) as u64;
    (0..PLACES).map(move |step| (hash.wrapping_add(step) % size) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_place_is_not_kept_and_takes_none() {
        let table = [const { OnceLock::new() }; 4];
        let keep = |n: u64| find_or_keep(&table, n, |kept| *kept == n, || n);
        let first: Vec<_> = (0..100).filter(|n| keep(*n).is_some()).collect();
        assert_eq!(first.len(), table.len());
        let later: Vec<_> = (0..100).filter(|n| keep(*n).is_some()).collect();
        assert_eq!(first, later);
        for n in first {
            assert_eq!(find(&table, n, |kept| *kept == n), keep(n));
        }
    }

    #[test]
    fn entries_with_the_same_hash_are_told_apart() {
        let table = [const { OnceLock::new() }; 64];
        for n in 0..PLACES {
            assert_eq!(find(&table, 7, |kept| *kept == n), None);
            let place = find_or_keep(&table, 7, |kept| *kept == n, || n).unwrap();
            assert_eq!(
                (table[place].get(), find(&table, 7, |kept| *kept == n)),
                (Some(&n), Some(place))
            );
        }
        assert_eq!(find_or_keep(&table, 7, |kept| *kept == 100, || 100), None);
    }

    #[test]
    fn an_empty_table_keeps_nothing() {
        assert_eq!(find_or_keep(&[], 7, |_: &u8| true, || 1), None);
    }
}
