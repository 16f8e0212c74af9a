//! What may be seen of a URL.

use std::borrow::Cow;
use std::ops::Range;

use tower_telemetry_semconv::url::{REDACTED, RedactedKeys, path_of, redact_path, redact_query, redact_url};

use crate::path::PathPattern;

/// What is done to the query of a URL. Keys are compared after percent-decoding: `s%69g` is `sig`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Query {
    /// The values of the keys that the semantic conventions list
    /// ([`REDACTED_QUERY_KEYS`](tower_telemetry_semconv::url::REDACTED_QUERY_KEYS)) become `REDACTED`.
    #[default]
    Spec,
    /// The values of these keys and no others become `REDACTED`.
    Keys(Vec<String>),
    /// All values become `REDACTED`. Keys stay.
    AllValues,
    /// Queries are left out, and so are fragments.
    Drop,
}

#[derive(Debug, Default)]
pub(crate) struct UrlRules {
    /// `None` where queries are left out.
    keys: Option<RedactedKeys>,
    paths: Box<[PathPattern]>,
    are_standard: bool,
}

impl UrlRules {
    pub(crate) fn new(query: &Query, paths: Vec<PathPattern>) -> Self {
        UrlRules {
            keys: match query {
                Query::Spec => Some(RedactedKeys::default()),
                Query::Keys(keys) => Some(RedactedKeys::new(keys)),
                Query::AllValues => Some(RedactedKeys::all()),
                Query::Drop => None,
            },
            are_standard: paths.is_empty() && *query == Query::Spec,
            paths: paths.into(),
        }
    }

    /// Whether these are the rules that semconv keeps by itself.
    pub(crate) fn are_standard(&self) -> bool {
        self.are_standard
    }

    /// A URL, absolute or not.
    pub(crate) fn url<'a>(&self, url: &'a str) -> Cow<'a, str> {
        let redacted = match &self.keys {
            Some(keys) => redact_url(url, keys),
            None => {
                let end = url.find(['?', '#']).unwrap_or(url.len());
                redact_url(&url[..end], &RedactedKeys::default())
            }
        };
        let redacted = then(redacted, |url| self.segments(url, path_of(url)));
        // It may be a path after all.
        let redacted = match redacted.starts_with("//") {
            true => then(redacted, |path| self.segments(path, 0..path_of(path).end)),
            false => redacted,
        };
        changed(url, redacted)
    }

    /// A path alone.
    pub(crate) fn path<'a>(&self, path: &'a str) -> Cow<'a, str> {
        let standard = RedactedKeys::default();
        let redacted = redact_path(path, self.keys.as_ref().unwrap_or(&standard));
        changed(path, then(redacted, |path| self.segments(path, 0..path.len())))
    }

    /// A query alone, without its `?`.
    pub(crate) fn query<'a>(&self, query: &'a str) -> Option<Cow<'a, str>> {
        let keys = self.keys.as_ref()?;
        Some(changed(query, redact_query(query, keys)))
    }

    fn segments<'a>(&self, text: &'a str, path: Range<usize>) -> Cow<'a, str> {
        if self.paths.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut secrets = Vec::new();
        for pattern in &self.paths {
            pattern.find(&text[path.clone()], &mut secrets);
        }
        let mut redacted = String::new();
        let mut copied = 0;
        for secret in merged(secrets) {
            let (start, end) = (path.start + secret.start, path.start + secret.end);
            if text[start..end] != *REDACTED {
                redacted.push_str(&text[copied..start]);
                redacted.push_str(REDACTED);
                copied = end;
            }
        }
        match copied {
            0 => Cow::Borrowed(text),
            _ => Cow::Owned(redacted + &text[copied..]),
        }
    }
}

/// Ranges in order, of which those that overlap are one.
fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_unstable_by_key(|range| range.start);
    ranges.dedup_by(|next, before| {
        let overlap = next.start < before.end;
        if overlap {
            before.end = before.end.max(next.end);
        }
        overlap
    });
    ranges
}

/// What was redacted before is unchanged.
fn changed<'a>(before: &'a str, after: Cow<'a, str>) -> Cow<'a, str> {
    match after == before {
        true => Cow::Borrowed(before),
        false => after,
    }
}

/// One step after the other, each of which may leave the text as it is.
pub(crate) fn then<'a>(text: Cow<'a, str>, next: impl FnOnce(&str) -> Cow<'_, str>) -> Cow<'a, str> {
    match text {
        Cow::Borrowed(text) => next(text),
        Cow::Owned(text) => match next(&text) {
            Cow::Borrowed(same) if same.len() == text.len() => Cow::Owned(text),
            changed => Cow::Owned(changed.into_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(query: &Query, paths: &[&str]) -> UrlRules {
        let paths = paths.iter().map(|path| PathPattern::new(path).unwrap());
        UrlRules::new(query, paths.collect())
    }

    #[test]
    fn queries_are_treated_as_told() {
        let url = "https://u:p@h/a;sig=s?b=c&s%69g=d#e";
        let keys = || vec!["b".to_owned()];
        let rows = [
            (
                Query::Spec,
                "https://REDACTED:REDACTED@h/a;sig=REDACTED?b=c&s%69g=REDACTED#e",
            ),
            (
                Query::Keys(keys()),
                "https://REDACTED:REDACTED@h/a;sig=s?b=REDACTED&s%69g=d#e",
            ),
            (
                Query::Keys(Vec::new()),
                "https://REDACTED:REDACTED@h/a;sig=s?b=c&s%69g=d#e",
            ),
            (
                Query::AllValues,
                "https://REDACTED:REDACTED@h/a;sig=REDACTED?b=REDACTED&s%69g=REDACTED#REDACTED",
            ),
            (Query::Drop, "https://REDACTED:REDACTED@h/a;sig=REDACTED"),
        ];
        for (query, redacted) in rows {
            let rules = rules(&query, &[]);
            assert_eq!(rules.url(url), redacted);
            assert_eq!(rules.url(redacted), redacted);
        }
        assert_eq!(rules(&Query::Drop, &[]).query("a=b"), None);
        assert_eq!(
            rules(&Query::AllValues, &[]).query("a=b").as_deref(),
            Some("a=REDACTED")
        );
    }

    #[test]
    fn segments_of_paths_are_redacted_in_urls_and_alone() {
        let rules = rules(&Query::Spec, &["/reset/{token}", "keys/{*rest}", "/{a}/x/{b}"]);
        let rows = [
            (
                "https://h/reset/s3cret?a=/reset/b",
                "https://h/reset/REDACTED?a=/reset/b",
            ),
            ("/reset/s3cret/keys/a/b#c", "/reset/REDACTED/keys/REDACTED#c"),
            ("/keys/x/b", "/REDACTED/REDACTED"),
            ("/reset/REDACTED", "/reset/REDACTED"),
            ("/p/reset/s", "/p/reset/s"),
        ];
        for (url, redacted) in rows {
            assert_eq!(rules.url(url), redacted, "{url}");
            assert_eq!(rules.url(redacted), redacted, "{url}");
        }
        assert_eq!(rules.path("/a/x/b/c"), "/REDACTED/x/REDACTED/c");
    }

    #[test]
    fn what_is_clean_is_borrowed() {
        let rules = rules(&Query::Spec, &["/reset/{token}"]);
        for url in ["https://h/a?b=c", "/reset", "/a/b", "/reset/REDACTED", ""] {
            assert!(matches!(rules.url(url), Cow::Borrowed(same) if same == url), "{url}");
        }
    }
}
