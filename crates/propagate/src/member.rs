//! One list-member of a `baggage` header: what is valid, decoded and encoded.

use std::borrow::Cow;
use std::iter;

use percent_encoding::{AsciiSet, CONTROLS, PercentEncode, percent_decode_str, utf8_percent_encode};

/// What a value may not hold as it is: anything but a baggage-octet, and the percent sign.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%').add(b',').add(b';').add(b'\\');

/// A valid list-member as it was received.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Member<'a> {
    pub(crate) key: &'a str,
    /// Decoded. Holds no control character.
    pub(crate) value: Cow<'a, str>,
    /// Without blanks, and encoded: decoded, the separators of two properties could not be told from their text.
    pub(crate) properties: String,
    /// How many bytes it has, blanks left out.
    pub(crate) width: usize,
}

impl<'a> Member<'a> {
    /// Reads what is between two commas; `None` when it is not valid.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';');
        let (key, encoded) = parts.next()?.split_once('=')?;
        let (key, encoded) = (trim(key), trim(encoded));
        if !is_token(key) || !is_value(encoded) {
            return None;
        }
        let value = percent_decode_str(encoded).decode_utf8_lossy();
        if value.contains(is_control) {
            return None;
        }
        let mut properties = String::new();
        for part in parts {
            let property = Property::parse(part).filter(Property::is_valid)?;
            if !properties.is_empty() {
                properties.push(';');
            }
            properties.extend(property.pieces());
        }
        let separator = usize::from(!properties.is_empty());
        let width = key.len() + 1 + encoded.len() + separator + properties.len();
        Some(Self {
            key,
            value,
            properties,
            width,
        })
    }
}

/// The pieces of a list-member as it is sent. What is no property is left out of the properties.
pub(crate) fn pieces<'a>(key: &'a str, value: &'a str, properties: &'a str) -> impl Iterator<Item = &'a str> {
    let properties = properties.split(';').filter_map(Property::parse);
    let properties = properties.flat_map(|property| iter::once(";").chain(property.pieces()));
    [key, "="].into_iter().chain(encode(value)).chain(properties)
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

/// C0, DEL, C1, and the separators of lines and paragraphs.
fn is_control(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
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
            assert_eq!(Member::parse(text).map(|member| member.width), Some(width), "{text:?}");
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
