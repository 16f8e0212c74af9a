//! Rules, found by their keys.

use crate::Keys;

/// Rules in the order in which they count: of those for a key, the first one does.
///
/// Most keys have no rule, and that is seen by three looks: each rule has a bit, and a key can only be one of the rule's if the bit is set
/// for its first two bytes, for its last two, and for its length.
#[derive(Debug)]
pub(crate) struct Table<T> {
    rules: Box<[(Keys, T)]>,
    /// By the first two bytes.
    firsts: [u64; 256],
    /// By the last two bytes.
    lasts: [u64; 256],
    lengths: [u64; LENGTHS],
}

/// Longer keys count as this long, less one.
const LENGTHS: usize = 64;

impl<T> Table<T> {
    pub(crate) fn new(rules: Vec<(Keys, T)>) -> Self {
        let mut table = Table {
            rules: rules.into(),
            firsts: [0; 256],
            lasts: [0; 256],
            lengths: [0; LENGTHS],
        };
        for (number, (keys, _)) in table.rules.iter().enumerate() {
            let bit = 1 << (number % 64);
            let shape = keys.shape();
            let whole = shape.most.is_some();
            for slot in slots(first_two(shape.first, whole)) {
                table.firsts[slot] |= bit;
            }
            for slot in slots(last_two(shape.last, whole)) {
                table.lasts[slot] |= bit;
            }
            let most = shape.most.unwrap_or(LENGTHS).min(LENGTHS - 1);
            for length in &mut table.lengths[shape.least.min(LENGTHS - 1)..=most] {
                *length |= bit;
            }
        }
        table
    }

    /// The rule for this key.
    #[inline]
    pub(crate) fn find(&self, key: &str) -> Option<&T> {
        match self.candidates(key.as_bytes()) {
            0 => None,
            candidates => self.find_among(candidates, key),
        }
    }

    #[inline]
    fn candidates(&self, key: &[u8]) -> u64 {
        let (first, last) = match key {
            [first, second, ..] => (slot(*first, *second), slot(key[key.len() - 2], key[key.len() - 1])),
            [only] => (slot(*only, 0), slot(0, *only)),
            [] => (slot(0, 0), slot(0, 0)),
        };
        self.firsts[first] & self.lasts[last] & self.lengths[key.len().min(LENGTHS - 1)]
    }

    #[inline(never)]
    fn find_among(&self, candidates: u64, key: &str) -> Option<&T> {
        self.rules.chunks(64).find_map(|rules| {
            let mut left = candidates;
            while left != 0 {
                if let Some((keys, rule)) = rules.get(left.trailing_zeros() as usize) {
                    if keys.contain(key) {
                        return Some(rule);
                    }
                }
                left &= left - 1;
            }
            None
        })
    }
}

/// Where two bytes stand: the same place in either case.
#[inline]
fn slot(first: u8, second: u8) -> usize {
    usize::from((first | 0x20).rotate_left(3) ^ (second | 0x20))
}

type Two = (Option<u8>, Option<u8>);

/// The first two bytes of a key that begins like this. What is missing is nothing in a whole key, and else anything.
fn first_two(text: &[u8], whole: bool) -> Two {
    let missing = whole.then_some(0);
    (text.first().copied().or(missing), text.get(1).copied().or(missing))
}

/// The last two.
fn last_two(text: &[u8], whole: bool) -> Two {
    let missing = whole.then_some(0);
    let mut last = text.iter().rev().copied();
    let second = last.next().or(missing);
    (last.next().or(missing), second)
}

/// All places that two bytes can stand at.
fn slots((first, second): Two) -> impl Iterator<Item = usize> {
    let all = |byte: Option<u8>| byte.unwrap_or(0)..=byte.unwrap_or(u8::MAX);
    // If both may be anything, so may the place.
    let anywhere = first.or(second).is_none().then_some(0..=255);
    let both = all(first).filter(move |_| first.or(second).is_some());
    let pairs = both.flat_map(move |first| all(second).map(move |second| slot(first, second)));
    anywhere.into_iter().flatten().chain(pairs)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(patterns: &[String]) -> Table<usize> {
        let rules = patterns.iter().zip(0..).map(|(pattern, n)| (Keys::from(&**pattern), n));
        Table::new(rules.collect())
    }

    #[test]
    fn most_keys_have_no_candidates() {
        let patterns = ["*password", "*secret", "*token", "exception.message", "user.id", ""];
        let table = table(&patterns.map(str::to_owned));
        for key in [
            "http.request.method",
            "url.path",
            "http.route",
            "server.port",
            "error.type",
        ] {
            assert_eq!(table.candidates(key.as_bytes()), 0, "{key}");
        }
        assert_eq!(table.find("DB.Password"), Some(&0));
        assert_eq!(table.find(""), Some(&5));
    }

    #[test]
    fn many_rules_keep_their_order() {
        let patterns: Vec<_> = (0..200).map(|n| format!("{}*", "k".repeat(200 - n))).collect();
        let table = table(&patterns);
        for length in 1..=200 {
            assert_eq!(table.find(&"K".repeat(length)), Some(&(200 - length)));
        }
    }

    proptest! {
        #[test]
        fn the_first_rule_that_fits_is_found(
            patterns in prop::collection::vec("[aB.]{0,3}\\*?[Ab.]{0,3}\\*?[a-cé]{0,2}", 0..90),
            keys in prop::collection::vec("[abAB.é]{0,5}", 20),
        ) {
            let table = table(&patterns);
            for key in keys {
                let first = patterns.iter().position(|pattern| Keys::from(&**pattern).contain(&key));
                prop_assert_eq!(table.find(&key), first.as_ref(), "{:?}", key);
            }
        }
    }
}
