//! How a policy is configured.

use std::sync::Arc;

use http::HeaderName;
use tower_telemetry_semconv::{AllowedHeaders, attribute, text};

use crate::counts::Counters;
use crate::defaults;
use crate::keys::MAX_HEADER;
use crate::path::PathPattern;
use crate::policy::{Action, Policy};
use crate::secrets::Secrets;
use crate::table::Table;
use crate::url::UrlRules;
use crate::{HashKey, InvalidPolicy, Keys, Query, Rule, Sanitizer, Secret, Truncation};

/// Whether the texts of errors, of panics and `grpc-message`s are recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErrorTexts {
    /// Not recorded, since they may hold anything.
    #[default]
    Dropped,
    /// Recorded as any other text.
    Kept,
}

/// What becomes of ids in the [classic](Sanitizer::classic) policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ids {
    /// A keyed hash, which stands for the id.
    Hashed,
    /// One of 10,000 groups, each of which has many ids.
    Grouped,
}

/// Settings for a [`Sanitizer`], which begin with the defaults for production.
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
    rules: Vec<(Keys, Rule)>,
    truncation: Truncation,
    secrets: Secrets,
    query: Query,
    paths: Vec<Box<str>>,
    key: Option<HashKey>,
    headers: Option<AllowedHeaders>,
    credentials: Vec<String>,
    error_texts: ErrorTexts,
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

    /// Builds the policy.
    ///
    /// # Errors
    ///
    /// When a rule hashes or groups and there is no key, when a rule or a pattern does nothing, when a marker has no room, and for names that
    /// no header can have.
    pub fn build(mut self) -> Result<Sanitizer, InvalidPolicy> {
        self.truncation.check()?;
        for (_, rule) in &self.rules {
            match rule {
                Rule::Group(0) => return Err(InvalidPolicy::NoGroups),
                Rule::Hash | Rule::Group(_) if self.key.is_none() => return Err(InvalidPolicy::NoHashKey),
                Rule::Truncate(truncation) => truncation.check()?,
                _ => {}
            }
        }
        for name in &mut self.credentials {
            match HeaderName::from_bytes(name.as_bytes()) {
                Ok(header) if name.len() <= MAX_HEADER => *name = header.as_str().to_owned(),
                _ => return Err(InvalidPolicy::NoHeaderName(text::clean(name).into())),
            }
        }
        for pattern in &self.paths {
            PathPattern::new(pattern)?;
        }
        Ok(self.assemble())
    }

    /// Builds what has been checked.
    pub(crate) fn assemble(self) -> Sanitizer {
        let urls = UrlRules::new(
            &self.query,
            self.paths
                .iter()
                .filter_map(|pattern| PathPattern::new(pattern).ok())
                .collect(),
        );
        let adds_to_semconv = !urls.are_standard()
            || !self.secrets.is_empty()
            || self.truncation != Truncation::default()
            || self.rules.iter().any(|(keys, _)| may_be_said_by_semconv(keys));
        let credentials: Box<[Box<str>]> = self.credentials.into_iter().map(Into::into).collect();
        let rules = Table::new(in_order(self.rules, &credentials, self.error_texts));
        Sanitizer(Arc::new(Policy {
            #[cfg(feature = "opentelemetry")]
            url_rules: match urls.are_standard() {
                true => rules.bits(|action| matches!(action, Action::Path | Action::Query | Action::Rule(Rule::Url))),
                false => 0,
            },
            rules,
            surely_whole: match self.secrets.is_empty() {
                true => self.truncation.surely_whole(),
                false => 0,
            },
            truncation: self.truncation,
            secrets: self.secrets,
            urls,
            key: self.key,
            headers: self.headers,
            credentials,
            error_texts: self.error_texts,
            #[cfg(feature = "opentelemetry_sdk")]
            limits: self.limits,
            counters: Counters::default(),
            #[cfg(feature = "opentelemetry")]
            mapped: crate::otel::Settled::default(),
            adds_to_semconv,
        }))
    }
}

