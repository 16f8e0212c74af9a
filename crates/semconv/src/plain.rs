//! Texts that need no second look.

use crate::words::{EACH, in_words, is_any};

/// Whether a text is made of printable ASCII alone: then it is clean, whatever its length.
#[inline]
pub fn is_plain(text: &str) -> bool {
    let mut all = AllPlain::default();
    all.and(text);
    all.are()
}

/// Whether many texts are all [plain](is_plain): to add them up and to ask once is cheaper than to ask each time.
///
/// ```
/// use tower_telemetry_semconv::text::AllPlain;
///
/// let mut all = AllPlain::default();
/// all.and("GET");
/// assert!(all.are());
/// all.and("a\nb");
/// assert!(!all.are());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct AllPlain(u64);

impl AllPlain {
    /// Adds a text.
    #[inline]
    pub fn and(&mut self, text: &str) {
        // Below a space the difference is negative, and above a tilde the sum has the upper bit. What is carried from one byte to the next
        // comes from a byte that is found itself; no byte of UTF-8 is 0xff, which alone would be lost.
        self.0 |= in_words(text, |word| word.wrapping_sub(EACH * 0x20) | word.wrapping_add(EACH));
    }

    /// Whether all that were added are plain.
    #[inline]
    pub fn are(self) -> bool {
        !is_any(self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_is_printable_ascii() {
        for len in 0..40 {
            let plain = "~".repeat(len);
            assert!(is_plain(&plain) && is_plain(&plain.replace('~', " ")));
            for at in 0..len {
                for other in ["\0", "\u{1f}", "\u{7f}", "\u{80}", "é", "\u{10ffff}"] {
                    let text = [&plain[..at], other, &plain[at..]].concat();
                    assert!(!is_plain(&text), "{text:?}");
                    assert!(!is_plain(&text.replace('~', " ")), "{text:?}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn texts_are_plain_if_all_their_bytes_are(texts in prop::collection::vec("[ -~]{0,20}[\u{1f}-\u{80}]?", 0..4)) {
            let mut all = AllPlain::default();
            texts.iter().for_each(|text| all.and(text));
            let is_plain = |text: &String| text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
            prop_assert_eq!(all.are(), texts.iter().all(is_plain), "{:?}", texts);
        }
    }
}
