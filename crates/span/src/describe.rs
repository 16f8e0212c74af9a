//! From plain data to attributes: the one place where that happens.

use std::borrow::Cow;

use http::request;
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;
use tower_telemetry_observe::PlainCall;
use tower_telemetry_semconv::{Client, HttpCall, Server, Value};

/// A call's facts that a span can be made of.
pub trait Describe {
    /// The kind of span.
    fn kind(&self) -> SpanKind;

    /// The span's name: of low cardinality.
    fn span_name(&self) -> Cow<'static, str>;

    /// The route, where the call has one and it is known yet. When it comes late, the span is renamed at its end.
    fn route(&self) -> Option<&str> {
        None
    }

    /// Whether calls like this one have a route as a rule.
    fn misses_route(&self) -> bool {
        false
    }

    /// Attributes that are known at the start. `request` is the request's head, if the call has one.
    fn describe_request(&self, request: Option<&request::Parts>, attributes: &mut Vec<KeyValue>);

    /// Attributes that came with the response.
    fn describe_response(&self, add: impl FnMut(KeyValue));
}

impl Describe for HttpCall<Server> {
    fn kind(&self) -> SpanKind {
        SpanKind::Server
    }

    fn span_name(&self) -> Cow<'static, str> {
        HttpCall::span_name(self)
    }

    fn route(&self) -> Option<&str> {
        HttpCall::route(self)
    }

    fn misses_route(&self) -> bool {
        let served = self.status().is_some_and(|status| status.is_success());
        served && HttpCall::route(self).is_none()
    }

    fn describe_request(&self, request: Option<&request::Parts>, attributes: &mut Vec<KeyValue>) {
        if let Some(request) = request {
            self.describe_request(request, |key, value| attributes.push(attribute(key, value)));
        }
    }

    fn describe_response(&self, mut add: impl FnMut(KeyValue)) {
        self.describe_response(|key, value| add(attribute(key, value)));
    }
}

impl Describe for HttpCall<Client> {
    fn kind(&self) -> SpanKind {
        SpanKind::Client
    }

    fn span_name(&self) -> Cow<'static, str> {
        HttpCall::span_name(self)
    }

    fn describe_request(&self, request: Option<&request::Parts>, attributes: &mut Vec<KeyValue>) {
        if let Some(request) = request {
            self.describe_request(request, |key, value| attributes.push(attribute(key, value)));
        }
    }

    fn describe_response(&self, mut add: impl FnMut(KeyValue)) {
        self.describe_response(|key, value| add(attribute(key, value)));
    }
}

impl Describe for PlainCall {
    fn kind(&self) -> SpanKind {
        SpanKind::Internal
    }

    fn span_name(&self) -> Cow<'static, str> {
        self.name().clone()
    }

    fn describe_request(&self, _: Option<&request::Parts>, _: &mut Vec<KeyValue>) {}

    fn describe_response(&self, _: impl FnMut(KeyValue)) {}
}

#[inline(always)]
fn attribute(key: &'static str, value: Value<'_>) -> KeyValue {
    match value {
        Value::Static(text) => KeyValue::new(key, text),
        Value::Text(text) => KeyValue::new(key, text.into_owned()),
        Value::Shared(text) => KeyValue::new(key, text),
        Value::Int(number) => KeyValue::new(key, number),
    }
}
