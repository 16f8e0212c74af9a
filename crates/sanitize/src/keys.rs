//! Which attribute keys a rule is for.

use tower_telemetry_semconv::header::carries_credentials;

/// The attribute keys that a rule is for. Compared without regard to ASCII case, so that `Authorization` is `authorization`.
///
/// A text without a star is one key, one with a single star at its end is a prefix, and any other is a glob, in which each star stands for
/// any characters or none:
///
/// ```
/// use tower_telemetry_sanitize::Keys;
///
/// assert!(Keys::from("user.id").contain("user.id"));
/// assert!(Keys::from("user.*").contain("user.email"));
/// assert!(Keys::from("*.email").contain("user.email"));
/// assert!(!Keys::exact("user.*").contain("user.email"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys(Pattern);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    Exact(Box<str>),
    Glob {
        first: Box<str>,
        between: Box<[Box<str>]>,
        last: Box<str>,
    },
    /// The headers behind this prefix that carry credentials: the known ones, and these.
    Credentials {
        prefix: Box<str>,
        more: Box<[Box<str>]>,
    },
}

impl Keys {
    /// This key and no other, whatever it is made of.
    pub fn exact(key: impl Into<Box<str>>) -> Self {
        Keys(Pattern::Exact(key.into()))
    }

    /// All keys that begin like this.
    pub fn prefix(prefix: impl Into<Box<str>>) -> Self {
        Keys(Pattern::Glob {
            first: prefix.into(),
            between: Box::default(),
            last: Box::default(),
        })
    }

    /// All keys in which these pieces stand for themselves, and each `*` for anything.
    pub fn glob(pattern: &str) -> Self {
        let mut pieces = pattern.split('*').map(Box::<str>::from);
        let first = pieces.next().unwrap_or_default();
        let Some(last) = pieces.next_back() else {
            return Keys(Pattern::Exact(first));
        };
        let between = pieces.filter(|piece| !piece.is_empty()).collect();
        Keys(Pattern::Glob { first, between, last })
    }

    pub(crate) fn credentials(prefix: &str, more: &[Box<str>]) -> Self {
        Keys(Pattern::Credentials {
            prefix: prefix.into(),
            more: more.into(),
        })
    }

    pub(crate) fn is_exact(&self) -> bool {
        matches!(self.0, Pattern::Exact(_))
    }

    /// Whether this is one of the keys.
    pub fn contain(&self, key: &str) -> bool {
        let key = key.as_bytes();
        match &self.0 {
            Pattern::Exact(exact) => same(exact.as_bytes(), key),
            Pattern::Glob { first, between, last } => {
                let inner = without(key, first.as_bytes(), last.as_bytes());
                inner.is_some_and(|inner| in_order(inner, between))
            }
            Pattern::Credentials { prefix, more } => {
                without(key, prefix.as_bytes(), b"").is_some_and(|name| is_credential(name, more))
            }
        }
    }

    /// How all of them begin and end.
    pub(crate) fn shape(&self) -> Shape<'_> {
        match &self.0 {
            Pattern::Exact(exact) => Shape {
                first: exact.as_bytes(),
                last: exact.as_bytes(),
                least: exact.len(),
                whole: true,
            },
            Pattern::Glob { first, between, last } => Shape {
                first: first.as_bytes(),
                last: last.as_bytes(),
                least: first.len() + last.len() + between.iter().map(|piece| piece.len()).sum::<usize>(),
                whole: false,
            },
            Pattern::Credentials { prefix, .. } => Shape {
                first: prefix.as_bytes(),
                last: b"",
                least: prefix.len() + 1,
                whole: false,
            },
        }
    }
}

/// How all keys of a pattern begin and end.
pub(crate) struct Shape<'a> {
    pub(crate) first: &'a [u8],
    pub(crate) last: &'a [u8],
    /// The fewest bytes of one.
    pub(crate) least: usize,
    /// Whether that is all there is: one key.
    pub(crate) whole: bool,
}

