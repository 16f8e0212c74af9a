//! URLs in free text.

use std::borrow::Cow;
use std::ops::Range;

use tower_telemetry_semconv::percent::first_byte;
use tower_telemetry_semconv::url::REDACTED;

use super::{position, replace};
use crate::url::{UrlRules, then};

/// Redacts what the rules say in each word that is or holds a URL, and user information also in URLs within URLs.
pub(super) fn redact<'a>(text: &'a str, rules: &UrlRules) -> Cow<'a, str> {
    then(words(text, rules), |text| replace(text, user_information))
}

fn words<'a>(text: &'a str, rules: &UrlRules) -> Cow<'a, str> {
    let mut redacted = String::new();
    let mut copied = 0;
    let mut at = 0;
    for word in text.split_inclusive(is_delimiter) {
        let start = at + url_start(word.as_bytes());
        at += word.len();
        let end = at
            - word
                .chars()
                .next_back()
                .filter(|last| is_delimiter(*last))
                .map_or(0, char::len_utf8);
        if start >= end {
            continue;
        }
        if let Cow::Owned(url) = rules.url(&text[start..end]) {
            redacted.push_str(&text[copied..start]);
            redacted.push_str(&url);
            copied = end;
        }
    }
    match copied {
        0 => Cow::Borrowed(text),
        _ => Cow::Owned(redacted + &text[copied..]),
    }
}

fn is_delimiter(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>' | '`')
}

/// Where the URL in a word begins; at its end, if there is none.
fn url_start(word: &[u8]) -> usize {
    let authority = position(word, 0, b"://");
    let query = word.iter().position(|byte| matches!(byte, b'?' | b'%'));
    match (authority, query) {
        (None, None) => word.len(),
        (Some(at), query) if query.is_none_or(|query| at < query) => {
            let scheme = word[..at].iter().rev().take_while(|byte| is_scheme(**byte));
            at - scheme.count()
        }
        // A target without a host, or one that is percent-encoded.
        _ => 0,
    }
}

fn is_scheme(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

/// What stands between `://` and the last `@` before the authority ends. Where the one is percent-encoded, the others may be.
fn user_information(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let mut at = from;
    // So many bytes of `://` stand before, and so long they are.
    let (mut seen, mut spelled) = (0, 0);
    while let Some((byte, len)) = first_byte(&bytes[at..]) {
        at += len;
        (seen, spelled) = match (seen, byte) {
            (_, b':') => (1, len),
            (1 | 2, b'/') => (seen + 1, spelled + len),
            _ => (0, 0),
        };
        if seen == 3 {
            let start = at;
            let next = |at: usize| match spelled {
                3 => bytes.get(at).map(|byte| (*byte, 1)),
                _ => first_byte(&bytes[at..]),
            };
            let mut user = start;
            while let Some((byte, len)) = next(at) {
                match byte {
                    b'/' | b'?' | b'#' | b'"' | b'<' | b'>' | 0..=b' ' => break,
                    b'@' => user = at,
                    _ => {}
                }
                at += len;
            }
            if user > start && ![&b"REDACTED:REDACTED"[..], REDACTED.as_bytes()].contains(&&bytes[start..user]) {
                return Some(start..user);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Query;

    #[test]
    fn urls_in_a_text_lose_their_secrets() {
        let rows = [
            (
                "error sending request for url (https://u:p@h/a?sig=s), retrying",
                "error sending request for url (https://REDACTED:REDACTED@h/a?sig=REDACTED retrying",
            ),
            ("GET /a?b=c&sig=s HTTP/1.1", "GET /a?b=c&sig=REDACTED HTTP/1.1"),
            ("\"postgres://u:p@h/db\"", "\"postgres://REDACTED:REDACTED@h/db\""),
            ("a/b:redis://:p@h", "a/b:redis://REDACTED:REDACTED@h"),
            ("x http://a/,http://u:p@b/ é", "x http://a/,http://REDACTED@b/ é"),
            ("http://a/?to=http://u:p@b/", "http://a/?to=http://REDACTED@b/"),
            ("://u:p@h", "://REDACTED:REDACTED@h"),
            ("/a?sig=s,http://b", "/a?sig=REDACTED"),
        ];
        for (text, redacted) in rows {
            let rules = UrlRules::new(&Query::Spec, Vec::new());
            assert_eq!(redact(text, &rules), redacted);
            assert!(matches!(redact(redacted, &rules), Cow::Borrowed(_)), "{redacted}");
        }
    }

    #[test]
    fn other_texts_are_borrowed() {
        for text in ["", "a@b.c", "what? sig = 1", "://", "a://b", "http://h/@me", "sig=s"] {
            let rules = UrlRules::new(&Query::Spec, Vec::new());
            assert!(matches!(redact(text, &rules), Cow::Borrowed(_)), "{text}");
        }
    }
}
