//! A propagator that carries nothing, on purpose.

use std::sync::OnceLock;

use opentelemetry::Context;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};

/// Carries nothing. As the global propagator it keeps [`Propagation`](crate::Propagation) from its default, which it falls back to
/// where no propagator is installed: this one is, and says so by a field that no header can be named like.
///
/// ```
/// use http::HeaderMap;
/// use opentelemetry::{Context, global};
/// use tower_telemetry_propagate::{NoPropagator, Propagation};
///
/// global::set_text_map_propagator(NoPropagator);
/// let caller = HeaderMap::from_iter([("traceparent".parse()?, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse()?)]);
/// let mut outgoing = HeaderMap::new();
/// let propagation = Propagation::default();
/// propagation.inject(&propagation.extract(&Context::new(), &caller), &mut outgoing);
/// assert!(outgoing.is_empty());
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPropagator;

impl TextMapPropagator for NoPropagator {
    fn inject_context(&self, _: &Context, _: &mut dyn Injector) {}

    fn extract_with_context(&self, cx: &Context, _: &dyn Extractor) -> Context {
        cx.clone()
    }

    fn fields(&self) -> FieldIter<'_> {
        static FIELDS: OnceLock<[String; 1]> = OnceLock::new();
        FieldIter::new(FIELDS.get_or_init(|| ["(none)".into()]))
    }
}
