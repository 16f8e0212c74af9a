//! What is known of a gRPC call.

use std::borrow::Cow;

use http::request;

use super::Wire;
use super::deadline::Deadline;
use super::method::{MethodName, OTHER, RpcMethod};
use super::status::Head;
use super::{GrpcCode, StatusAttribute};
use crate::{Say, Side, Value, attribute};

/// What is known of a gRPC call: the facts that [`Grpc`](crate::Grpc) reads.
#[derive(Debug)]
pub struct GrpcCall<S: Side> {
    pub(crate) method: RpcMethod,
    pub(crate) side: S::GrpcFacts,
    pub(crate) deadline: Deadline,
    pub(crate) head: Head,
    pub(crate) code: Option<GrpcCode>,
    pub(crate) wire: Wire,
    pub(crate) attribute: StatusAttribute,
}

impl<S: Side> GrpcCall<S> {
    /// The method as `pkg.Service/Method`, or `_OTHER`, if it is not a known one: low enough in cardinality for a metric's label.
    ///
    /// A method that is [learned](crate::Grpc) from this call's own reply is known at its end, and not before.
    pub fn method(&self) -> &str {
        self.method.name().map_or(OTHER, MethodName::as_str)
    }

    /// What was sent in the place of a method, if it is not a known one. At most 256 bytes of it.
    pub fn method_original(&self) -> Option<&str> {
        self.method.original()
    }

    /// The status, once it is known: at the end of the call, and of one that is answered by trailers only at the head. The end of a gRPC-Web
    /// call may leave it unknown.
    pub fn code(&self) -> Option<GrpcCode> {
        self.code
    }

    /// Under which name the status is to be recorded.
    pub fn status_attribute(&self) -> StatusAttribute {
        self.attribute
    }

    /// The span's name: the method, or `grpc` where that is not known.
    pub fn span_name(&self) -> Cow<'static, str> {
        self.method.span_name()
    }

    /// Whether the method is one that is known by now. Where the call's own reply tells, that is at the end.
    pub fn has_method(&self) -> bool {
        self.method.name().is_some()
    }

    /// Says the attributes that are known when the span starts, required ones first. `request` is the one this call was read from.
    ///
    /// No attribute is said twice, and none without a value.
    pub fn describe_request<'a>(&'a self, request: &'a request::Parts, mut say: impl Say<'a>) {
        say.say(attribute::RPC_SYSTEM_NAME, Value::Static("grpc"));
        if !self.method.is_late() {
            self.say_method(&mut say);
        }
        S::describe_grpc(self, request, &mut say);
    }

    /// Says the attributes that the end has brought: the status, and the method, where the reply had to tell it. None of them is among those of
    /// [`describe_request`](GrpcCall::describe_request).
    ///
    /// One more is not said here: `error.type`, which is the verdict's.
    pub fn describe_response<'a>(&'a self, mut say: impl Say<'a>) {
        if self.method.is_late() {
            self.say_method(&mut say);
        }
        let Some(code) = self.code else { return };
        let code = Value::Static(code.as_str());
        let (today, coming) = match self.attribute {
            StatusAttribute::ResponseStatusCode => (true, false),
            StatusAttribute::StatusCode => (false, true),
            StatusAttribute::Both => (true, true),
        };
        if today {
            say.say(attribute::RPC_RESPONSE_STATUS_CODE, code.clone());
        }
        if coming {
            say.say(attribute::RPC_STATUS_CODE, code);
        }
    }

    fn say_method<'a>(&'a self, say: &mut impl Say<'a>) {
        say.say(attribute::RPC_METHOD, self.method.value());
        if let Some(original) = self.method.original().filter(|original| !original.is_empty()) {
            say.say(attribute::RPC_METHOD_ORIGINAL, Value::Text(original.into()));
        }
    }
}
