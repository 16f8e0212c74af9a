//! Headers as any propagator reads them.

use http::{HeaderMap, HeaderName};
use opentelemetry::propagation::Extractor;

/// What stands for a line that is not ASCII: no propagator takes it for valid, and none takes it for absent.
const UNREADABLE: &str = "\u{fffd}";

/// Received headers. A line that is not ASCII counts: of two `traceparent` lines, none is the only one.
pub(crate) struct Received<'a>(pub(crate) &'a HeaderMap);

impl Extractor for Received<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }

    fn get_all(&self, key: &str) -> Option<Vec<&str>> {
        let lines = self.0.get_all(key).iter();
        let lines: Vec<_> = lines.map(|line| line.to_str().unwrap_or(UNREADABLE)).collect();
        (!lines.is_empty()).then_some(lines)
    }
}
