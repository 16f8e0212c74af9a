//! From plain data to attributes: the one place where that happens.

use std::borrow::Cow;

use http::request;
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;
use tower_telemetry_observe::PlainCall;
use tower_telemetry_semconv::{Client, HttpCall, Say, Server, Side, Value, attribute};

use crate::SpanEnd;

/// A call's facts that a span can be made of.
pub trait Describe {
    /// The kind of span.
    fn kind(&self) -> SpanKind;

    /// The span's name: of low cardinality.
    fn span_name(&self) -> Cow<'static, str>;

    /// A name that costs next to nothing, for a span that will most likely not be recorded.
    fn short_name(&self) -> Cow<'static, str> {
        self.span_name()
    }

    /// When the spans of calls like this one end, unless it was set otherwise.
    fn span_end(&self) -> SpanEnd {
        SpanEnd::Body
    }

    /// Whether all that the span is named by is known yet. Where that comes during the call, the span is renamed at its end.
    fn is_named(&self) -> bool {
        true
    }

    /// The attributes that came with a late name.
    fn describe_name(&self, add: impl FnMut(KeyValue)) {
        let _ = add;
    }

    /// Whether the call has a route, if calls like this one have a route as a rule.
    fn has_route(&self) -> Option<bool> {
        None
    }

    /// What stands before the name of a captured request header in that of its attribute.
    fn request_header_prefix(&self) -> &'static str {
        attribute::HTTP_REQUEST_HEADER_PREFIX
    }

    /// The same for a response header.
    fn response_header_prefix(&self) -> &'static str {
        attribute::HTTP_RESPONSE_HEADER_PREFIX
    }

    /// Whether names and attributes are clean, as semconv's are: short, of one line, and without credentials. Where they are not, the policy of
    /// the spans looks at each.
    fn is_clean(&self) -> bool {
        false
    }

    /// Attributes that are known at the start. `request` is the request's head, if the call has one.
    fn describe_request(&self, request: Option<&request::Parts>, attributes: &mut Vec<KeyValue>);

    /// Attributes that came with the response.
    fn describe_response(&self, add: impl FnMut(KeyValue));
}

/// A call that comes with a request's head.
pub trait DescribeHttp: Describe {}

impl<S: Side> DescribeHttp for HttpCall<S> where HttpCall<S>: Describe {}

impl Describe for HttpCall<Server> {
    fn kind(&self) -> SpanKind {
        SpanKind::Server
    }

    fn span_name(&self) -> Cow<'static, str> {
        HttpCall::span_name(self)
    }

    fn short_name(&self) -> Cow<'static, str> {
        self.method().span_name()
    }

    fn is_named(&self) -> bool {
        self.route().is_some()
    }

    fn describe_name(&self, mut add: impl FnMut(KeyValue)) {
        if let Some(route) = self.route() {
            add(KeyValue::new(attribute::HTTP_ROUTE, route.to_owned()));
        }
    }

    fn has_route(&self) -> Option<bool> {
        let served = self.status().is_some_and(|status| status.is_success());
        let routed = self.route().is_some();
        (served || routed).then_some(routed)
    }

    fn is_clean(&self) -> bool {
        true
    }

    fn describe_request(&self, request: Option<&request::Parts>, attributes: &mut Vec<KeyValue>) {
        if let Some(request) = request {
            self.describe_request(request, AsKeyValues(|attribute| attributes.push(attribute)));
        }
    }

    fn describe_response(&self, add: impl FnMut(KeyValue)) {
        self.describe_response(AsKeyValues(add));
    }
}

impl Describe for HttpCall<Client> {
    fn kind(&self) -> SpanKind {
        SpanKind::Client
    }

    fn span_end(&self) -> SpanEnd {
        SpanEnd::Head
    }

    fn span_name(&self) -> Cow<'static, str> {
        HttpCall::span_name(self)
    }

    fn short_name(&self) -> Cow<'static, str> {
        self.method().span_name()
    }

    fn is_clean(&self) -> bool {
        true
    }

    fn describe_request(&self, request: Option<&request::Parts>, attributes: &mut Vec<KeyValue>) {
        if let Some(request) = request {
            self.describe_request(request, AsKeyValues(|attribute| attributes.push(attribute)));
        }
    }

    fn describe_response(&self, add: impl FnMut(KeyValue)) {
        self.describe_response(AsKeyValues(add));
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

/// Takes down what is said as OpenTelemetry's attributes.
pub(crate) struct AsKeyValues<A>(pub(crate) A);

impl<'a, A: FnMut(KeyValue)> Say<'a> for AsKeyValues<A> {
    // Where it is known which kind of value it is, only that kind's code is left.
    #[inline(always)]
    fn say(&mut self, key: &'static str, value: Value<'a>) {
        (self.0)(key_value(key, value));
    }
}

#[inline(always)]
fn key_value(key: &'static str, value: Value<'_>) -> KeyValue {
    match value {
        Value::Static(text) => KeyValue::new(key, text),
        Value::Text(text) => KeyValue::new(key, text.into_owned()),
        Value::Shared(text) => KeyValue::new(key, text),
        Value::Int(number) => KeyValue::new(key, number),
    }
}