/// All rules, in the order in which they count.
fn in_order(given: Vec<(Keys, Rule)>, credentials: &[Box<str>], error_texts: ErrorTexts) -> Vec<(Keys, Action)> {
    let mut exact = Vec::new();
    let mut drops = Vec::new();
    let mut others = Vec::new();
    for (keys, rule) in given.into_iter().rev() {
        let place = match rule {
            _ if keys.is_exact() => &mut exact,
            Rule::Drop => &mut drops,
            _ => &mut others,
        };
        place.push((keys, Action::Rule(rule)));
    }
    let mut rules = defaults::credential_headers(credentials);
    rules.append(&mut exact);
    rules.append(&mut drops);
    rules.extend(defaults::credential_names());
    rules.append(&mut others);
    rules.extend(defaults::others(error_texts));
    rules
}

/// Whether one of these keys could be an attribute that semconv says.
fn may_be_said_by_semconv(keys: &Keys) -> bool {
    let first = keys.shape().first;
    attribute::NAMESPACES.iter().any(|namespace| {
        let common = first.len().min(namespace.len());
        first[..common].eq_ignore_ascii_case(&namespace.as_bytes()[..common])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> HashKey {
        HashKey::new([1; 32]).unwrap()
    }

    #[test]
    fn what_cannot_work_is_no_policy() {
        let rule = |rule| Sanitizer::builder().with_rule("a", rule).build().map(|_| ());
        assert_eq!(rule(Rule::Hash), Err(InvalidPolicy::NoHashKey));
        assert_eq!(rule(Rule::Group(10)), Err(InvalidPolicy::NoHashKey));
        let groups = Sanitizer::builder().with_hash_key(key()).with_rule("a", Rule::Group(0));
        assert_eq!(groups.build().map(|_| ()), Err(InvalidPolicy::NoGroups));
        assert!(rule(Rule::Truncate(Truncation::bytes(1).with_marker("..."))).is_err());
        let builder = Sanitizer::builder;
        assert!(
            builder()
                .with_truncation(Truncation::chars(1).with_marker(".."))
                .build()
                .is_err()
        );
        assert!(builder().with_redacted_path("/reset/token").build().is_err());
        for name in ["", "a b", &"x".repeat(65)] {
            let error = builder().with_credential_headers([name]).build().unwrap_err();
            assert!(error.to_string().contains("header"));
        }
    }

    #[test]
    fn the_rule_that_counts_is_the_closest_one() {
        let policy = Sanitizer::builder()
            .with_rule("db.*", Rule::Keep)
            .with_rule("db.name", Rule::Redact)
            .with_rule("db.token", Rule::Keep)
            .with_rule("internal.*", Rule::Drop)
            .with_rule("http.request.header.*", Rule::Keep)
            .with_rule("http.request.header.cookie", Rule::Keep)
            .with_rule("twice", Rule::Redact)
            .with_rule("twice", Rule::Keep)
            .with_rule("exception.message", Rule::Keep)
            .build()
            .unwrap();
        let rows = [
            ("db.name", Some("REDACTED")),
            ("db.password", Some("REDACTED")),
            ("db.token", Some("v")),
            ("db.other", Some("v")),
            ("internal.password", None),
            ("http.request.header.accept", Some("v")),
            ("http.request.header.cookie", Some("REDACTED")),
            ("twice", Some("v")),
            ("exception.message", Some("v")),
            ("exception.stacktrace", None),
        ];
        for (key, value) in rows {
            assert_eq!(policy.value(key, "v").as_deref(), value, "{key}");
        }
    }

    #[test]
    fn a_policy_knows_whether_it_adds_to_semconv() {
        assert!(!Sanitizer::default().adds_to_semconv());
        let rule = |keys: &str| Sanitizer::builder().with_rule(keys, Rule::Redact).build().unwrap();
        for keys in ["user.*", "user.id", "db.*", "https.x"] {
            assert!(!rule(keys).adds_to_semconv(), "{keys}");
        }
        for keys in ["user_agent.original", "*agent", "u*", "URL.path", "http.*", "*"] {
            assert!(rule(keys).adds_to_semconv(), "{keys}");
        }
        assert!(
            Sanitizer::builder()
                .with_secrets([Secret::Jwt])
                .build()
                .unwrap()
                .adds_to_semconv()
        );
        assert!(
            Sanitizer::builder()
                .with_query(Query::Drop)
                .build()
                .unwrap()
                .adds_to_semconv()
        );
    }
}
