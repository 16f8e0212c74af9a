//! Texts, looked at eight bytes at a time.

/// One in each byte of a word.
pub(crate) const EACH: u64 = u64::MAX / 0xff;

/// Whether `find` sets the upper bit of a byte for some word of a text.
#[inline]
pub(crate) fn any_word(text: &str, find: impl Fn(u64) -> u64 + Copy) -> bool {
    is_any(in_words(text, find))
}

/// Whether the upper bit of a byte is set.
#[inline]
pub(crate) fn is_any(found: u64) -> bool {
    found & (EACH * 0x80) != 0
}

/// What `find` makes of the words of a text, all in one.
///
/// The words are made of the text's own bytes, and some bytes are in two of them: to look at a few twice is faster than byte by byte. What is
/// shorter than a word is filled up with blanks.
#[inline]
pub(crate) fn in_words(text: &str, find: impl Fn(u64) -> u64 + Copy) -> u64 {
    let bytes = text.as_bytes();
    match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) if bytes.len() <= 16 => {
            find(u64::from_ne_bytes(*first)) | find(u64::from_ne_bytes(*last))
        }
        (Some(_), Some(last)) => find(u64::from_ne_bytes(*last)) | in_many_words(bytes, find),
        _ => find(short(bytes)),
    }
}

/// For texts of more than two words.
// Cold, so that loops over short texts keep their constants in registers.
#[cold]
#[inline(never)]
fn in_many_words(bytes: &[u8], find: impl Fn(u64) -> u64) -> u64 {
    let words = bytes.chunks_exact(8).filter_map(<[u8]>::first_chunk);
    words.fold(0, |found, word| found | find(u64::from_ne_bytes(*word)))
}

/// A word made of less than eight bytes.
#[inline]
fn short(bytes: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return u64::from(u32::from_ne_bytes(*first)) | u64::from(u32::from_ne_bytes(*last)) << 32;
    }
    let blanks = EACH * u64::from(b' ');
    match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => {
            blanks << 32 | u64::from(u16::from_ne_bytes(*first)) << 16 | u64::from(u16::from_ne_bytes(*last))
        }
        _ => bytes.first().map_or(blanks, |only| blanks << 8 | u64::from(*only)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_of_a_text_is_looked_at_and_no_other() {
        let is_at = |word: u64| {
            let other = word ^ (EACH * u64::from(b'@'));
            other.wrapping_sub(EACH) & !other
        };
        for length in 0..40 {
            let text = "a".repeat(length);
            assert!(!any_word(&text, is_at), "{length}");
            for at in 0..length {
                let text = [&text[..at], "@", &text[at + 1..]].concat();
                assert!(any_word(&text, is_at), "{text}");
            }
        }
    }
}
