//! Percent-encoding (RFC 3986, section 2.1), as it is met in what nobody has parsed.

use std::iter;

/// The byte that a text begins with, decoded as often as it was encoded, and how many bytes that takes. A `%` that encodes nothing stands for
/// itself.
///
/// A link that is a value in another link is encoded twice, so that its `=` is `%3D` or `%253D`.
///
/// ```
/// use tower_telemetry_semconv::percent::first_byte;
///
/// assert_eq!(first_byte(b"a%3D"), Some((b'a', 1)));
/// assert_eq!(first_byte(b"%3Db"), Some((b'=', 3)));
/// assert_eq!(first_byte(b"%253Db"), Some((b'=', 5)));
/// assert_eq!(first_byte(b"%b"), Some((b'%', 1)));
/// ```
#[inline]
pub fn first_byte(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [b'%', encoded @ ..] => Some(decoded(encoded)),
        [byte, ..] => Some((*byte, 1)),
        [] => None,
    }
}

/// What stands behind a `%`.
fn decoded(encoded: &[u8]) -> (u8, usize) {
    let mut at = 0;
    while encoded[at..].starts_with(b"25") {
        at += 2;
    }
    let digit = |at: usize| char::from(*encoded.get(at)?).to_digit(16);
    match (digit(at), digit(at + 1)) {
        (Some(high), Some(low)) => ((high << 4 | low) as u8, at + 3),
        _ => (b'%', at + 1),
    }
}

/// All bytes of a text, decoded in the same way.
pub fn bytes(text: &[u8]) -> impl Iterator<Item = u8> {
    let mut left = text;
    iter::from_fn(move || {
        let (byte, len) = first_byte(left)?;
        left = &left[len..];
        Some(byte)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_decoded_as_often_as_they_were_encoded() {
        let rows = [
            ("a", b'a', 1),
            ("%61b", b'a', 3),
            ("%C3", 0xc3, 3),
            ("%2525613", b'a', 7),
            ("%25", b'%', 3),
            ("%2525", b'%', 5),
            ("%252", b'%', 3),
            ("%6", b'%', 1),
            ("%g1", b'%', 1),
        ];
        for (text, first, len) in rows {
            assert_eq!(first_byte(text.as_bytes()), Some((first, len)), "{text}");
        }
        assert_eq!(first_byte(b""), None);
    }

    #[test]
    fn a_text_is_the_same_in_any_spelling() {
        for text in ["s\u{e9}g", "s%c3%A9g", "%73%C3%a9%67", "s\u{e9}%252567"] {
            assert!(bytes(text.as_bytes()).eq("s\u{e9}g".bytes()), "{text}");
        }
        assert!(bytes(b"").next().is_none() && bytes(b"%25%2").eq(*b"%%2"));
    }
}
