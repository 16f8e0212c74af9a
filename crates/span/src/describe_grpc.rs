//! The same for gRPC calls, and for those that are either.

use std::borrow::Cow;

use http::request;
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;
use tower_telemetry_semconv::{Client, GrpcCall, HttpCall, HttpOrGrpcCall, Server, Side, attribute};

use crate::describe::AsKeyValues;
use crate::{Describe, DescribeHttp, SpanEnd};

impl<S: SpanSide> DescribeHttp for GrpcCall<S> {}

impl<S: Side> DescribeHttp for HttpOrGrpcCall<S> where Self: Describe {}

/// Which kind of span is made on which side.
pub trait SpanSide: Side {
    const KIND: SpanKind;
}

impl SpanSide for Server {
    const KIND: SpanKind = SpanKind::Server;
}

impl SpanSide for Client {
    const KIND: SpanKind = SpanKind::Client;
}

impl<S: SpanSide> Describe for GrpcCall<S> {
    fn kind(&self) -> SpanKind {
        S::KIND
    }

    fn span_name(&self) -> Cow<'static, str> {
        GrpcCall::span_name(self)
    }

    fn is_named(&self) -> bool {
        self.has_method()
    }

    fn request_header_prefix(&self) -> &'static str {
        attribute::RPC_REQUEST_METADATA_PREFIX
    }

    fn response_header_prefix(&self) -> &'static str {
        attribute::RPC_RESPONSE_METADATA_PREFIX
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

/// The same of both.
macro_rules! either {
    ($facts:ident, $call:ident => $said:expr) => {
        match $facts {
            HttpOrGrpcCall::Http($call) => $said,
            HttpOrGrpcCall::Grpc($call) => $said,
        }
    };
}

impl<S: SpanSide> Describe for HttpOrGrpcCall<S>
where
    HttpCall<S>: Describe,
{
    fn kind(&self) -> SpanKind {
        S::KIND
    }

    fn span_name(&self) -> Cow<'static, str> {
        either!(self, call => Describe::span_name(call))
    }

    fn short_name(&self) -> Cow<'static, str> {
        either!(self, call => call.short_name())
    }

    fn span_end(&self) -> SpanEnd {
        either!(self, call => call.span_end())
    }

    fn is_named(&self) -> bool {
        either!(self, call => call.is_named())
    }

    fn describe_name(&self, add: impl FnMut(KeyValue)) {
        either!(self, call => call.describe_name(add));
    }

    fn has_route(&self) -> Option<bool> {
        either!(self, call => call.has_route())
    }

    fn request_header_prefix(&self) -> &'static str {
        either!(self, call => call.request_header_prefix())
    }

    fn response_header_prefix(&self) -> &'static str {
        either!(self, call => call.response_header_prefix())
    }

    fn is_clean(&self) -> bool {
        true
    }

    fn describe_request(&self, request: Option<&request::Parts>, attributes: &mut Vec<KeyValue>) {
        either!(self, call => Describe::describe_request(call, request, attributes));
    }

    fn describe_response(&self, add: impl FnMut(KeyValue)) {
        either!(self, call => Describe::describe_response(call, add));
    }
}
