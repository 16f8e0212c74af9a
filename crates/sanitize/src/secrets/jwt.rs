//! JSON Web Tokens (RFC 7519).

use std::ops::Range;

use tower_telemetry_semconv::percent::first_byte;

use super::{position, spelled_end_of};

/// Header and payload are JSON objects, and `{"` is `eyJ` in Base64. A token that someone has cut behind its header is one, too.
pub(super) fn find(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let mut at = from;
    while let Some(start) = position(bytes, at, b"eyJ") {
        at = spelled_end_of(bytes, start, is_base64);
        if let Some((b'.', len)) = first_byte(&bytes[at..]) {
            at += len;
            let end = spelled_end_of(bytes, at, |byte| is_base64(byte) || byte == b'.');
            // Not the dot at the end of a sentence.
            if at < end {
                return Some(start..end);
            }
        }
    }
    None
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        find(text.as_bytes(), 0).map(|range| &text[range])
    }

    #[test]
    fn tokens_are_found_wherever_they_stand() {
        let signed = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln-_";
        for text in [
            signed.to_owned(),
            format!("token={signed}&a"),
            format!("x{signed} y"),
            format!("é{signed}é"),
        ] {
            assert_eq!(found(&text), Some(signed), "{text}");
        }
        assert_eq!(
            found("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."),
            Some("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.")
        );
        assert_eq!(found("eyJh.eyJ"), Some("eyJh.eyJ"));
    }

    #[test]
    fn other_words_are_not() {
        for text in ["", "eyJ", "eyJhbGci", "eyJhbGci.", "eyj.a", "EYJ.a", "eyJ a.b", "a.b.c"] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
