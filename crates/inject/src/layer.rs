//! The layer: the observer, and how it reads requests.

use tower_layer::Layer;
use tower_telemetry_observe::{ObserveLayer, Observed};
use tower_telemetry_propagate::{Outbound, Propagation};
use tower_telemetry_semconv::{Client, Http, HttpCall};
use tower_telemetry_span::Spans;

use crate::Inject;

/// Makes each call a CLIENT span, and writes its context into the request. See the [crate's page](crate).
#[derive(Clone, Debug)]
pub struct InjectLayer {
    http: Http<Client>,
    inject: Inject,
    // Both of them, once for all services: axum makes a new one whenever it likes.
    layer: ObserveLayer<Http<Client>, Inject>,
}

impl InjectLayer {
    /// With the global tracer provider, and the global propagator or W3C trace context.
    pub fn new() -> Self {
        Self::of(Http::client(), Inject::new())
    }

    fn of(http: Http<Client>, inject: Inject) -> Self {
        let layer = ObserveLayer::new(http.clone(), inject.clone());
        InjectLayer { http, inject, layer }
    }

    /// Reads requests like this: known methods, redacted query keys, error types.
    pub fn with_http(self, http: Http<Client>) -> Self {
        Self::of(http, self.inject)
    }

    /// Makes spans like these: tracer, filter, headers, attributes of your own.
    pub fn with_spans(self, spans: Spans<HttpCall<Client>>) -> Self {
        Self::of(self.http, self.inject.with_spans(spans))
    }

    /// Writes the context with this propagator.
    pub fn with_propagation(self, propagation: Propagation) -> Self {
        Self::of(self.http, self.inject.with_propagation(propagation))
    }

    /// Writes it only for these hosts.
    pub fn with_outbound(self, outbound: Outbound) -> Self {
        Self::of(self.http, self.inject.with_outbound(outbound))
    }
}

impl Default for InjectLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for InjectLayer {
    type Service = Observed<S, Http<Client>, Inject>;

    fn layer(&self, inner: S) -> Self::Service {
        self.layer.layer(inner)
    }
}
