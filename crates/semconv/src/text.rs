//! Text that is safe to write down.

use std::borrow::Cow;

pub use crate::limit::Limit;
pub use crate::plain::{AllPlain, is_plain};

/// The most bytes of one recorded text.
pub const MAX_TEXT: usize = 1024;

/// Makes a text safe to record: one line, nothing invisible that steers a terminal, at most [`MAX_TEXT`] bytes.
///
/// Control characters (C0, DEL, C1), the line and paragraph separators U+2028 and U+2029, and the characters that turn the writing
/// direction are escaped as Rust escapes them: `\n`, `\u{1b}`. What is too long is cut, between two characters and never within an
/// escape; there is no mark at the cut. A text that is clean already is borrowed, so cleaning twice changes nothing. The backslash itself
/// is not escaped: the result is for reading, not for decoding.
///
/// ```
/// use tower_telemetry_semconv::text::clean;
///
/// assert_eq!(clean("curl/8.5"), "curl/8.5");
/// assert_eq!(clean("a\r\nb\u{1b}[31m"), r"a\r\nb\u{1b}[31m");
/// ```
pub fn clean(text: &str) -> Cow<'_, str> {
    clean_to(text, MAX_TEXT)
}

/// [`clean`] for bytes that may not be UTF-8, such as a header's: each byte that is part of no character becomes `\xNN`.
///
/// ```
/// use tower_telemetry_semconv::text::clean_bytes;
///
/// assert_eq!(clean_bytes(b"caf\xe9"), r"caf\xe9");
/// ```
pub fn clean_bytes(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return clean(text);
    }
    let mut cleaned = Cleaned::new(Limit::Bytes(MAX_TEXT));
    for chunk in bytes.utf8_chunks() {
        cleaned.push(chunk.valid());
        for byte in chunk.invalid() {
            cleaned.push_piece(format_args!("\\x{byte:02x}"));
        }
        if cleaned.full {
            break;
        }
    }
    Cow::Owned(cleaned.text)
}

/// [`clean`] for a text that is given away.
pub(crate) fn clean_owned(text: String) -> String {
    match clean(&text) {
        Cow::Borrowed(clean) if clean.len() == text.len() => text,
        clean => clean.into_owned(),
    }
}

/// [`clean`] with another limit.
pub(crate) fn clean_to(text: &str, max: usize) -> Cow<'_, str> {
    clean_within(text, Limit::Bytes(max)).text
}

/// What [`clean_within`] makes of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clean<'a> {
    /// The text: borrowed, unless something had to be escaped.
    pub text: Cow<'a, str>,
    /// Whether there was more of it.
    pub is_cut: bool,
}

/// [`clean`] with another limit, telling whether the text was cut.
///
/// ```
/// use tower_telemetry_semconv::text::{Limit, clean_within};
///
/// let clean = clean_within("Amélie", Limit::Chars(3));
/// assert_eq!((&*clean.text, clean.is_cut), ("Amé", true));
/// ```
pub fn clean_within(text: &str, limit: Limit) -> Clean<'_> {
    let kept = limit.cut(text);
    let is_cut = kept.len() < text.len();
    if is_plain(kept) || !kept.contains(is_unsafe) {
        let text = Cow::Borrowed(kept);
        return Clean { text, is_cut };
    }
    let mut cleaned = Cleaned::new(limit);
    cleaned.push(kept);
    Clean {
        is_cut: is_cut || cleaned.full,
        text: Cow::Owned(cleaned.text),
    }
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// A text under construction that takes whole characters and escapes until it is full.
struct Cleaned {
    text: String,
    limit: Limit,
    taken: usize,
    full: bool,
}

impl Cleaned {
    fn new(limit: Limit) -> Self {
        Cleaned {
            text: String::new(),
            limit,
            taken: 0,
            full: false,
        }
    }

    fn push(&mut self, text: &str) {
        for c in text.chars() {
            if self.full {
                return;
            }
            if is_unsafe(c) {
                self.push_piece(format_args!("{}", c.escape_default()));
            } else if self.taken + self.limit.size(c) <= self.limit.max() {
                self.text.push(c);
                self.taken += self.limit.size(c);
            } else {
                self.full = true;
            }
        }
    }

