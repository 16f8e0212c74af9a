//! What bytes a text is made of.

use std::ops::BitOr;

/// What is to be known of the bytes of a text: found in one pass, by a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Classes(u8);

impl Classes {
    /// A byte that is not printable ASCII. A text without one is clean.
    pub(crate) const NOT_PLAIN: Classes = Classes(1);
    /// A byte that is no part of a host's name: letters, digits and what RFC 3986 leaves unreserved, and percent-encodings, are. No other
    /// byte is part of a name that is really in use.
    pub(crate) const NOT_NAME: Classes = Classes(2);
    /// `=`, without which there is no key and no value, or `%`, which may encode it.
    pub(crate) const EQUALS: Classes = Classes(4);
    /// `@`, which ends user information.
    pub(crate) const AT: Classes = Classes(8);
    /// `/`, `?` or `#`, which end an authority.
    pub(crate) const DELIMITER: Classes = Classes(16);

    #[inline]
    pub(crate) fn of(text: &str) -> Self {
        Classes(text.bytes().fold(0, |classes, byte| classes | TABLE[usize::from(byte)]))
    }

    #[inline]
    pub(crate) fn of_byte(byte: u8) -> Self {
        Classes(TABLE[usize::from(byte)])
    }

    /// Whether any of these was found.
    #[inline]
    pub(crate) fn contain(self, any: Classes) -> bool {
        self.0 & any.0 != 0
    }
}

impl BitOr for Classes {
    type Output = Self;

    #[inline]
    fn bitor(self, other: Self) -> Self {
        Classes(self.0 | other.0)
    }
}

const TABLE: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = classes(byte as u8);
        byte += 1;
    }
    table
};

const fn classes(byte: u8) -> u8 {
    let plain = matches!(byte, b' '..=b'~');
    let name = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'%');
    let not_plain = if plain { 0 } else { Classes::NOT_PLAIN.0 };
    let not_name = if name { 0 } else { Classes::NOT_NAME.0 };
    let sign = match byte {
        b'=' | b'%' => Classes::EQUALS.0,
        b'@' => Classes::AT.0,
        b'/' | b'?' | b'#' => Classes::DELIMITER.0,
        _ => 0,
    };
    not_plain | not_name | sign
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_texts_classes_are_those_of_its_bytes() {
        let rows = [
            ("", Classes(0)),
            ("shop-1.example", Classes(0)),
            ("a b", Classes::NOT_NAME),
            ("a=b", Classes::NOT_NAME | Classes::EQUALS),
            ("u@h", Classes::NOT_NAME | Classes::AT),
            ("/", Classes::NOT_NAME | Classes::DELIMITER),
            ("?", Classes::NOT_NAME | Classes::DELIMITER),
            ("#", Classes::NOT_NAME | Classes::DELIMITER),
            ("é", Classes::NOT_NAME | Classes::NOT_PLAIN),
            ("a\n", Classes::NOT_NAME | Classes::NOT_PLAIN),
            ("a\u{7f}=", Classes::NOT_NAME | Classes::NOT_PLAIN | Classes::EQUALS),
        ];
        for (text, classes) in rows {
            assert_eq!(Classes::of(text), classes, "{text:?}");
        }
        assert!(Classes::of("a=b").contain(Classes::EQUALS | Classes::AT));
        assert!(!Classes::of("a=b").contain(Classes::AT | Classes::DELIMITER));
    }
}
