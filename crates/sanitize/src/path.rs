//! Secrets in paths.

use std::ops::Range;

use tower_telemetry_semconv::percent;

use crate::InvalidPolicy;

/// A path, some segments of which are secret.
///
/// It is written as routers write a route: a segment in braces is redacted, `{*rest}` redacts all that follows, a `*` alone is any segment,
/// which stays, and all others stand for themselves. A pattern that begins with a slash stands at the beginning of the path, any other one anywhere.
#[derive(Clone, Debug)]
pub(crate) struct PathPattern {
    segments: Box<[Segment]>,
    anchored: bool,
}

#[derive(Clone, Debug)]
enum Segment {
    Literal(Box<str>),
    Any,
    Secret,
    Rest,
}

impl PathPattern {
    pub(crate) fn new(pattern: &str) -> Result<Self, InvalidPolicy> {
        let segments: Box<[Segment]> = pattern
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(Segment::new)
            .collect();
        let redacts = |segment: &Segment| matches!(segment, Segment::Secret | Segment::Rest);
        match segments.iter().any(redacts) {
            true => Ok(PathPattern {
                segments,
                anchored: pattern.starts_with('/'),
            }),
            false => Err(InvalidPolicy::NothingToRedact(pattern.into())),
        }
    }

    /// Adds where this pattern finds a secret in a path.
    pub(crate) fn find(&self, path: &str, secrets: &mut Vec<Range<usize>>) {
        let mut starts = segments(path);
        loop {
            let here = starts.clone();
            if starts.next().is_none() {
                return;
            }
            self.find_at(here, path.len(), secrets);
            if self.anchored {
                return;
            }
        }
    }

    fn find_at<'a>(
        &self,
        mut path: impl Iterator<Item = (usize, &'a str)>,
        end: usize,
        secrets: &mut Vec<Range<usize>>,
    ) {
        let before = secrets.len();
        for segment in &self.segments {
            let found = path.next().filter(|(_, text)| segment.is(text));
            let Some((at, text)) = found else {
                secrets.truncate(before);
                return;
            };
            match segment {
                Segment::Literal(_) | Segment::Any => {}
                Segment::Secret => secrets.push(at..at + text.len()),
                Segment::Rest => secrets.push(at..end),
            }
        }
    }
}

impl Segment {
    fn new(text: &str) -> Self {
        match text {
            "*" => Segment::Any,
            text if text.starts_with("{*") && text.ends_with('}') => Segment::Rest,
            text if text.starts_with('{') && text.ends_with('}') => Segment::Secret,
            text => Segment::Literal(text.into()),
        }
    }

    fn is(&self, text: &str) -> bool {
        let Segment::Literal(literal) = self else {
            return true;
        };
        // Matrix parameters, spelling and case may be as they like.
        let name = text.split(';').next().unwrap_or_default();
        let decoded = percent::bytes(name.as_bytes()).map(|byte| byte.to_ascii_lowercase());
        decoded.eq(literal.bytes().map(|byte| byte.to_ascii_lowercase()))
    }
}

/// The segments of a path that are not empty, and where they stand. Servers may take several slashes for one.
fn segments(path: &str) -> impl Iterator<Item = (usize, &str)> + Clone {
    let mut at = 0;
    let segments = path.split('/').map(move |segment| {
        let start = at;
        at += segment.len() + 1;
        (start, segment)
    });
    segments.filter(|(_, segment)| !segment.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'p>(pattern: &str, path: &'p str) -> Vec<&'p str> {
        let mut secrets = Vec::new();
        PathPattern::new(pattern).unwrap().find(path, &mut secrets);
        secrets.into_iter().map(|secret| &path[secret]).collect()
    }

    #[test]
    fn segments_in_braces_are_found() {
        let rows: [(&str, &str, &[&str]); 14] = [
            ("/reset/{token}", "/reset/s3cret", &["s3cret"]),
            ("/reset/{token}", "/reset/s3cret/done", &["s3cret"]),
            ("/reset/{token}", "//reset//s3cret", &["s3cret"]),
            ("/reset/{token}", "/r%65se%2574/s3cret", &["s3cret"]),
            ("/reset/{token}", "/Reset;v=1/s3cret;a=b", &["s3cret;a=b"]),
            ("/reset/{token}", "/api/reset/s3cret", &[]),
            ("/reset/{token}", "/reset", &[]),
            ("/reset/{token}", "/resets/s3cret", &[]),
            ("reset/{token}", "/api/reset/s3cret/reset/other", &["s3cret", "other"]),
            ("/{user}/keys/{key}", "/ada/keys/k1", &["ada", "k1"]),
            ("/*/keys/{key}", "/ada/keys/k1", &["k1"]),
            ("/*/keys/{key}", "/ada/locks/k1", &[]),
            ("/files/{*path}", "/files/a/b%2Fc", &["a/b%2Fc"]),
            ("{all}", "/é/b", &["é", "b"]),
        ];
        for (pattern, path, secrets) in rows {
            assert_eq!(found(pattern, path), secrets, "{pattern} in {path}");
        }
    }

    #[test]
    fn a_pattern_that_redacts_nothing_is_an_error() {
        for pattern in ["", "/", "/reset/token", "/*", "/{", "/a{b}"] {
            assert!(PathPattern::new(pattern).is_err(), "{pattern}");
        }
    }
}
