//! Credentials of `Authorization` (RFC 6750, RFC 7617).

use std::ops::Range;

use tower_telemetry_semconv::url::REDACTED;

use super::end_of;

pub(super) fn find(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let mut at = from;
    while at < bytes.len() {
        let Some(scheme) = scheme(bytes, at) else {
            at += 1;
            continue;
        };
        let start = behind_separators(bytes, at + scheme.len());
        let end = end_of(bytes, start, |byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=' | b'%')
        });
        let token = &bytes[start..end];
        if start > at + scheme.len() && is_secret(scheme, token) {
            return Some(start..end);
        }
        // Not behind the token, which may be a scheme itself.
        at = start;
    }
    None
}

const SCHEMES: [&str; 2] = ["bearer", "basic"];

/// The scheme that stands here as a word.
fn scheme(bytes: &[u8], at: usize) -> Option<&'static str> {
    let is_inner = at > 0 && bytes[at - 1].is_ascii_alphanumeric();
    let here = &bytes[at..];
    let stands = |scheme: &&str| {
        here.get(..scheme.len())
            .is_some_and(|word| word.eq_ignore_ascii_case(scheme.as_bytes()))
    };
    SCHEMES.into_iter().find(stands).filter(|_| !is_inner)
}

fn behind_separators(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    loop {
        at = end_of(bytes, at, |byte| {
            matches!(byte, b' ' | b'\t' | b':' | b'+' | b'=' | b'"' | b'\'')
        });
        match bytes[at..].starts_with(b"%20") {
            true => at += 3,
            false => return at,
        }
    }
}

fn is_secret(scheme: &str, token: &[u8]) -> bool {
    let looks_encoded = || {
        let mut odd = token.iter().filter(|byte| !byte.is_ascii_lowercase());
        token.len() >= 8 && odd.next().is_some()
    };
    let is_scheme = SCHEMES
        .iter()
        .any(|scheme| token.eq_ignore_ascii_case(scheme.as_bytes()));
    !token.is_empty()
        && !is_scheme
        && !token.starts_with(REDACTED.as_bytes())
        && (scheme == "bearer" || looks_encoded())
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
