//! Keys of Amazon Web Services.

use std::ops::Range;

use super::end_of;

/// What the ids of access keys and of other things that may be secret begin with.
const PREFIXES: [&[u8; 4]; 9] = [
    b"ABIA", b"ACCA", b"AGPA", b"AIDA", b"AIPA", b"AKIA", b"ANPA", b"AROA", b"ASIA",
];

/// The characters of an id.
const ID: usize = 20;
/// The characters of a secret access key.
const SECRET: usize = 40;

/// An id, and whatever follows that could be part of it.
pub(super) fn find_id(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let starts = |window: &[u8]| PREFIXES.iter().any(|prefix| window.starts_with(*prefix));
    let part = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    words(bytes, from, part).find_map(|word| {
        let start = bytes[word.clone()].windows(ID).position(starts)?;
        Some(word.start + start..word.end)
    })
}

/// A word as long as a secret access key, and as mixed as one nearly always is.
pub(super) fn find_secret(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    words(bytes, from, part).find(|word| {
        let word = &bytes[word.clone()];
        word.len() == SECRET
            && word.iter().any(u8::is_ascii_lowercase)
            && word.iter().any(u8::is_ascii_uppercase)
            && word.iter().any(u8::is_ascii_digit)
    })
}

/// The longest words of these bytes, one after the other.
fn words(bytes: &[u8], from: usize, part: impl Fn(u8) -> bool + Copy) -> impl Iterator<Item = Range<usize>> {
    let mut at = from;
    std::iter::from_fn(move || {
        let start = end_of(bytes, at, |byte| !part(byte));
        at = end_of(bytes, start, part);
        (start < at).then_some(start..at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        let found = find_id(text.as_bytes(), 0).or_else(|| find_secret(text.as_bytes(), 0));
        found.map(|range| &text[range])
    }

    #[test]
    fn keys_are_found() {
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        assert_eq!(found(&format!("aws_secret_access_key={secret}")), Some(secret));
        assert_eq!(found(&format!("é {secret}\n")), Some(secret));
        for prefix in PREFIXES {
            let id = format!("{}IOSFODNN7EXAMPLE", String::from_utf8_lossy(prefix));
            assert_eq!(found(&format!("key:{id}.")), Some(&*id));
            assert_eq!(found(&format!("key{id}y {id}")), Some(&*id));
            assert_eq!(found(&format!("X{id}7")), Some(&*format!("{id}7")));
        }
    }

    #[test]
    fn other_words_are_not() {
        for text in [
            "",
            "AKIAIOSFODNN7EXAMPL",
            "AKIAIOSFODNN7EXAMPLe",
            "AKIBIOSFODNN7EXAMPLE",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEYS",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
