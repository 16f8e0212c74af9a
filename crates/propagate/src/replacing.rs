//! Headers as any propagator writes them.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::propagation::{Injector, TextMapPropagator};

/// Headers of which the first one written removes all that its propagator wrote for a former context.
pub(crate) struct Replacing<'a> {
    headers: &'a mut HeaderMap,
    /// The propagator, until it has written.
    stale: Option<&'a dyn TextMapPropagator>,
}

impl<'a> Replacing<'a> {
    pub(crate) fn new(headers: &'a mut HeaderMap, propagator: &'a dyn TextMapPropagator) -> Self {
        let stale = Some(propagator);
        Self { headers, stale }
    }
}

impl Injector for Replacing<'_> {
    fn set(&mut self, key: &str, value: String) {
        if value.is_empty() {
            return;
        }
        for field in self.stale.take().into_iter().flat_map(TextMapPropagator::fields) {
            self.headers.remove(field);
        }
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(key), HeaderValue::try_from(value)) {
            // A map of 32,768 headers has no room and goes without.
            drop(self.headers.try_insert(name, value));
        }
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::Context;
    use opentelemetry::propagation::Extractor;
    use opentelemetry::propagation::text_map_propagator::FieldIter;

    use super::*;

    /// Writes what no header can hold.
    #[derive(Debug)]
    struct Careless([String; 1]);

    impl TextMapPropagator for Careless {
        fn inject_context(&self, _: &Context, injector: &mut dyn Injector) {
            injector.set("x-careless", "line\r\nx-forged: 1".to_owned());
            injector.set("no name", "value".to_owned());
        }

        fn extract_with_context(&self, cx: &Context, _: &dyn Extractor) -> Context {
            cx.clone()
        }

        fn fields(&self) -> FieldIter<'_> {
            FieldIter::new(&self.0)
        }
    }

    #[test]
    fn what_no_header_can_hold_is_left_out() {
        let mut outgoing =
            HeaderMap::from_iter([(HeaderName::from_static("x-careless"), HeaderValue::from_static("stale"))]);
        let careless = Careless(["X-Careless".to_owned()]);
        careless.inject_context(&Context::new(), &mut Replacing::new(&mut outgoing, &careless));
        assert_eq!(outgoing, HeaderMap::new());
    }
}
