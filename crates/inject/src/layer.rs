//! The layer: the observer, and how it reads requests.

use tower_layer::Layer;
use tower_telemetry_observe::{Classify, Observe, ObserveLayer, Observed};
use tower_telemetry_propagate::{Outbound, Propagation};
use tower_telemetry_semconv::{Client, Grpc, Http, HttpOrGrpc};
use tower_telemetry_span::Spans;

use crate::Inject;

/// Makes each call a CLIENT span, and writes its context into the request. See the [crate's page](crate).
#[derive(Debug)]
#[must_use]
pub struct InjectLayer<C: Classify = Http<Client>> {
    classify: C,
    inject: Inject<C::Facts>,
    // Both of them, once for all services.
    layer: ObserveLayer<C, Inject<C::Facts>>,
}

impl InjectLayer {
    /// With the global tracer provider, and the global propagator or W3C trace context.
    pub fn new() -> Self {
        Self::of(Http::client(), Inject::new())
    }

    /// Reads requests like this: known methods, redacted query keys, error types.
    pub fn with_http(self, http: Http<Client>) -> Self {
        Self::of(http, self.inject)
    }
}

impl InjectLayer<Grpc<Client>> {
    /// The same for a client of gRPC: a span lasts as long as its stream.
    pub fn grpc() -> Self {
        Self::of(Grpc::client(), Inject::new())
    }

    /// Reads calls like this: the server that is called, error types.
    pub fn with_grpc(self, grpc: Grpc<Client>) -> Self {
        Self::of(grpc, self.inject)
    }
}

impl InjectLayer<HttpOrGrpc<Client>> {
    /// The same for a client of both: each call is read as what it is.
    pub fn http_or_grpc() -> Self {
        Self::of(HttpOrGrpc::client(), Inject::new())
    }

    /// Reads calls like this.
    pub fn with_http_or_grpc(self, both: HttpOrGrpc<Client>) -> Self {
        Self::of(both, self.inject)
    }
}

impl<C> InjectLayer<C>
where
    C: Classify + Clone,
    Inject<C::Facts>: Observe<C::Facts>,
{
    fn of(classify: C, inject: Inject<C::Facts>) -> Self {
        let layer = ObserveLayer::new(classify.clone(), inject.clone());
        InjectLayer {
            classify,
            inject,
            layer,
        }
    }

    /// Makes spans like these: tracer, filter, headers, attributes of your own.
    pub fn with_spans(self, spans: Spans<C::Facts>) -> Self {
        Self::of(self.classify, self.inject.with_spans(spans))
    }

    /// Writes the context with this propagator.
    pub fn with_propagation(self, propagation: Propagation) -> Self {
        Self::of(self.classify, self.inject.with_propagation(propagation))
    }

    /// Writes it only for these hosts.
    pub fn with_outbound(self, outbound: Outbound) -> Self {
        Self::of(self.classify, self.inject.with_outbound(outbound))
    }
}

impl Default for InjectLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S, C: Classify> Layer<S> for InjectLayer<C> {
    type Service = Observed<S, C, Inject<C::Facts>>;

    fn layer(&self, inner: S) -> Self::Service {
        self.layer.layer(inner)
    }
}

impl<C: Classify + Clone> Clone for InjectLayer<C> {
    fn clone(&self) -> Self {
        InjectLayer {
            classify: self.classify.clone(),
            inject: self.inject.clone(),
            layer: self.layer.clone(),
        }
    }
}
