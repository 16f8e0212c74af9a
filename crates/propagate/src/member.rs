//! One list-member of a `baggage` header: what is valid, decoded and encoded.

use std::iter;

use percent_encoding::{AsciiSet, CONTROLS, PercentEncode, percent_decode_str, utf8_percent_encode};

/// What a value may not hold as it is: anything but a baggage-octet, and the percent sign.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%').add(b',').add(b';').add(b'\\');

/// A valid list-member as it was received.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Member<'a> {
    pub(crate) key: &'a str,
    encoded: &'a str,
    properties: Option<&'a str>,
}

impl<'a> Member<'a> {
    /// Reads what is between two commas; `None` when it is not valid, or would have a control character once decoded.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (member, properties) = match text.split_once(';') {
            Some((member, properties)) => (member, Some(properties)),
            None => (text, None),
        };
        let (key, encoded) = member.split_once('=')?;
        let (key, encoded) = (trim(key), trim(encoded));
        let is_property = |part| Property::parse(part).is_some_and(|property| property.is_valid());
        let valid = is_token(key)
            && is_value(encoded)
            && !has_control(encoded)
            && properties.is_none_or(|properties| properties.split(';').all(is_property));
        valid.then_some(Self {
            key,
            encoded,
            properties,
        })
    }

    /// How many bytes it has, blanks left out.
    pub(crate) fn width(&self) -> usize {
        let properties: usize = self.property_pieces().map(str::len).sum();
        self.key.len() + 1 + self.encoded.len() + properties
    }

    /// The decoded value.
    pub(crate) fn value(&self) -> String {
        decode(self.encoded)
    }

    /// The properties without blanks, and encoded: of decoded ones, nobody could tell separators from text.
    pub(crate) fn properties(&self) -> String {
        // Without the separator in front of the first.
        let pieces = || self.property_pieces().skip(1);
        let mut text = String::with_capacity(pieces().map(str::len).sum());
        text.extend(pieces());
        text
    }

    fn property_pieces(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.properties.into_iter().flat_map(properties)
    }
}

/// The pieces of a list-member as it is sent.
pub(crate) fn pieces<'a>(key: &'a str, value: &'a str, metadata: &'a str) -> impl Iterator<Item = &'a str> {
    [key, "="].into_iter().chain(encode(value)).chain(properties(metadata))
}

/// The pieces of the properties as they are sent, each behind a separator. What is none is left out.
fn properties(text: &str) -> impl Iterator<Item = &str> {
    let properties = text.split(';').filter_map(Property::parse);
    properties.flat_map(|property| iter::once(";").chain(property.pieces()))
}

/// A key with or without a value, as it is sent or as an application has set it.
struct Property<'a> {
    key: &'a str,
    value: Option<&'a str>,
}

impl<'a> Property<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (key, Some(trim(value))),
            None => (text, None),
        };
        let key = trim(key);
        is_token(key).then_some(Self { key, value })
    }

    /// Whether it may have been received.
    fn is_valid(&self) -> bool {
        self.value.is_none_or(is_value)
    }

    /// As it is sent: what is encoded already stays as it is, the rest is encoded.
    fn pieces(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let value = self.value.into_iter().flat_map(|value| {
            let mut parts = value.split('%');
            let first = parts.next().unwrap_or_default();
            let others = parts.flat_map(|part| iter::once(percent(part)).chain(encode(part)));
            iter::once("=").chain(encode(first)).chain(others)
        });
        iter::once(self.key).chain(value)
    }
}

/// A percent sign in front of `rest`: as it is where it encodes a byte, else encoded itself.
fn percent(rest: &str) -> &'static str {
    match rest.as_bytes() {
        [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => "%",
        _ => "%25",
    }
}

/// What is not UTF-8 is replaced, which is never longer than what was encoded.
fn decode(encoded: &str) -> String {
    let decoded = || percent_decode_str(encoded);
    let mut bytes = Vec::with_capacity(decoded().count());
    bytes.extend(decoded());
    String::from_utf8(bytes).unwrap_or_else(|error| {
        let mut text = String::with_capacity(encoded.len());
        for chunk in error.as_bytes().utf8_chunks() {
            text.push_str(chunk.valid());
            if !chunk.invalid().is_empty() {
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        text
    })
}

fn encode(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, ENCODED)
}

/// Without the optional whitespace around it.
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// A `token` of RFC 7230, section 3.2.6.
fn is_token(text: &str) -> bool {
    let sign = |byte| b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || sign(byte))
}

