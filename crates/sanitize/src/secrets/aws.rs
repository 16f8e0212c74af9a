//! Keys of Amazon Web Services.

use std::ops::Range;

use tower_telemetry_semconv::percent::first_byte;

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
    let mut at = from;
    while at < bytes.len() {
        let start = end_of(bytes, at, |byte| !part(byte));
        at = end_of(bytes, start, part);
        if let Some(id) = bytes[start..at].windows(ID).position(starts) {
            return Some(start + id..at);
        }
    }
    None
}

/// A word as long as a secret access key, and as mixed as one nearly always is. Its slashes may be percent-encoded.
pub(super) fn find_secret(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let mut at = from;
    let mut word = Word::default();
    let mut start = from;
    loop {
        let next = first_byte(&bytes[at..]);
        match next {
            Some((byte, _)) if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/') => word.push(byte),
            _ if word.may_be_secret() => return Some(start..at),
            _ => word = Word::default(),
        }
        at += next?.1;
        if word.len == 0 {
            start = at;
        }
    }
}

/// What a word is made of.
#[derive(Default)]
struct Word {
    len: usize,
    has_lower: bool,
    has_upper: bool,
    has_digit: bool,
}

impl Word {
    fn push(&mut self, byte: u8) {
        self.len += 1;
        self.has_lower |= byte.is_ascii_lowercase();
        self.has_upper |= byte.is_ascii_uppercase();
        self.has_digit |= byte.is_ascii_digit();
    }

    fn may_be_secret(&self) -> bool {
        self.len == SECRET && self.has_lower && self.has_upper && self.has_digit
    }
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
