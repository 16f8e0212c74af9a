//! A fast hash for tables of a fixed size.

/// 2^64 divided by the golden ratio.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// Eight bytes at a time. It is easy to find texts with the same hash: of such, a table must become neither larger nor slower.
#[inline]
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let mut hash = (bytes.len() as u64).wrapping_mul(FACTOR);
    let mut mix = |word: u64| {
        // Both halves: the lower one alone knows little of the upper bits.
        let product = u128::from(hash ^ word) * u128::from(FACTOR);
        hash = product as u64 ^ (product >> 64) as u64;
    };
    for word in bytes.chunks_exact(8) {
        mix(u64::from_le_bytes(word.try_into().unwrap_or_default()));
    }
    match bytes.last_chunk() {
        // In part for the second time, which is faster than byte by byte.
        Some(last) => mix(u64::from_le_bytes(*last)),
        None => mix(bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte))),
    }
    hash
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_byte_and_the_length_count() {
        let mut hashes = HashSet::new();
        for len in 0..40 {
            let mut bytes = vec![0; len];
            assert!(hashes.insert(hash(&bytes)), "{len}");
            for at in 0..len {
                bytes[at] = 1;
                assert!(hashes.insert(hash(&bytes)), "{at} of {len}");
                bytes[at] = 0;
            }
        }
    }

    #[test]
    fn texts_that_are_alike_are_spread() {
        let slots: HashSet<_> = (0..64).map(|n| hash(format!("/users/{n}").as_bytes()) % 1024).collect();
        assert!(slots.len() > 56, "{}", slots.len());
    }
}
