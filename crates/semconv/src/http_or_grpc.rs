//! Servers and clients that speak both HTTP and gRPC.

use http::{request, response};
use http_body::Body;
use tower_telemetry_observe::{Classify, ClassifyHttp, End, Verdict};

use crate::grpc::Wire;
use crate::{Client, ClientFacts, Grpc, GrpcCall, Http, HttpCall, Server, ServerFacts, Side, Trust, TrustPolicy};

/// Reads each request as what it is: a gRPC call, or one of plain HTTP.
///
/// The `content-type` tells: `application/grpc`, alone or with what stands behind `+` or `;`. Whatever else, gRPC-Web included, is HTTP.
///
/// ```
/// use http::Request;
/// use tower_telemetry_observe::ClassifyHttp;
/// use tower_telemetry_semconv::{HttpOrGrpc, HttpOrGrpcCall};
///
/// let both = HttpOrGrpc::server();
/// let request = Request::post("/shop.Payments/Charge").header("content-type", "application/grpc+proto");
/// let (mut request, ()) = request.body(())?.into_parts();
/// assert!(matches!(both.read(&mut request), HttpOrGrpcCall::Grpc(_)));
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct HttpOrGrpc<S: Side> {
    http: Http<S>,
    grpc: Grpc<S>,
}

/// What is known of a call that is either.
#[derive(Debug)]
pub enum HttpOrGrpcCall<S: Side> {
    /// A call of plain HTTP.
    Http(HttpCall<S>),
    /// A gRPC call.
    Grpc(GrpcCall<S>),
}

impl HttpOrGrpc<Server> {
    /// For the calls a server answers.
    pub fn server() -> Self {
        HttpOrGrpc {
            http: Http::server(),
            grpc: Grpc::server(),
        }
    }

    /// How far callers are believed, whichever they speak: [`Http::with_trust`] and [`Grpc::with_trust`].
    pub fn with_trust(mut self, policy: impl Into<TrustPolicy>) -> Self {
        let policy = policy.into();
        self.http = self.http.with_trust(policy.clone());
        self.grpc = self.grpc.with_trust(policy);
        self
    }

    /// Reads plain HTTP like this. Trust that was said before stays, unless this has a policy of its own.
    pub fn with_http(mut self, http: Http<Server>) -> Self {
        let said = self.http.policy().filter(|_| http.policy().is_none()).cloned();
        self.http = match said {
            Some(policy) => http.with_trust(policy),
            None => http,
        };
        self
    }

    /// Reads gRPC like this. Trust that was said before stays, unless this has a policy of its own.
    pub fn with_grpc(mut self, grpc: Grpc<Server>) -> Self {
        let said = self.grpc.side.trust.take();
        self.grpc = grpc;
        self.grpc.side.trust = self.grpc.side.trust.or(said);
        self
    }
}

impl HttpOrGrpc<Client> {
    /// For the calls a client makes.
    pub fn client() -> Self {
        HttpOrGrpc {
            http: Http::client(),
            grpc: Grpc::client(),
        }
    }

    /// Reads plain HTTP like this.
    pub fn with_http(mut self, http: Http<Client>) -> Self {
        self.http = http;
        self
    }

    /// Reads gRPC like this.
    pub fn with_grpc(mut self, grpc: Grpc<Client>) -> Self {
        self.grpc = grpc;
        self
    }
}

impl<S: Side> Classify for HttpOrGrpc<S> {
    type Facts = HttpOrGrpcCall<S>;

    fn end(&self, call: &mut HttpOrGrpcCall<S>, end: &End<'_>) -> Verdict {
        match call {
            HttpOrGrpcCall::Http(call) => self.http.end(call, end),
            HttpOrGrpcCall::Grpc(call) => self.grpc.end(call, end),
        }
    }
}

impl<S: Side> ClassifyHttp for HttpOrGrpc<S> {
    fn read(&self, request: &mut request::Parts) -> HttpOrGrpcCall<S> {
        match Wire::of(&request.headers) {
            Some(Wire::Http2) => HttpOrGrpcCall::Grpc(self.grpc.read(request)),
            Some(Wire::Web) | None => HttpOrGrpcCall::Http(self.http.read(request)),
        }
    }

    fn head(&self, call: &mut HttpOrGrpcCall<S>, response: &response::Parts) -> Verdict {
        match call {
            HttpOrGrpcCall::Http(call) => self.http.head(call, response),
            HttpOrGrpcCall::Grpc(call) => self.grpc.head(call, response),
        }
    }

    fn remaining<B: Body>(data: &B::Data) -> usize {
        Http::<S>::remaining::<B>(data)
    }
}

impl ServerFacts for HttpOrGrpcCall<Server> {
    fn trust(&self) -> Trust {
        match self {
            HttpOrGrpcCall::Http(call) => call.trust(),
            HttpOrGrpcCall::Grpc(call) => call.trust(),
        }
    }
}

impl ClientFacts for HttpOrGrpcCall<Client> {
    fn server_address(&self) -> Option<&str> {
        match self {
            HttpOrGrpcCall::Http(call) => call.server_address(),
            HttpOrGrpcCall::Grpc(call) => call.server_address(),
        }
    }
}
