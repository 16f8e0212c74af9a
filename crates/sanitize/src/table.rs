//! Rules, found by their keys.

use crate::Keys;

/// Rules in the order in which they count: of those for a key, the first one does.
///
/// Most keys have no rule, and that is seen by three looks: each rule has a bit, and a key can only be one of the rule's if the bit is set
/// for its first four bytes, for its last four, and for its length.
#[derive(Debug)]
pub(crate) struct Table<T> {
    rules: Box<[(Keys, T)]>,
    firsts: [u64; SLOTS],
    /// By four bytes further on, where names that begin alike are told apart.
    middles: [u64; SLOTS],
    lasts: [u64; SLOTS],
    lengths: [u64; LENGTHS],
}

/// Where the four bytes in the middle stand.
const MIDDLE: usize = 12;

/// The places that four bytes are spread over.
pub(crate) const SLOTS: usize = 256;

/// Longer keys count as this long, less one.
const LENGTHS: usize = 64;

impl<T> Table<T> {
    pub(crate) fn new(rules: Vec<(Keys, T)>) -> Self {
        let mut table = Table {
            rules: rules.into(),
            firsts: [0; SLOTS],
            middles: [0; SLOTS],
            lasts: [0; SLOTS],
            lengths: [0; LENGTHS],
        };
        for (number, (keys, _)) in table.rules.iter().enumerate() {
            let bit = 1 << (number % 64);
            let shape = keys.shape();
            let whole = shape.most.is_some();
            for slot in slots(shape.first.first_chunk(), shape.first, whole) {
                table.firsts[slot] |= bit;
            }
            for slot in slots(middle(shape.first), &[], false) {
                table.middles[slot] |= bit;
            }
            for slot in slots(shape.last.last_chunk(), shape.last, whole) {
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
        match self.candidates(last_slot(key), key) {
            0 => None,
            candidates => self.find_among(candidates, key),
        }
    }

    /// The rules that may be for this key, a bit for each of them, or for each of those that share it.
    #[inline]
    pub(crate) fn candidates(&self, last: usize, key: &str) -> u64 {
        match self.lasts[last % SLOTS] & self.lengths[key.len().min(LENGTHS - 1)] {
            0 => 0,
            candidates => candidates & self.by_start(key.as_bytes()),
        }
    }

    fn by_start(&self, key: &[u8]) -> u64 {
        let first = key.first_chunk().map_or_else(|| short_slot(key), slot);
        let middle = middle(key).map_or(u64::MAX, |middle| self.middles[slot(middle)]);
        self.firsts[first] & middle
    }

    /// The bits of the rules of which this is true.
    #[cfg(feature = "opentelemetry")]
    pub(crate) fn bits(&self, of: impl Fn(&T) -> bool) -> u64 {
        let rules = self.rules.iter().enumerate();
        let bit = |(number, (_, rule)): (usize, &(Keys, T))| u64::from(of(rule)) << (number % 64);
        rules.map(bit).fold(0, |bits, bit| bits | bit)
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

/// The four bytes in the middle.
fn middle(key: &[u8]) -> Option<&[u8; 4]> {
    key.get(MIDDLE..)?.first_chunk()
}

/// Where the last four bytes of a key stand.
#[inline]
pub(crate) fn last_slot(key: &str) -> usize {
    let key = key.as_bytes();
    key.last_chunk().map_or_else(|| short_slot(key), slot)
}

/// With this factor no attribute of the semantic conventions for HTTP and RPC stands where one of the default rules does that is not for it.
const FACTOR: u32 = 0x91b7_584b;

/// Where four bytes stand: the same place in either case.
#[inline]
fn slot(bytes: &[u8; 4]) -> usize {
    let folded = u32::from_le_bytes(*bytes) | 0x2020_2020;
    folded.wrapping_mul(FACTOR) as usize >> 24
}

/// Where a key of less than four bytes stands.
#[cold]
fn short_slot(key: &[u8]) -> usize {
    let mut bytes = [0; 4];
    bytes.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    slot(&bytes)
}

/// The places of all keys with these four bytes at an end. Where a pattern has fewer, that is anywhere, unless it is a key itself.
fn slots(bytes: Option<&[u8; 4]>, text: &[u8], whole: bool) -> std::ops::RangeInclusive<usize> {
    match (bytes, whole) {
        (Some(bytes), _) => slot(bytes)..=slot(bytes),
        (None, true) => short_slot(text)..=short_slot(text),
        (None, false) => 0..=SLOTS - 1,
    }
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
        let policy = crate::Sanitizer::default();
        let rules = &policy.0.rules;
        for key in [
            "client.address",
            "error.type",
            "http.request.method",
            "http.response.status_code",
            "http.route",
            "network.peer.address",
            "network.peer.port",
            "network.protocol.version",
            "rpc.method",
            "rpc.response.status_code",
            "rpc.system.name",
            "server.address",
            "server.port",
            "url.scheme",
            "user_agent.original",
        ] {
            assert_eq!(rules.candidates(last_slot(key), key), 0, "{key}");
        }
        for key in ["url.full", "url.path", "url.query"] {
            assert_eq!(rules.candidates(last_slot(key), key).count_ones(), 1, "{key}");
        }
        assert!(rules.find("DB.Password").is_some() && rules.find("").is_some());
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