    /// A piece of ASCII.
    fn push_piece(&mut self, piece: std::fmt::Arguments<'_>) {
        let before = self.text.len();
        if !self.full {
            // Writing to a `String` does not fail.
            let _ = std::fmt::Write::write_fmt(&mut self.text, piece);
            self.taken += self.text.len() - before;
        }
        if self.taken > self.limit.max() {
            self.text.truncate(before);
            self.full = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_that_is_clean_is_borrowed() {
        for text in ["", "curl/8.5", "/é/日本/👩\u{200d}👩", "%0d%0a", r"C:\x"] {
            assert!(matches!(clean(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn a_limit_of_characters_counts_characters() {
        let rows = [
            ("aé€👩x", 4, "aé€👩", true),
            ("aé€👩", 4, "aé€👩", false),
            ("aé€👩", 9, "aé€👩", false),
            ("a\nb", 4, r"a\nb", false),
            ("a\nb", 3, r"a\n", true),
            ("a\nb", 2, "a", true),
            ("", 0, "", false),
            ("a", 0, "", true),
        ];
        for (text, max, cleaned, is_cut) in rows {
            let clean = clean_within(text, Limit::Chars(max));
            assert_eq!((&*clean.text, clean.is_cut), (cleaned, is_cut), "{text:?}");
        }
    }

    #[test]
    fn what_is_cut_says_so() {
        for (text, is_cut) in [
            ("1234567", false),
            ("12345678", true),
            ("a\n4567", false),
            ("a\n45678", true),
        ] {
            assert_eq!(clean_within(text, Limit::Bytes(7)).is_cut, is_cut, "{text:?}");
        }
    }

    #[test]
    fn what_steers_a_terminal_or_breaks_a_line_is_escaped() {
        let rows = [
            ("C0", "a\u{1b}[31m\0", r"a\u{1b}[31m\u{0}"),
            ("tab and line ends", "a\tb\r\nc", r"a\tb\r\nc"),
            ("DEL", "a\u{7f}", r"a\u{7f}"),
            ("C1", "a\u{9b}31m\u{85}", r"a\u{9b}31m\u{85}"),
            ("separators", "a\u{2028}b\u{2029}", r"a\u{2028}b\u{2029}"),
            (
                "bidi",
                "\u{202e}a\u{2066}b\u{200f}\u{61c}",
                r"\u{202e}a\u{2066}b\u{200f}\u{61c}",
            ),
        ];
        for (rule, text, cleaned) in rows {
            assert_eq!(clean(text), cleaned, "{rule}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_escaped() {
        assert_eq!(clean_bytes(b"\xe9t\xc3\xa9\x1b\xff"), "\\xe9té\\u{1b}\\xff");
        assert_eq!(clean_bytes("été".as_bytes()), "été");
    }

    #[test]
    fn a_cut_falls_between_characters() {
        for c in ["a", "é", "€", "👩", "e\u{301}", "\u{200d}"] {
            for padding in 0..8 {
                let text = "x".repeat(MAX_TEXT - padding) + &c.repeat(8);
                let cleaned = clean(&text);
                assert!(cleaned.len() <= MAX_TEXT && cleaned.len() + 4 > MAX_TEXT);
                assert!(text.starts_with(&*cleaned));
                assert_eq!(clean(&cleaned), cleaned);
            }
        }
    }

    #[test]
    fn a_cut_does_not_fall_within_an_escape() {
        for padding in 0..10 {
            let text = "x".repeat(MAX_TEXT - padding) + "\u{2028}tail";
            let cleaned = clean(&text);
            let rest = cleaned.trim_start_matches('x');
            let whole = ["", r"\u{2028}", r"\u{2028}t"];
            assert!(whole.contains(&rest), "{padding}: {rest}");

            let mut bytes = "x".repeat(MAX_TEXT - padding).into_bytes();
            bytes.extend(b"\xfftail");
            let cleaned = clean_bytes(&bytes);
            let rest = cleaned.trim_start_matches('x');
            assert!(r"\xfftail".starts_with(rest) && !["\\", r"\x", r"\xf"].contains(&rest));
        }
    }

    fn hostile() -> impl Strategy<Value = String> {
        let hostile = prop::sample::select("\u{1b}\n\u{7f}\u{9b}\u{2028}\u{202e}é👩\\".chars().collect::<Vec<_>>());
        let any = prop_oneof![hostile, any::<char>()];
        prop::collection::vec(any, 0..1500).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn whatever_comes_the_result_is_clean_short_and_stable(text in hostile()) {
            let cleaned = clean(&text);
            prop_assert!(cleaned.len() <= MAX_TEXT);
            prop_assert!(!cleaned.contains(is_unsafe));
            prop_assert_eq!(&clean(&cleaned), &cleaned);
            if text.len() <= MAX_TEXT && !text.contains(is_unsafe) {
                prop_assert_eq!(&*cleaned, &text);
            }
        }

        #[test]
        fn whatever_the_bytes_the_result_is_clean_and_short(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let cleaned = clean_bytes(&bytes);
            prop_assert!(cleaned.len() <= MAX_TEXT);
            prop_assert_eq!(&clean(&cleaned), &cleaned);
        }
    }
}
