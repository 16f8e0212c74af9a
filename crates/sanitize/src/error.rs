//! Policies that cannot be.

use std::fmt;

/// Why a policy cannot be built.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidPolicy {
    /// A rule hashes or groups values, and there is no key.
    NoHashKey,
    /// The environment variable that should hold the key is not set, or not UTF-8.
    NoHashKeyIn(Box<str>),
    /// A hash key of less than 16 bytes.
    ShortHashKey {
        /// Its length.
        bytes: usize,
    },
    /// A rule that puts values into no group at all.
    NoGroups,
    /// A marker that does not fit into the limit it stands in.
    MarkerTooLong(Box<str>),
    /// A path pattern without a segment to redact.
    NothingToRedact(Box<str>),
    /// A name that no header can have, or one of more than 64 bytes.
    NoHeaderName(Box<str>),
}

impl fmt::Display for InvalidPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InvalidPolicy::NoHashKey => f.write_str("values are to be hashed or grouped, but there is no hash key"),
            InvalidPolicy::NoHashKeyIn(variable) => write!(f, "the environment variable {variable} holds no hash key"),
            InvalidPolicy::ShortHashKey { bytes } => write!(f, "a hash key of {bytes} bytes: give at least 16"),
            InvalidPolicy::NoGroups => f.write_str("values cannot be put into 0 groups"),
            InvalidPolicy::MarkerTooLong(marker) => {
                write!(f, "the marker {marker:?} is longer than the limit it stands in")
            }
            InvalidPolicy::NothingToRedact(path) => {
                write!(
                    f,
                    "no segment of the path {path:?} is in braces, so that nothing is redacted"
                )
            }
            InvalidPolicy::NoHeaderName(name) => write!(f, "{name:?} is no header name of at most 64 bytes"),
        }
    }
}

impl std::error::Error for InvalidPolicy {}
