//! Texts of labels.

use std::fmt;

/// As many bytes stand beside the other labels.
const HERE: usize = 62;

/// A text that is compared at each call. If it is short, it stands beside the labels it belongs to: elsewhere it might share a line of the
/// cache with what the thread that made the series writes all the time.
pub(crate) enum Text {
    Here { bytes: [u8; HERE], length: u8 },
    There(Box<str>),
}

impl Text {
    #[inline]
    fn bytes(&self) -> &[u8] {
        match self {
            Text::Here { bytes, length } => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Text::There(text) => text.as_bytes(),
        }
    }

    /// Whether it is this one.
    #[inline]
    pub(crate) fn is(&self, text: &str) -> bool {
        self.bytes() == text.as_bytes()
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(self.bytes()).unwrap_or_default()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        let mut bytes = [0; HERE];
        match bytes.get_mut(..text.len()) {
            Some(here) => {
                here.copy_from_slice(text.as_bytes());
                let length = text.len() as u8;
                Text::Here { bytes, length }
            }
            None => Text::There(text.into()),
        }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_any_length_are_kept() {
        for length in [0, 1, HERE - 1, HERE, HERE + 1, 300] {
            let text = "ä".repeat(length / 2) + if length % 2 == 1 { "/" } else { "" };
            let kept = Text::from(text.as_str());
            assert!(kept.is(&text) && !kept.is("/other"), "{length}");
            assert_eq!(
                (kept.as_str(), format!("{kept:?}")),
                (text.as_str(), format!("{text:?}"))
            );
        }
    }
}
