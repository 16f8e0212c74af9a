//! The policy, as others use it.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use http::{HeaderMap, HeaderName, HeaderValue};
use tower_telemetry_semconv::attribute::HTTP_REQUEST_HEADER_PREFIX;
use tower_telemetry_semconv::text::clean_bytes;

use crate::keys::is_credential;
use crate::policy::{Action, Policy};
use crate::rule::Rule;
use crate::{Counts, HashKey, Ids, SanitizerBuilder};

/// One policy for everything that is written down. Clones share it.
///
/// [`Sanitizer::default`] is right for production; [`Sanitizer::builder`] begins with it. See the [crate's page](crate) for what it does.
///
/// ```
/// use tower_telemetry_sanitize::Sanitizer;
///
/// let policy = Sanitizer::default();
/// assert_eq!(policy.value("db.password", "hunter2").as_deref(), Some("REDACTED"));
/// assert_eq!(policy.value("url.full", "https://u:p@h/?sig=1").as_deref(), Some("https://REDACTED:REDACTED@h/?sig=REDACTED"));
/// assert_eq!(policy.value("exception.message", "no user ada@example.com"), None);
/// assert_eq!(policy.value("note", "two\nlines").as_deref(), Some(r"two\nlines"));
/// ```
#[derive(Clone, Debug)]
pub struct Sanitizer(pub(crate) Arc<Policy>);

impl Sanitizer {
    /// Settings that begin with the defaults for production.
    pub fn builder() -> SanitizerBuilder {
        SanitizerBuilder::new()
    }

    /// Settings that begin with the rules of a team that cut values and hashed ids by hand: texts are cut at 200 characters, plus `...`, and
    /// `user_id`, `request_id` and `timestamp` become one of 10,000 groups, or a hash that stands for the id.
    ///
    /// That team's groups had no key, so that anyone could try all ids; here they need one. The rest is as by default.
    ///
    /// ```
    /// use tower_telemetry_sanitize::{HashKey, Ids, Sanitizer};
    ///
    /// let key = HashKey::new("a key of at least 16 bytes")?;
    /// let policy = Sanitizer::classic(key, Ids::Grouped).build()?;
    /// assert_eq!(policy.label("note", &"x".repeat(300)), "x".repeat(200) + "...");
    /// assert!(policy.label("user_id", "user-42").starts_with("group-"));
    /// # Ok::<(), tower_telemetry_sanitize::InvalidPolicy>(())
    /// ```
    pub fn classic(key: HashKey, ids: Ids) -> SanitizerBuilder {
        SanitizerBuilder::classic(key, ids)
    }

    /// What may be written down of a value: for log fields, attributes, and anything else that has a key.
    ///
    /// `None` if the policy leaves it out. Borrowed if it may stay as it is, or as far as it may.
    #[inline]
    pub fn value<'a>(&self, key: &str, value: &'a str) -> Option<Cow<'a, str>> {
        match self.0.rules.find(key) {
            None => Some(self.0.text(value)),
            Some(action) => self.0.apply(action, key, value),
        }
    }

    /// The value of a metric's label.
    ///
    /// As [`value`](Self::value), but what is left out is empty, which Prometheus takes for a label that is not there, and what would be hashed is
    /// `REDACTED`: there would be a series for each hash. A [group](Rule::Group) can be a label, since there are so many and no more. How many
    /// values a label has is not this policy's to say.
    #[inline]
    pub fn label<'a>(&self, key: &str, value: &'a str) -> Cow<'a, str> {
        match self.0.rules.find(key) {
            None => self.0.text(value),
            Some(Action::Rule(Rule::Hash)) => self.0.redacted(value),
            Some(action) => self.0.apply(action, key, value).unwrap_or_default(),
        }
    }

    /// What may be written down of a text without a key, such as a span's name.
    #[inline]
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.0.text(text)
    }

    /// What may be written down of the text of an error, of a panic or a `grpc-message`. By default, nothing.
    pub fn error_text<'a>(&self, text: &'a str) -> Option<Cow<'a, str>> {
        self.0.error_text(text)
    }

    /// What may be written down of a URL, absolute or not.
    pub fn url<'a>(&self, url: &'a str) -> Cow<'a, str> {
        self.0.url(url)
    }

    /// What may be written down of a header: `REDACTED` if it carries credentials or is [sensitive](HeaderValue::is_sensitive), `None` if
    /// the policy has [a list](SanitizerBuilder::with_headers) without it, and else as of the attribute `http.request.header.<name>`. Bytes that
    /// are not UTF-8 are escaped as `\xNN`.
    pub fn header<'a>(&self, name: &HeaderName, value: &'a HeaderValue) -> Option<Cow<'a, str>> {
        if value.is_sensitive() || self.is_credential(name) {
            return Some(self.0.redacted(""));
        }
        if !self.0.allows(name.as_str()) {
            return self.0.dropped();
        }
        let key = [HTTP_REQUEST_HEADER_PREFIX, name.as_str()].concat();
        match std::str::from_utf8(value.as_bytes()) {
            Ok(text) => self.value(&key, text),
            Err(_) => {
                let text = clean_bytes(value.as_bytes());
                Some(Cow::Owned(self.value(&key, &text)?.into_owned()))
            }
        }
    }

    /// Marks the headers that carry credentials as [sensitive](HeaderValue::is_sensitive).
    pub fn mark_sensitive(&self, headers: &mut HeaderMap) {
        for (name, value) in headers {
            if self.is_credential(name) {
                value.set_sensitive(true);
            }
        }
    }

    fn is_credential(&self, name: &HeaderName) -> bool {
        is_credential(name.as_str().as_bytes(), &self.0.credentials)
    }

    /// How often this policy has had something to change.
    pub fn counts(&self) -> Counts {
        self.0.counters.now()
    }

    /// Whether this policy asks more than `tower-telemetry-semconv` keeps to by itself.
    ///
    /// If not, the texts of its [`Value`](tower_telemetry_semconv::Value)s need not be looked at again.
    #[inline]
    pub fn adds_to_semconv(&self) -> bool {
        self.0.adds_to_semconv
    }
}

impl Default for Sanitizer {
    /// The policy for production. It is one for the whole process, and so are its [counts](Self::counts).
    fn default() -> Self {
        static PRODUCTION: LazyLock<Sanitizer> = LazyLock::new(|| Sanitizer::builder().assemble());
        PRODUCTION.clone()
    }
}
