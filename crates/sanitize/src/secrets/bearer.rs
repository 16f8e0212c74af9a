//! Credentials of `Authorization` (RFC 6750, RFC 7617).

use std::ops::Range;

use tower_telemetry_semconv::url::REDACTED;

use super::{ends_encoded, spelled_end_of};

pub(super) fn find(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let mut at = from;
    while at < bytes.len() {
        let Some(scheme) = scheme(bytes, at) else {
            at += 1;
            continue;
        };
        let behind = at + scheme.len();
        let start = spelled_end_of(bytes, behind, is_separator);
        // Not behind the token, which may be a scheme itself.
        at = start;
        // A scheme that is a part of something else has no token: to look for one each time would take too long.
        if start > behind {
            let end = spelled_end_of(bytes, start, is_part);
            if is_secret(scheme, &bytes[start..end]) {
                return Some(start..end);
            }
        }
    }
    None
}

const SCHEMES: [&str; 2] = ["bearer", "basic"];

/// The scheme that stands here as a word.
fn scheme(bytes: &[u8], at: usize) -> Option<&'static str> {
    let before = &bytes[..at];
    let is_inner = before.last().is_some_and(u8::is_ascii_alphanumeric) && !ends_encoded(before);
    let here = &bytes[at..];
    let stands = |scheme: &&str| {
        here.get(..scheme.len())
            .is_some_and(|word| word.eq_ignore_ascii_case(scheme.as_bytes()))
    };
    SCHEMES.into_iter().find(stands).filter(|_| !is_inner)
}

fn is_separator(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b':' | b'+' | b'=' | b'"' | b'\'')
}

/// What tokens are made of, by the standards and in practice.
fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=' | b'|')
}

fn is_secret(scheme: &str, token: &[u8]) -> bool {
    let looks_encoded = || {
        let mut odd = token.iter().filter(|byte| !byte.is_ascii_lowercase());
        token.len() >= 8 && odd.next().is_some()
    };
    let is_scheme = SCHEMES
        .iter()
        .any(|scheme| token.eq_ignore_ascii_case(scheme.as_bytes()));
    !token.is_empty() && !is_scheme && token != REDACTED.as_bytes() && (scheme == "bearer" || looks_encoded())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        find(text.as_bytes(), 0).map(|range| &text[range])
    }

    #[test]
    fn tokens_are_found_behind_their_scheme() {
        let rows = [
            ("Authorization: Bearer abc.~+/=-_1", "abc.~+/=-_1"),
            ("BEARER\t\"abc\"", "abc"),
            ("bearer%20abc&x", "abc"),
            ("bearer: Bearer abc", "abc"),
            ("Bearer\n\tabc\n", "abc"),
            ("Bearer 12|abc", "12|abc"),
            ("Bearer REDACTEDabc", "REDACTEDabc"),
            ("é bearer=abc", "abc"),
            ("Basic dXNlcjp3b3Jk", "dXNlcjp3b3Jk"),
            ("bearer", "-"),
            ("bearerabc", "-"),
            ("forbearer abc", "-"),
            ("bearer REDACTED", "-"),
            ("basic authentication", "-"),
            ("basic A1", "-"),
        ];
        for (text, token) in rows {
            assert_eq!(found(text).unwrap_or("-"), token, "{text}");
        }
    }
}