impl From<&str> for Keys {
    fn from(pattern: &str) -> Self {
        Keys::glob(pattern)
    }
}

impl From<String> for Keys {
    fn from(pattern: String) -> Self {
        Keys::glob(&pattern)
    }
}

/// Whether these are the same but for their case. Keys of one namespace differ at their end.
#[inline]
fn same(one: &[u8], other: &[u8]) -> bool {
    match (one, other) {
        ([.., last], [.., end]) => last | 0x20 == end | 0x20 && one.eq_ignore_ascii_case(other),
        _ => one.len() == other.len(),
    }
}

/// What stands between these two, which do not overlap.
fn without<'k>(key: &'k [u8], first: &[u8], last: &[u8]) -> Option<&'k [u8]> {
    let (start, rest) = key.split_at_checked(first.len())?;
    let (inner, end) = rest.split_at_checked(rest.len().checked_sub(last.len())?)?;
    (same(start, first) && same(end, last)).then_some(inner)
}

/// Whether these pieces stand there one after the other.
fn in_order(mut text: &[u8], pieces: &[Box<str>]) -> bool {
    pieces.iter().all(|piece| {
        let piece = piece.as_bytes();
        let found = text
            .windows(piece.len())
            .position(|part| part.eq_ignore_ascii_case(piece));
        match found {
            Some(at) => {
                text = &text[at + piece.len()..];
                true
            }
            None => false,
        }
    })
}

/// Longer than the name of any header that is known to carry credentials, or is given.
pub(crate) const MAX_HEADER: usize = 64;

/// Whether a header, in any case and with `_` for `-` as older conventions spell it, carries credentials.
pub(crate) fn is_credential(name: &[u8], more: &[Box<str>]) -> bool {
    let mut spelled = [0; MAX_HEADER];
    let Some(spelled) = spelled.get_mut(..name.len()) else {
        return false;
    };
    for (to, from) in spelled.iter_mut().zip(name) {
        *to = match from {
            b'_' => b'-',
            other => other.to_ascii_lowercase(),
        };
    }
    let name = std::str::from_utf8(spelled).unwrap_or_default();
    carries_credentials(name) || more.iter().any(|more| **more == *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_key_a_prefix_or_a_glob() {
        let rows: [(&str, &[&str], &[&str]); 7] = [
            (
                "user.id",
                &["user.id", "User.ID"],
                &["user.i", "user.id2", "xuser.id", ""],
            ),
            ("user.*", &["user.", "user.id", "USER.name"], &["user", "xuser.id", ""]),
            (
                "*token",
                &["token", "auth.token", "accessToken"],
                &["tokens", "toke", ""],
            ),
            ("a*b", &["ab", "axb", "aab"], &["a", "b", "abc", "xab", ""]),
            ("aba*aba", &["abaaba", "aba.aba"], &["aba", "ababa"]),
            ("*a*b*", &["ab", "xaxbx", "aab"], &["ba", "a", "b", ""]),
            ("*", &["", "anything"], &[]),
        ];
        for (pattern, are, are_not) in rows {
            let keys = Keys::from(pattern);
            assert!(are.iter().all(|key| keys.contain(key)), "{pattern}");
            assert!(!are_not.iter().any(|key| keys.contain(key)), "{pattern}");
        }
        assert!(Keys::exact("a*").contain("a*") && !Keys::exact("a*").contain("ab"));
        assert!(Keys::prefix("a*").contain("a*b") && !Keys::prefix("a*").contain("ab"));
    }

    #[test]
    fn headers_with_credentials_are_known_in_any_spelling() {
        let keys = Keys::credentials("http.request.header.", &["x-partner-key".into()]);
        for name in ["authorization", "Set-Cookie", "x_api_key", "X-Partner-Key"] {
            assert!(keys.contain(&format!("http.request.header.{name}")), "{name}");
        }
        let long = "x".repeat(MAX_HEADER + 1);
        for name in ["", "accept", "x-partner-keys", "é", &long] {
            assert!(!keys.contain(&format!("http.request.header.{name}")), "{name}");
        }
    }
}
