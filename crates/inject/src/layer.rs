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
}

impl InjectLayer {
    /// With the global tracer provider, and the global propagator or W3C trace context.
    pub fn new() -> Self {
        InjectLayer {
            http: Http::client(),
            inject: Inject::new(),
        }
    }

    /// Reads requests like this: known methods, redacted query keys, error types.
    pub fn with_http(mut self, http: Http<Client>) -> Self {
        self.http = http;
        self
    }

    /// Makes spans like these: tracer, filter, headers, attributes of your own.
    pub fn with_spans(mut self, spans: Spans<HttpCall<Client>>) -> Self {
        self.inject = self.inject.with_spans(spans);
        self
    }

    /// Writes the context with this propagator.
    pub fn with_propagation(mut self, propagation: Propagation) -> Self {
        self.inject = self.inject.with_propagation(propagation);
        self
    }

    /// Writes it only for these hosts.
    pub fn with_outbound(mut self, outbound: Outbound) -> Self {
        self.inject = self.inject.with_outbound(outbound);
        self
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
        ObserveLayer::new(self.http.clone(), self.inject.clone()).layer(inner)
    }
}
