//! E-mail addresses.

use std::ops::Range;

use tower_telemetry_semconv::percent::first_byte;
use tower_telemetry_semconv::url::REDACTED;

use super::end_of;

/// A local part, an at sign, and a domain with a dot in it.
pub(super) fn find(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    // Where what could be a local part begins.
    let mut start = from;
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        if let Some((b'@', len)) = first_byte(&bytes[at..]) {
            let domain = at + len;
            let end = end_of(bytes, domain, is_domain);
            let end = domain + without_end(&bytes[domain..end]).len();
            let local = &bytes[start..at];
            if !local.is_empty() && local != REDACTED.as_bytes() && bytes[domain..end].contains(&b'.') {
                return Some(start..end);
            }
            start = domain;
            at = domain;
        } else {
            at += 1;
            if !is_local(*byte) {
                start = at;
            }
        }
    }
    None
}

fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || !byte.is_ascii()
        || matches!(
            byte,
            b'.' | b'_' | b'%' | b'+' | b'-' | b'\'' | b'*' | b'~' | b'!' | b'#' | b'$' | b'^' | b'|'
        )
}

fn is_domain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii() || matches!(byte, b'.' | b'-')
}

/// Without what ends the sentence and not the domain.
fn without_end(domain: &[u8]) -> &[u8] {
    let end = domain.iter().rposition(|byte| !matches!(byte, b'.' | b'-'));
    &domain[..end.map_or(0, |end| end + 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        find(text.as_bytes(), 0).map(|range| &text[range])
    }

    #[test]
    fn addresses_are_found() {
        let rows = [
            ("mail ada@example.com.", "ada@example.com"),
            ("<a.b+c@x-y.example.org>", "a.b+c@x-y.example.org"),
            ("to=ada%40example.com&b", "ada%40example.com"),
            ("jörg@bücher.example", "jörg@bücher.example"),
            ("a@b@c.de", "b@c.de"),
            ("mailto:ada@[10.0.0.1]", "-"),
            ("@example.com", "-"),
            ("root@localhost", "-"),
            ("a@.", "-"),
            ("a @ b.c", "-"),
            ("REDACTED@example.com", "-"),
            ("ada+REDACTED@example.com", "ada+REDACTED@example.com"),
            ("", "-"),
        ];
        for (text, address) in rows {
            assert_eq!(found(text).unwrap_or("-"), address, "{text}");
        }
    }
}
