//! The keyed hash.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::InvalidPolicy;

/// The fewest bytes of a key. Any shorter one can be found by trying.
const MIN_KEY: usize = 16;

/// The secret that hashes are made with.
///
/// A hash is HMAC-SHA-256 ([RFC 2104](https://www.rfc-editor.org/rfc/rfc2104)) of the value's bytes: its first 128 bits, in lower-case hex. The same
/// value and key give the same hash in every process, build and architecture, so that what belongs to one user can be found by anyone who
/// has the key and the user's id, and by nobody else. A hash is not anonymous: whoever has the key can try ids.
///
/// # Rotation
///
/// With a new key every hash is a new one, and nothing links it to the old. So rotate on a boundary that you can explain (a month, a
/// tenant), keep the old key as long as data with its hashes is kept and has to be searched, and hash the id that you look for with each
/// key of the time. To make data of a time unlinkable for good, destroy its key. Use one key for each environment and tenant that must not be
/// linked.
///
/// ```
/// use tower_telemetry_sanitize::HashKey;
///
/// let key = HashKey::new("a key of at least 16 bytes")?;
/// assert_eq!(key.hash("user-42"), "c68c263d8674cf1f6fa2286e6b5104da");
/// assert!(HashKey::new("").is_err());
/// # Ok::<(), tower_telemetry_sanitize::InvalidPolicy>(())
/// ```
#[derive(Clone)]
pub struct HashKey(Hmac<Sha256>);

impl HashKey {
    /// This key: any secret bytes, 16 of them or more. 32 random bytes are best.
    ///
    /// # Errors
    ///
    /// When it is shorter, and so when it is empty. There is no hash without a key.
    pub fn new(key: impl AsRef<[u8]>) -> Result<Self, InvalidPolicy> {
        let key = key.as_ref();
        match Hmac::new_from_slice(key) {
            Ok(hmac) if key.len() >= MIN_KEY => Ok(HashKey(hmac)),
            _ => Err(InvalidPolicy::ShortHashKey { bytes: key.len() }),
        }
    }

    /// The key in this environment variable: its bytes as they are, without blanks around them (`openssl rand -hex 32` makes a good one).
    ///
    /// # Errors
    ///
    /// When the variable is not set, not UTF-8, or too short.
    pub fn from_env(variable: &str) -> Result<Self, InvalidPolicy> {
        match std::env::var(variable) {
            Ok(key) => Self::new(key.trim()),
            Err(_) => Err(InvalidPolicy::NoHashKeyIn(variable.into())),
        }
    }

    /// The hash of a value: 32 digits.
    pub fn hash(&self, value: &str) -> String {
        let digest = self.digest(value);
        let digits = digest[..16].iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        digits
            .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
            .collect()
    }

    /// The group that a value is in, of so many.
    pub(crate) fn group(&self, value: &str, groups: u32) -> u64 {
        let number = self
            .digest(value)
            .last_chunk()
            .map_or(0, |last| u64::from_be_bytes(*last));
        // With 2^64 numbers for at most 2^32 groups, none is visibly larger.
        number % u64::from(groups.max(1))
    }

    fn digest(&self, value: &str) -> [u8; 32] {
        self.0.clone().chain_update(value).finalize().into_bytes().into()
    }
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_beginning_of_hmac_sha_256() {
        // RFC 4231, test case 6: a key longer than a block.
        let key = HashKey::new([0xaa; 131]).unwrap();
        let hash = key.hash("Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(hash, "60e431591ee0b67f0d8a26aacbf5b77f");
        // Test case 1: a key of 20 bytes.
        assert_eq!(
            HashKey::new([0x0b; 20]).unwrap().hash("Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b"
        );
    }

    #[test]
    fn keys_that_are_missing_or_short_are_errors() {
        for key in ["", "short", "fifteen bytes .."].map(|key| &key[..key.len().min(15)]) {
            assert_eq!(
                HashKey::new(key).map(|_| ()),
                Err(InvalidPolicy::ShortHashKey { bytes: key.len() })
            );
        }
        assert!(HashKey::from_env("NO_SUCH_VARIABLE_FOR_A_HASH_KEY").is_err());
        assert!(HashKey::from_env("PATH").is_ok_and(|key| key.hash("") != key.hash("a")));
    }

    #[test]
    fn a_key_is_not_shown() {
        let key = HashKey::new("a secret of many bytes").unwrap();
        assert_eq!(format!("{key:?}"), "HashKey(..)");
    }

    #[test]
    fn another_key_makes_another_hash_and_another_group() {
        let [old, new] = ["key of the old month", "key of the new month"].map(|key| HashKey::new(key).unwrap());
        assert_ne!(old.hash("user-1"), new.hash("user-1"));
        let moved = (0..100).filter(|n| {
            let user = format!("user-{n}");
            old.group(&user, 1000) != new.group(&user, 1000)
        });
        assert!(moved.count() > 90);
    }

    #[test]
    fn groups_are_of_about_the_same_size() {
        let key = HashKey::new([7; 32]).unwrap();
        let mut sizes = [0; 10];
        for n in 0..10_000 {
            sizes[usize::try_from(key.group(&n.to_string(), 10)).unwrap()] += 1;
        }
        assert!(sizes.iter().all(|size| (850..1150).contains(size)), "{sizes:?}");
    }
}