/// Nothing but `baggage-octet`s.
fn is_value(text: &str) -> bool {
    let octet = |byte: u8| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte);
    text.bytes().all(octet)
}

/// Whether the decoded value has a control character: C0, DEL, C1, or a separator of lines or paragraphs.
///
/// In UTF-8, each of them is its own bytes wherever these stand, also beside what is not UTF-8.
fn has_control(encoded: &str) -> bool {
    let mut before = [0; 2];
    percent_decode_str(encoded).any(|byte| {
        let control = matches!(
            (before, byte),
            (_, ..0x20 | 0x7f) | ([_, 0xc2], 0x80..=0x9f) | ([0xe2, 0x80], 0xa8 | 0xa9)
        );
        before = [before[1], byte];
        control
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(key: &str, value: &str, properties: &str) -> String {
        pieces(key, value, properties).collect()
    }

    #[test]
    fn the_width_leaves_out_the_blanks() {
        for (text, width) in [("a=", 2), ("\ta = 1 ", 3), (" a = %20 ; p ;q= 1\t", 11), ("a=;p=%", 8)] {
            assert_eq!(
                Member::parse(text).map(|member| member.width()),
                Some(width),
                "{text:?}"
            );
        }
    }

    #[test]
    fn any_value_is_sent_as_baggage_octets() {
        let all: String = (0..=u8::MAX).map(char::from).collect();
        let text = sent("a", &all, "");
        let value = text.strip_prefix("a=").expect("the key");
        assert!(is_value(value), "{value}");
        assert_eq!(percent_decode_str(value).decode_utf8().expect("UTF-8"), all);
    }

    #[test]
    fn control_characters_are_found_by_their_bytes() {
        let controls = |c: &char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        for c in ('\0'..='\u{2fff}').chain(['\u{fffd}', '\u{10ffff}']) {
            for (before, after) in [
                ("", ""),
                ("a", "a"),
                ("é", "é"),
                ("%C2", "%C2"),
                ("%E2%80", "%A8"),
                ("%E2", "%80"),
            ] {
                let encoded: String = [before]
                    .into_iter()
                    .chain(encode(&c.to_string()))
                    .chain([after])
                    .collect();
                assert_eq!(has_control(&encoded), controls(&c), "{encoded}");
                assert_eq!(
                    has_control(&encoded),
                    decode(&encoded).contains(|c| controls(&c)),
                    "{encoded}"
                );
            }
        }
    }

    #[test]
    fn no_more_is_encoded_than_must_be() {
        let plain = "!#$&'()*+-./0123456789:<=>?@AZ[]^_`az{|}~";
        assert_eq!(sent("a", plain, ""), format!("a={plain}"));
        assert_eq!(sent("a", " \"%,;\\\x7f", ""), "a=%20%22%25%2C%3B%5C%7F");
    }

    #[test]
    fn properties_that_an_application_set_are_encoded_once() {
        for (set, expected) in [
            ("p", "a=;p"),
            ("p=", "a=;p="),
            (" p = x ;\tq\t", "a=;p=x;q"),
            ("p=a b", "a=;p=a%20b"),
            ("p=a%20b", "a=;p=a%20b"),
            ("p=%3B%2c", "a=;p=%3B%2c"),
            ("p=100%", "a=;p=100%25"),
            ("p=%%41%4", "a=;p=%25%41%254"),
            ("p=a,b=c", "a=;p=a%2Cb=c"),
            ("p=line\r\nbreak", "a=;p=line%0D%0Abreak"),
            ("p=é", "a=;p=%C3%A9"),
            ("p=1;no key;é=1;=2;;q", "a=;p=1;q"),
            ("", "a="),
        ] {
            assert_eq!(sent("a", "", set), expected, "{set:?}");
        }
    }
}
