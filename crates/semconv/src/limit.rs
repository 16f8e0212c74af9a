//! How much of a text is kept.

/// How long a recorded text may be. No character is ever cut in two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// So many bytes of UTF-8.
    Bytes(usize),
    /// So many characters (Unicode scalar values).
    Chars(usize),
}

impl Limit {
    /// The longest beginning of a text within this limit.
    pub fn cut(self, text: &str) -> &str {
        match self {
            Limit::Bytes(max) => cut(text, max),
            Limit::Chars(max) if text.len() <= max => text,
            Limit::Chars(max) => text.char_indices().nth(max).map_or(text, |(end, _)| &text[..end]),
        }
    }

    /// What a character takes of the limit.
    pub(crate) fn size(self, c: char) -> usize {
        match self {
            Limit::Bytes(_) => c.len_utf8(),
            Limit::Chars(_) => 1,
        }
    }

    /// The limit, in what it counts.
    pub(crate) fn max(self) -> usize {
        let (Limit::Bytes(max) | Limit::Chars(max)) = self;
        max
    }
}

/// The longest beginning of a text that has at most this many bytes.
pub(crate) fn cut(text: &str, max: usize) -> &str {
    if text.len() <= max {
        return text;
    }
    let end = (0..=max).rev().find(|at| text.is_char_boundary(*at));
    end.and_then(|end| text.get(..end)).unwrap_or_default()
}
