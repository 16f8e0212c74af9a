//! The classifier of gRPC calls.

use std::any::Any;
use std::time::Duration;

use bytes::Buf;
use http::{Uri, request, response};
use http_body::Body;
use tower_telemetry_observe::{Classify, ClassifyHttp, End, Failure, Verdict};

use super::Wire;
use super::error::code_of;
use super::method::{MethodName, RpcMethod, asked};
use super::methods::Methods;
use super::status::Head;
use super::{GrpcCall, GrpcCode, StatusAttribute};
use crate::client::Asked;
use crate::error_type::ErrorTypes;
use crate::{Client, Server, Side, TrustPolicy};

/// Reads gRPC calls, and judges their ends, by the semantic conventions for gRPC.
///
/// # Status
///
/// | what happens | status |
/// |---|---|
/// | `grpc-status` in the trailers, or in the head of a response that has trailers only | that one |
/// | the same, malformed, doubled or contradicting each other | `UNKNOWN` |
/// | an error of HTTP without a `grpc-status` | [gRPC's mapping](https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md) |
/// | an end without any of these | `UNKNOWN`, never `OK` |
/// | dropped when its `grpc-timeout` had elapsed | `DEADLINE_EXCEEDED` |
/// | dropped earlier: by the caller | `CANCELLED` |
/// | an error of the service or the body | its own, as far as it can be told (feature `tonic`), else `UNKNOWN` |
/// | a panic | `UNKNOWN` |
///
/// An error on a server are `UNKNOWN`, `DEADLINE_EXCEEDED`, `UNIMPLEMENTED`, `INTERNAL`, `UNAVAILABLE` and `DATA_LOSS`; on a client all but `OK`, and
/// but for a call that it dropped itself. The `error.type` is the status; where nobody has said one, it is `service_error`, `body_error`, `panic`,
/// or [another word](Grpc::with_error_type).
///
/// Time is up for the server a little before its own clock says so, since the caller's began to run before the request was sent: by a fifth of
/// the timeout, at least 10 ms and at most 1 s. On a client whose time is up, a call that was cancelled, by whomever, is `DEADLINE_EXCEEDED`: tonic's
/// servers answer `CANCELLED` then.
///
/// # Methods
///
/// A client knows the methods that it calls. A server knows those that were [declared](Grpc::with_service); where none are, it learns them: a method is
/// known after a reply with a `grpc-status` other than `UNIMPLEMENTED`, or after the head of a stream that its reader then drops. It learns up to 1,024, of at most 256 bytes each. Where something in front of the
/// services replies to whatever comes, such as a check of credentials, declare them, so that strangers can teach it nothing. All other methods
/// are `_OTHER`.
///
/// # gRPC-Web
///
/// Its status stands in the body, where it is not looked for: such a call has no status, unless the head says one, and is judged by HTTP. Put the layer
/// further in than the one that translates (tonic-web's), and it sees plain gRPC.
#[derive(Clone, Debug)]
#[must_use]
pub struct Grpc<S: Side> {
    pub(crate) side: S::GrpcSettings,
    methods: Methods,
    attribute: StatusAttribute,
    errors: ErrorTypes,
}

impl Grpc<Server> {
    /// For the calls a server answers. `OTEL_SEMCONV_STABILITY_OPT_IN` is read here: see [`StatusAttribute`].
    pub fn server() -> Self {
        Self::new()
    }

    /// How far callers are believed: a [`Trust`](crate::Trust) for all, or a [policy](TrustPolicy). It is decided once, when the call is read.
    ///
    /// Without it a caller's context is the parent.
    pub fn with_trust(mut self, policy: impl Into<TrustPolicy>) -> Self {
        self.side.trust = Some(policy.into());
        self
    }

    /// Declares a service and its methods. Methods of services that are not declared are then not known.
    ///
    /// ```
    /// use tower_telemetry_semconv::Grpc;
    ///
    /// let grpc = Grpc::server()
    ///     .with_service("shop.Payments", ["Charge", "Receipt"])
    ///     .with_service("grpc.health.v1.Health", ["Check", "Watch"]);
    /// # let _ = grpc;
    /// ```
    pub fn with_service(mut self, service: &str, methods: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        for method in methods {
            self.methods.declare(&[service, "/", method.as_ref()].concat());
        }
        self
    }

    /// How long the server lets a call wait for the head of its response: the same as is given to tonic's `Server::timeout`, which cannot be seen
    /// from here. A call that is dropped after that time is `DEADLINE_EXCEEDED`.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.side.timeout = Some(timeout);
        self
    }
}

impl Grpc<Client> {
    /// For the calls a client makes. `OTEL_SEMCONV_STABILITY_OPT_IN` is read here: see [`StatusAttribute`].
    pub fn client() -> Self {
        Self::new()
    }

    /// The server that is called, for `server.address` and `server.port`: the URI of tonic's `Endpoint`. Requests that have not come to
    /// the channel yet do not say theirs.
    ///
    /// ```
    /// use tower_telemetry_semconv::Grpc;
    ///
    /// let target = http::Uri::from_static("https://payments.internal:50051");
    /// let grpc = Grpc::client().with_target(&target);
    /// # let _ = grpc;
    /// ```
    pub fn with_target(mut self, target: &Uri) -> Self {
        self.side.target = Asked::of(target);
        self
    }
}

impl<S: Side> Grpc<S> {
    fn new() -> Self {
        Grpc {
            side: S::GrpcSettings::default(),
            methods: Methods::learned(),
            attribute: StatusAttribute::from_env(),
            errors: ErrorTypes::default(),
        }
    }

