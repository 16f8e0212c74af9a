//! What one request wants of its span.

use std::borrow::Cow;

use http::request;
use opentelemetry::KeyValue;

/// A request extension: what this one request wants of its span.
///
/// ```
/// use opentelemetry::KeyValue;
/// use tower_telemetry_span::RequestSpan;
///
/// let wish = RequestSpan::new()
///     .with_name("refresh prices")
///     .with_attributes([KeyValue::new("shop.tenant", "north")]);
/// let mut request = http::Request::new(());
/// request.extensions_mut().insert(wish);
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct RequestSpan {
    wanted: Wanted,
    name: Cow<'static, str>,
    attributes: Vec<KeyValue>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Wanted {
    #[default]
    Yes,
    No,
}

impl RequestSpan {
    /// A span as any other.
    pub fn new() -> Self {
        Self::default()
    }

    /// No span for this request. Its headers carry the context around the call instead.
    pub fn none() -> Self {
        RequestSpan {
            wanted: Wanted::No,
            ..Self::default()
        }
    }

    /// Names the span. Keep such names few; an empty one counts as none. Where it is not about the name alone, a route or a URL template
    /// serves better: metrics have those, too.
    pub fn with_name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = name.into();
        self
    }

    /// Adds attributes of your own, as far as the [policy](crate::Spans::with_sanitizer) lets them. Samplers are given them.
    pub fn with_attributes(mut self, attributes: impl IntoIterator<Item = KeyValue>) -> Self {
        self.attributes.extend(attributes);
        self
    }

    pub(crate) fn of(request: Option<&request::Parts>) -> Option<&Self> {
        request?.extensions.get()
    }

    pub(crate) fn is_none(&self) -> bool {
        self.wanted == Wanted::No
    }

    pub(crate) fn name(&self) -> Option<&Cow<'static, str>> {
        (!self.name.is_empty()).then_some(&self.name)
    }

    pub(crate) fn attributes(&self) -> &[KeyValue] {
        &self.attributes
    }
}
