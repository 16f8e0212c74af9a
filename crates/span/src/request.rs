//! What one request wants of its span: request extensions.

use std::borrow::Cow;

use http::{Extensions, request};
use opentelemetry::KeyValue;

/// A request extension: no span for this request. Its headers carry the context around the call instead.
///
/// ```
/// use tower_telemetry_span::NoSpan;
///
/// let mut request = http::Request::new(());
/// request.extensions_mut().insert(NoSpan);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSpan;

/// A request extension: the name of this request's span, of low cardinality. Where it is not about the name alone, a route or a URL
/// template serves better: metrics have those, too.
///
/// ```
/// use tower_telemetry_span::SpanName;
///
/// let mut request = http::Request::new(());
/// request.extensions_mut().insert(SpanName::new("refresh prices"));
/// ```
#[derive(Clone, Debug)]
pub struct SpanName(Cow<'static, str>);

/// A request extension: attributes of your own for this request's span. They are given to samplers, and recorded as far
/// as the [policy](crate::Spans::with_sanitizer) lets them.
///
/// ```
/// use opentelemetry::KeyValue;
/// use tower_telemetry_span::SpanAttributes;
///
/// let mut request = http::Request::new(());
/// request.extensions_mut().insert(SpanAttributes::new([KeyValue::new("shop.tenant", "north")]));
/// ```
#[derive(Clone, Debug, Default)]
pub struct SpanAttributes(Vec<KeyValue>);

impl SpanName {
    /// The name. An empty one counts as none.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        SpanName(name.into())
    }

    pub(crate) fn of(request: Option<&request::Parts>) -> Option<&Cow<'static, str>> {
        let SpanName(name) = request?.extensions.get()?;
        (!name.is_empty()).then_some(name)
    }
}

impl SpanAttributes {
    /// These attributes.
    pub fn new(attributes: impl IntoIterator<Item = KeyValue>) -> Self {
        SpanAttributes(attributes.into_iter().collect())
    }

    pub(crate) fn of(extensions: &Extensions) -> &[KeyValue] {
        let given = extensions.get();
        given.map_or(&[], |SpanAttributes(attributes)| attributes)
    }
}
