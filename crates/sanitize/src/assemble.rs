//! How what was configured becomes a policy.

use std::sync::Arc;

use http::HeaderName;
use tower_telemetry_semconv::{attribute, text};

use crate::counts::Counters;
use crate::defaults;
use crate::keys::MAX_HEADER;
use crate::path::PathPattern;
use crate::policy::{Action, Policy};
use crate::table::Table;
use crate::url::UrlRules;
use crate::{ErrorTexts, InvalidPolicy, Keys, Rule, Sanitizer, SanitizerBuilder, Truncation};

impl SanitizerBuilder {
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
                true => rules.bits(Action::is_for_urls) & !rules.bits(|action| !action.is_for_urls()),
                false => 0,
            },
            rules,
            surely_whole: match self.secrets.is_empty() {
                true => self.truncation.surely_whole(),
                false => 0,
            },
            takes_cut_texts: !self.secrets.is_empty()
                && (self.truncation == Truncation::default() || self.truncation.surely_whole() > text::MAX_TEXT),
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
    use crate::{HashKey, Query, Secret};

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
