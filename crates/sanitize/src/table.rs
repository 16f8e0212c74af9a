//! Rules, found by their keys.

use crate::Keys;

/// Rules in the order in which they count: of those for a key, the first one does.
///
/// Most keys have no rule, and of those that are shorter than any rule's that does not say how its keys end, that is seen by one look at the last
/// two bytes. For the others each rule has a bit, and a key can only be one of its keys if the bit is set for the last four bytes; the same is asked of
/// four bytes in the middle and of the first four.
#[derive(Debug)]
pub(crate) struct Table<T> {
    rules: Box<[(Keys, T)]>,
    firsts: [u64; SLOTS],
    /// By four bytes further on, where names that begin alike are told apart.
    middles: [u64; SLOTS],
    lasts: [u64; SLOTS],
    /// Whether some rule's keys end with these two bytes.
    ends: [bool; ENDS],
    /// The rules for keys that end in any way.
    open: u64,
    /// The fewest bytes of a key that one of them is for.
    open_from: usize,
    /// The rules that are for keys of less than four bytes, too.
    short: u64,
}

/// Where the four bytes in the middle stand.
const MIDDLE: usize = 12;

/// The places that four bytes are spread over.
const SLOTS: usize = 256;

/// Of each of the last two bytes, the bits in which letters differ, whatever their case.
const END: u16 = 0x1f1f;

/// As many as there are of them.
const ENDS: usize = END as usize + 1;

impl<T> Table<T> {
    pub(crate) fn new(rules: Vec<(Keys, T)>) -> Self {
        let mut table = Table {
            rules: rules.into(),
            firsts: [0; SLOTS],
            middles: [0; SLOTS],
            lasts: [0; SLOTS],
            ends: [false; ENDS],
            open: 0,
            open_from: usize::MAX,
            short: 0,
        };
        for (number, (keys, _)) in table.rules.iter().enumerate() {
            let bit = 1 << (number % 64);
            let shape = keys.shape();
            for slot in slots(shape.first.first_chunk()) {
                table.firsts[slot] |= bit;
            }
            // One key that has no middle is none of those that have one.
            if middle(shape.first).is_some() || !shape.whole {
                for slot in slots(middle(shape.first)) {
                    table.middles[slot] |= bit;
                }
            }
            if shape.least < 4 {
                table.short |= bit;
            }
            match shape.last.last_chunk() {
                Some(last) => {
                    table.lasts[slot(last)] |= bit;
                    table.ends[end(last)] = true;
                }
                None if shape.whole => {}
                None => {
                    table.open |= bit;
                    table.open_from = table.open_from.min(shape.least);
                }
            }
        }
        table
    }

    /// The rule for this key.
    #[inline]
    pub(crate) fn find(&self, key: &str) -> Option<&T> {
        match self.candidates(key) {
            0 => None,
            candidates => self.find_among(candidates, key),
        }
    }

    /// The rules that may be for this key, a bit for each of them, or for each of those that share it: by its end and its middle.
    #[inline(always)]
    pub(crate) fn candidates(&self, key: &str) -> u64 {
        let key = key.as_bytes();
        let Some(last) = key.last_chunk() else {
            return self.short;
        };
        if key.len() < self.open_from {
            return match self.ends[end(last)] {
                true => self.by_middle(self.lasts[slot(last)], key),
                false => 0,
            };
        }
        self.by_middle(self.open | self.lasts[slot(last)], key)
    }

    #[inline(always)]
    fn by_middle(&self, candidates: u64, key: &[u8]) -> u64 {
        match middle(key) {
            Some(middle) => candidates & self.middles[slot(middle)],
            None => candidates,
        }
    }

    /// Those among these that may be for this key by its beginning, too.
    fn at_the_beginning(&self, candidates: u64, key: &str) -> u64 {
        match key.as_bytes().first_chunk() {
            Some(first) => candidates & self.firsts[slot(first)],
            None => candidates,
        }
    }

    /// The bits of the rules of which this is true.
    #[cfg(feature = "opentelemetry")]
    pub(crate) fn bits(&self, of: impl Fn(&T) -> bool) -> u64 {
        let rules = self.rules.iter().enumerate();
        let bit = |(number, (_, rule)): (usize, &(Keys, T))| u64::from(of(rule)) << (number % 64);
        rules.map(bit).fold(0, |bits, bit| bits | bit)
    }

    /// The rule for this key, which is one of these.
    #[cold]
    #[inline(never)]
    pub(crate) fn find_among(&self, candidates: u64, key: &str) -> Option<&T> {
        let candidates = self.at_the_beginning(candidates, key);
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
#[inline(always)]
fn middle(key: &[u8]) -> Option<&[u8; 4]> {
    let through: &[u8; MIDDLE + 4] = key.first_chunk()?;
    through.last_chunk()
}

/// With this factor no attribute of the semantic conventions for HTTP and RPC stands where one of the default rules does that is not for it,
/// and their [places](spread) differ.
const FACTOR: u32 = 0x191d_d1e9;

/// Where four bytes stand: the same place in either case.
#[inline]
fn slot(bytes: &[u8; 4]) -> usize {
    spread(bytes) as usize >> 24
}

/// Where the last two of these bytes stand.
#[inline(always)]
fn end([.., one, last]: &[u8; 4]) -> usize {
    usize::from(u16::from_le_bytes([*one, *last]) & END)
}

/// Four bytes, spread over the upper bits.
#[inline]
pub(crate) fn spread(bytes: &[u8; 4]) -> u32 {
    (u32::from_le_bytes(*bytes) | 0x2020_2020).wrapping_mul(FACTOR)
}

/// The places of all keys with these four bytes. Where a pattern has fewer, that is anywhere.
fn slots(bytes: Option<&[u8; 4]>) -> std::ops::RangeInclusive<usize> {
    match bytes {
        Some(bytes) => slot(bytes)..=slot(bytes),
        None => 0..=SLOTS - 1,
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
            assert_eq!(rules.candidates(key), 0, "{key}");
        }
        for key in ["url.full", "url.path", "url.query"] {
            assert!(rules.find(key).is_some(), "{key}");
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
            patterns in prop::collection::vec("(aB.aB.aB.aB.a)?[aB.]{0,3}\\*?[Ab.]{0,3}\\*?[a-cé]{0,2}", 0..90),
            keys in prop::collection::vec("(AB.ab.aB.Ab.a)?[abAB.é]{0,5}", 20),
        ) {
            let table = table(&patterns);
            for key in keys {
                let first = patterns.iter().position(|pattern| Keys::from(&**pattern).contain(&key));
                prop_assert_eq!(table.find(&key), first.as_ref(), "{:?}", key);
            }
        }
    }
}