    /// Records the status as this attribute, whatever the environment says.
    pub fn with_status_attribute(mut self, attribute: StatusAttribute) -> Self {
        self.attribute = attribute;
        self
    }

    /// Names the errors of type `E`, of the service and of the body: their `error.type`. Give few names, and document them.
    ///
    /// Several can be given; the first one that has a name counts. `E` is the service's or the body's own error type: where that is a box,
    /// take the box, and look inside.
    pub fn with_error_type<E: 'static>(
        mut self,
        name: impl Fn(&E) -> Option<&'static str> + Send + Sync + 'static,
    ) -> Self {
        self.errors.add(name);
        self
    }

    fn judge(&self, call: &GrpcCall<S>, end: &End<'_>) -> Outcome {
        match (end, call.head) {
            (End::Complete { trailers }, head) => match head.sent(*trailers).or(head.code()) {
                Some(code) => Outcome::Status(code),
                None if call.wire == Wire::Web => Outcome::Hidden,
                None => Outcome::Status(GrpcCode::Unknown),
            },
            (_, Head::Status(code) | Head::Http(code)) if S::is_grpc_error(code) => Outcome::Status(code),
            (End::Failed(Failure::Service(error)), _) => self.failed(call, *error, "service_error"),
            (End::Failed(Failure::Body(error)), _) => self.failed(call, *error, "body_error"),
            (End::Failed(Failure::Short { .. }), _) => Outcome::Named(GrpcCode::Unknown, "body_error"),
            (End::Panicked, _) => Outcome::Named(GrpcCode::Unknown, "panic"),
            (End::Dropped, Head::Status(code) | Head::Http(code)) => Outcome::Status(code),
            (End::Dropped, _) if call.deadline.has_passed() => Outcome::Status(GrpcCode::DeadlineExceeded),
            (End::Dropped, _) => Outcome::GivenUp,
        }
    }

    fn failed(&self, call: &GrpcCall<S>, error: &dyn Any, otherwise: &'static str) -> Outcome {
        let expired = || call.deadline.has_passed().then_some(GrpcCode::DeadlineExceeded);
        match (code_of(error).or_else(expired), self.errors.named(error)) {
            (Some(code), None) => Outcome::Status(code),
            (code, word) => Outcome::Named(code.unwrap_or(GrpcCode::Unknown), word.unwrap_or(otherwise)),
        }
    }

    /// Keeps the method in mind, if there is one by this name: the reply has a status other than `UNIMPLEMENTED`, or none and messages.
    fn learn(&self, call: &mut GrpcCall<S>, end: &End<'_>) {
        let trailers = match end {
            End::Complete { trailers } => *trailers,
            _ => None,
        };
        let replied = match call.head.sent(trailers) {
            Some(code) => code != GrpcCode::Unimplemented,
            None => call.head == Head::Begun,
        };
        let learn = |name: &str| if replied { self.methods.learn(name) } else { None };
        match &mut call.method {
            RpcMethod::Known(MethodName::Shared(name)) => drop(learn(name)),
            method => method.decide(learn),
        }
    }
}

/// What an end comes to.
#[derive(Clone, Copy)]
enum Outcome {
    /// A status, which also names the error if it is one.
    Status(GrpcCode),
    /// An error that nobody has said a status of, and its name.
    Named(GrpcCode, &'static str),
    /// Dropped while time was left.
    GivenUp,
    /// Not to be seen from here.
    Hidden,
}

impl<S: Side> Classify for Grpc<S> {
    type Facts = GrpcCall<S>;

    fn end(&self, call: &mut GrpcCall<S>, end: &End<'_>) -> Verdict {
        self.learn(call, end);
        let (code, verdict) = match self.judge(call, end) {
            Outcome::Status(code) => {
                let code = S::settled(code, &call.deadline);
                (Some(code), by_code::<S>(code))
            }
            Outcome::Named(code, name) => (Some(code), Verdict::Error(name)),
            Outcome::GivenUp => (Some(GrpcCode::Cancelled), Verdict::Ok),
            Outcome::Hidden => (None, Verdict::Ok),
        };
        call.code = code;
        verdict
    }
}

impl<S: Side> ClassifyHttp for Grpc<S> {
    fn read(&self, request: &mut request::Parts) -> GrpcCall<S> {
        GrpcCall {
            method: self.method(request),
            side: S::read_grpc(self, request),
            deadline: S::deadline(self, request),
            head: Head::Open,
            code: None,
            wire: Wire::of(&request.headers).unwrap_or(Wire::Http2),
            attribute: self.attribute,
        }
    }

    fn head(&self, call: &mut GrpcCall<S>, response: &response::Parts) -> Verdict {
        call.head = Head::of(response);
        call.deadline.met_by_head();
        call.code = call.head.code();
        call.code.map_or(Verdict::Ok, by_code::<S>)
    }

    fn remaining<B: Body>(data: &B::Data) -> usize {
        data.remaining()
    }
}

fn by_code<S: Side>(code: GrpcCode) -> Verdict {
    match S::is_grpc_error(code) {
        true => Verdict::Error(code.as_str()),
        false => Verdict::Ok,
    }
}

impl<S: Side> Grpc<S> {
    fn method(&self, request: &request::Parts) -> RpcMethod {
        match asked(&request.uri) {
            Some(name) => match self.methods.find(name) {
                Some(name) => RpcMethod::Known(name),
                None if self.methods.are_learned() => S::not_learned(name),
                None => RpcMethod::other(&request.uri),
            },
            None => RpcMethod::other(&request.uri),
        }
    }
}
