//! Labels of the application's own, as they may be written down.

use std::fmt;

use prometheus_client::encoding::text::encode_registry;
use prometheus_client::encoding::{EncodeLabelSet, EncodeMetric, LabelSetEncoder, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;
use tower_telemetry_sanitize::Sanitizer;

use crate::encode::encode_gauge;

/// The labels of a series, once a policy has seen them.
#[derive(Debug)]
pub(crate) enum Written<L> {
    /// They stay as they are, and are found by what they are.
    Own(L),
    /// The policy wants others. What these were is kept nowhere.
    Changed(Pairs),
}

/// The keys and values of labels.
pub(crate) type Pairs = Vec<(String, String)>;

impl<L: Eq> Written<L> {
    #[inline]
    pub(crate) fn are(&self, labels: &L) -> bool {
        matches!(self, Written::Own(known) if known == labels)
    }
}

impl<L: EncodeLabelSet> EncodeLabelSet for Written<L> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        match self {
            Written::Own(labels) => labels.encode(encoder),
            Written::Changed(pairs) => pairs.encode(encoder),
        }
    }
}

/// These labels as a policy wants them, and what tells their series from others: to Prometheus, in whatever order they come, and without the
/// empty ones.
///
/// What cannot be encoded cannot be shown either.
pub(crate) fn written<L>(labels: &L, sanitizer: &Sanitizer) -> Option<(Written<L>, Pairs)>
where
    L: EncodeLabelSet + Clone + Send + Sync + 'static,
{
    let mut shown = pairs(labels)?;
    let mut changed = false;
    for (key, value) in &mut shown {
        let allowed = sanitizer.label(key, value);
        if allowed != *value {
            *value = allowed.into_owned();
            changed = true;
        }
    }
    let written = match changed {
        true => Written::Changed(shown.clone()),
        false => Written::Own(labels.clone()),
    };
    shown.retain(|(_, value)| !value.is_empty());
    shown.sort_unstable();
    Some((written, shown))
}

/// The labels one by one. An encoder for them cannot be had but from a registry.
fn pairs<L>(labels: &L) -> Option<Pairs>
where
    L: EncodeLabelSet + Clone + Send + Sync + 'static,
{
    let mut registry = Registry::default();
    registry.register("x", "x", One(labels.clone()));
    let mut text = String::new();
    encode_registry(&mut text, &registry).ok()?;
    let (_, mut rest) = text.split_once("\nx{")?;
    let mut pairs = Pairs::new();
    while let Some((key, behind)) = rest.split_once("=\"") {
        let (value, behind) = unescape(behind)?;
        pairs.push((key.to_owned(), value));
        rest = behind.strip_prefix(',').unwrap_or_default();
    }
    Some(pairs)
}

/// Reads to the quote, and gives what is behind it.
fn unescape(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next()? {
            '"' => return Some((value, chars.as_str())),
            '\\' => value.push(match chars.next()? {
                'n' => '\n',
                other => other,
            }),
            other => value.push(other),
        }
    }
}

/// A gauge with these labels.
struct One<L>(L);

impl<L: EncodeLabelSet> EncodeMetric for One<L> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        encode_gauge(encoder.encode_family(&self.0)?, 0)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Gauge
    }
}

impl<L> fmt::Debug for One<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("One").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_as_they_were_written() {
        let hostile = "a\"b\\n\n,c=\"d\"}";
        let labels = [("first", hostile.to_owned()), ("second", String::new())];
        let expected = labels.clone().map(|(key, value)| (key.to_owned(), value));
        assert_eq!(pairs(&labels).as_deref(), Some(&expected[..]));
        assert_eq!(pairs(&Pairs::new()).as_deref(), Some(&[][..]));
    }

    #[test]
    fn what_a_policy_leaves_alone_is_not_changed() {
        let policy = Sanitizer::default();
        let own = written(&[("tenant", "a")], &policy);
        assert!(matches!(own, Some((Written::Own([("tenant", "a")]), _))), "{own:?}");
        let redacted = Pairs::from([("session_token".to_owned(), "REDACTED".to_owned())]);
        match written(&[("session_token", "c2VjcmV0")], &policy) {
            Some((Written::Changed(pairs), shown)) => assert_eq!((&pairs, &shown), (&redacted, &redacted)),
            other => panic!("{other:?}"),
        }
    }
}
