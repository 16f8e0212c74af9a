//! One rule: which spans, and how many of them.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use opentelemetry::trace::SpanKind;
use opentelemetry::{Context, KeyValue};
use tower_telemetry_propagate::SamplingHint;

use super::pattern::Pattern;
use super::rate::Bucket;
use super::ratio::Ratio;

const METHOD: &str = "http.request.method";
const ROUTE: &str = "http.route";
const PATH: &str = "url.path";

/// Which spans are meant, and which share of their traces is recorded. A rule without conditions means all.
///
/// Conditions are texts in which `*` stands for any text; all of a rule's conditions have to hold. See [`Rules`](crate::Rules).
#[derive(Debug, Clone)]
#[must_use]
pub struct Rule {
    pub(super) ratio: Ratio,
    name: Option<Pattern>,
    kind: Option<SpanKind>,
    attributes: Vec<(Cow<'static, str>, Pattern)>,
    hint: Option<Pattern>,
    pub(super) limit: Option<(f64, Arc<Bucket>)>,
}

/// What is known of a span before it starts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start<'a> {
    pub(super) parent: Option<&'a Context>,
    pub(super) name: &'a str,
    pub(super) kind: &'a SpanKind,
    pub(super) attributes: &'a [KeyValue],
}

impl Rule {
    /// This share of the traces, from 0 to 1: always the same ones, by their trace ids. More is all of them, and less, or not a number, none.
    pub fn sample(ratio: f64) -> Self {
        Self {
            ratio: Ratio::new(ratio),
            name: None,
            kind: None,
            attributes: Vec::new(),
            hint: None,
            limit: None,
        }
    }

    /// All traces.
    pub fn always() -> Self {
        Self::sample(1.0)
    }

    /// No trace.
    pub fn never() -> Self {
        Self::sample(0.0)
    }

    /// Spans of this name, such as `POST /orders/{item}`, as it is at their start.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(Pattern::new(name));
        self
    }

    /// Spans of this kind.
    pub fn with_kind(mut self, kind: SpanKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Spans that start with this attribute; other values than texts are compared as they are printed.
    pub fn with_attribute(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.attributes.push((key.into(), Pattern::new(value)));
        self
    }

    /// Spans of this route (`http.route`).
    pub fn with_route(self, route: impl Into<String>) -> Self {
        self.with_attribute(ROUTE, route)
    }

    /// Spans of this method (`http.request.method`).
    pub fn with_method(self, method: impl Into<String>) -> Self {
        self.with_attribute(METHOD, method)
    }

    /// Spans of this path (`url.path`).
    pub fn with_path(self, path: impl Into<String>) -> Self {
        self.with_attribute(PATH, path)
    }

    /// Spans below a [`SamplingHint`], which `ExtractLayer::with_sampling_hint` places.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(Pattern::new(hint));
        self
    }

    /// No more than so many traces a second by this rule, whatever the share.
    pub fn with_rate_limit(mut self, per_second: f64) -> Self {
        self.limit = Some((per_second, Arc::new(Bucket::new(per_second))));
        self
    }

    pub(super) fn matches(&self, start: &Start<'_>) -> bool {
        let attribute = |(key, pattern): &(Cow<'static, str>, Pattern)| {
            let mut values = start
                .attributes
                .iter()
                .filter(|attribute| attribute.key.as_str() == key);
            values.any(|attribute| pattern.matches(&attribute.value.as_str()))
        };
        let hint = |pattern: &Pattern| {
            let hint = start.parent.and_then(SamplingHint::of);
            hint.is_some_and(|hint| pattern.matches(hint.as_str()))
        };
        self.kind.as_ref().is_none_or(|kind| kind == start.kind)
            && self.name.as_ref().is_none_or(|name| name.matches(start.name))
            && self.hint.as_ref().is_none_or(hint)
            && self.attributes.iter().all(attribute)
    }
}

/// `100 % of spans named POST /checkout`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.ratio.get() * 100.0)?;
        if let Some((per_second, _)) = &self.limit {
            write!(f, ", at most {per_second} a second,")?;
        }
        f.write_str(" of spans")?;
        if let Some(name) = &self.name {
            write!(f, " named {name}")?;
        }
        if let Some(kind) = &self.kind {
            write!(f, " of kind {kind:?}")?;
        }
        for (key, value) in &self.attributes {
            write!(f, " with {key} {value}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, " with the hint {hint}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(rule: &Rule, parent: Option<&Context>) -> bool {
        rule.matches(&Start {
            parent,
            name: "POST /checkout",
            kind: &SpanKind::Server,
            attributes: &[
                KeyValue::new(METHOD, "POST"),
                KeyValue::new(ROUTE, "/checkout"),
                KeyValue::new(PATH, "/checkout"),
                KeyValue::new("server.port", 443),
            ],
        })
    }

    #[test]
    fn all_conditions_have_to_hold() {
        let any = Rule::always;
        for rule in [
            any(),
            any().with_name("POST *"),
            any().with_kind(SpanKind::Server),
            any().with_route("/checkout").with_method("POST").with_path("/check*"),
            any().with_attribute("server.port", "443"),
        ] {
            assert!(matches(&rule, None), "{rule}");
        }
        for rule in [
            any().with_name("GET *"),
            any().with_kind(SpanKind::Client),
            any().with_route("/checkout").with_method("PUT"),
            any().with_attribute("server.address", "*"),
            any().with_hint("*"),
        ] {
            assert!(!matches(&rule, None), "{rule}");
        }
    }

    #[test]
    fn a_hint_is_found_in_the_parent_context() {
        let parent = SamplingHint::new("debug").within(&Context::new());
        assert!(matches(&Rule::always().with_hint("debug"), Some(&parent)));
        assert!(!matches(&Rule::always().with_hint("vip"), Some(&parent)));
        assert!(!matches(&Rule::always().with_hint("debug"), Some(&Context::new())));
    }

    #[test]
    fn a_rule_reads_as_a_sentence() {
        let rule = Rule::sample(0.5).with_route("/a").with_hint("vip").with_rate_limit(3.0);
        assert_eq!(
            rule.to_string(),
            "50 %, at most 3 a second, of spans with http.route /a with the hint vip"
        );
    }
}
