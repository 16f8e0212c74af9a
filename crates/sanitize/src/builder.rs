//! How a policy is configured.

use tower_telemetry_semconv::AllowedHeaders;

use crate::secrets::Secrets;
use crate::{HashKey, Keys, Query, Rule, Secret, Truncation};

/// Whether the texts of errors, of panics and `grpc-message`s are recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErrorTexts {
    /// Not recorded, since they may hold anything.
    #[default]
    Dropped,
    /// Recorded as any other text.
    Kept,
}

/// What becomes of ids in the [classic](crate::Sanitizer::classic) policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ids {
    /// A keyed hash, which stands for the id.
    Hashed,
    /// One of 10,000 groups, each of which has many ids.
    Grouped,
}

/// Settings for a [`Sanitizer`](crate::Sanitizer), which begin with the defaults for production.
///
/// # Which rule counts
///
/// For each key, one:
///
/// 1. A header that is known to carry credentials is redacted, whatever else is said.
/// 2. A rule for exactly this key.
/// 3. A rule that drops it.
/// 4. A key that ends like the name of a credential (`…password`, `…token`, `…api_key` and others, as the [crate's page](crate) lists them) is
///    redacted.
/// 5. Any other rule.
/// 6. The defaults.
///
/// Of several at the same place, the one given last counts.
#[derive(Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct SanitizerBuilder {
    pub(crate) rules: Vec<(Keys, Rule)>,
    pub(crate) truncation: Truncation,
    pub(crate) secrets: Secrets,
    pub(crate) query: Query,
    pub(crate) paths: Vec<Box<str>>,
    pub(crate) key: Option<HashKey>,
    pub(crate) headers: Option<AllowedHeaders>,
    pub(crate) credentials: Vec<String>,
    pub(crate) error_texts: ErrorTexts,
    #[cfg(feature = "opentelemetry_sdk")]
    pub(crate) limits: crate::otel::Limits,
}

impl SanitizerBuilder {
    pub(crate) fn new() -> Self {
        SanitizerBuilder {
            rules: Vec::new(),
            truncation: Truncation::default(),
            secrets: Secrets::default(),
            query: Query::default(),
            paths: Vec::new(),
            key: None,
            headers: None,
            credentials: Vec::new(),
            error_texts: ErrorTexts::default(),
            #[cfg(feature = "opentelemetry_sdk")]
            limits: crate::otel::Limits::default(),
        }
    }

    pub(crate) fn classic(key: HashKey, ids: Ids) -> Self {
        let rule = match ids {
            Ids::Hashed => Rule::Hash,
            Ids::Grouped => Rule::Group(10_000),
        };
        ["user_id", "request_id", "timestamp"]
            .into_iter()
            .fold(Self::new(), |builder, id| builder.with_rule(id, rule.clone()))
            .with_truncation(Truncation::chars(200).with_marker_after("..."))
            .with_hash_key(key)
    }

    /// Does this to the values of these keys: a text is one key, a prefix (`user.*`) or a glob (`*.email`).
    pub fn with_rule(mut self, keys: impl Into<Keys>, rule: Rule) -> Self {
        self.rules.push((keys.into(), rule));
        self
    }

    /// The key that values are hashed and grouped with.
    pub fn with_hash_key(mut self, key: HashKey) -> Self {
        self.key = Some(key);
        self
    }

    /// Cuts every text there, unless a rule says otherwise: by default at 1,024 bytes.
    pub fn with_truncation(mut self, truncation: Truncation) -> Self {
        self.truncation = truncation;
        self
    }

    /// Looks for these secrets in all texts. By default, for none.
    ///
    /// A text as long as the usual limit of 1,024 bytes may have been cut before it came here, and may end with half a secret: it loses its last
    /// word.
    pub fn with_secrets(mut self, secrets: impl IntoIterator<Item = Secret>) -> Self {
        secrets.into_iter().for_each(|secret| self.secrets.insert(secret));
        self
    }

    /// Treats the queries of URLs like this.
    pub fn with_query(mut self, query: Query) -> Self {
        self.query = query;
        self
    }

    /// Redacts the segments in braces in all URLs and paths, as in `/reset/{token}` or `/files/{*path}`.
    ///
    /// A `*` alone is any segment, which stays. A pattern without a slash before it, such as `keys/{key}`, is looked for anywhere in a path.
    /// Segments are compared after percent-decoding and without regard to case, and several slashes are one.
    pub fn with_redacted_path(mut self, pattern: impl Into<Box<str>>) -> Self {
        self.paths.push(pattern.into());
        self
    }

    /// Records no headers but these. By default all are that someone captures, but for those with credentials.
    pub fn with_headers(mut self, headers: AllowedHeaders) -> Self {
        self.headers = Some(headers);
        self
    }

    /// More headers that carry credentials, beside those that are [known](tower_telemetry_semconv::header::carries_credentials).
    pub fn with_credential_headers(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.credentials.extend(names.into_iter().map(Into::into));
        self
    }

    /// Says whether error texts are recorded. By default they are not.
    pub fn with_error_texts(mut self, texts: ErrorTexts) -> Self {
        self.error_texts = texts;
        self
    }
}
