//! What is done to a value.

use std::fmt;
use std::sync::Arc;

use crate::Truncation;

/// What is done to the values of some [`Keys`](crate::Keys).
///
/// Whatever the rule, texts are escaped and cut: control characters, U+2028, U+2029 and the characters that turn the writing direction never come
/// through.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Rule {
    /// The value stays, whatever it looks like: no other rule and no [secret](crate::Secret) is looked for.
    Keep,
    /// The attribute is left out.
    Drop,
    /// The value becomes `REDACTED`.
    Redact,
    /// Texts are cut there, and not at the policy's own limit.
    Truncate(Truncation),
    /// The value becomes its [keyed hash](crate::HashKey): 32 hexadecimal digits that stand for the value.
    Hash,
    /// The value becomes one of so many groups, `group-0` and on, by the policy's key. A group is no identity: many values are in the same.
    Group(u32),
    /// The value is a URL, absolute or not: credentials in it are redacted.
    Url,
    /// The value becomes what a closure makes of it: [`Rule::map`].
    Map(Map),
}

impl Rule {
    /// The value becomes what `map` makes of it; it is left out for `None`. What comes out is escaped, and cut at the policy's limit.
    ///
    /// ```
    /// use tower_telemetry_sanitize::{Rule, Sanitizer};
    ///
    /// let country = Rule::map(|phone| phone.starts_with("+49").then(|| "DE".to_owned()));
    /// let policy = Sanitizer::builder().with_rule("user.phone", country).build()?;
    /// assert_eq!(policy.value("user.phone", "+49 30 901820").as_deref(), Some("DE"));
    /// assert_eq!(policy.value("user.phone", "112"), None);
    /// # Ok::<(), tower_telemetry_sanitize::InvalidPolicy>(())
    /// ```
    pub fn map(map: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Rule::Map(Map(Arc::new(map)))
    }
}

/// A closure of [`Rule::map`].
#[derive(Clone)]
pub struct Map(Arc<Closure>);

type Closure = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Map {
    pub(crate) fn apply(&self, value: &str) -> Option<String> {
        (self.0)(value)
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Map(..)")
    }
}
