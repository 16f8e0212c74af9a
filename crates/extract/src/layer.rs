//! The layer: the observer, and how it reads requests.

use http::request;
use tower_layer::Layer;
use tower_telemetry_observe::{ObserveLayer, Observed};
use tower_telemetry_propagate::Propagation;
use tower_telemetry_semconv::{Http, HttpCall, Server};
use tower_telemetry_span::Spans;

use crate::{Extract, TraceHeader};

/// Makes each request a SERVER span under its caller's context. See the [crate's page](crate).
#[derive(Clone, Debug)]
pub struct ExtractLayer {
    http: Http<Server>,
    extract: Extract,
}

impl ExtractLayer {
    /// With the global tracer provider, and the global propagator or W3C trace context.
    pub fn new() -> Self {
        ExtractLayer {
            http: Http::server(),
            extract: Extract::new(),
        }
    }

    /// Reads requests like this: scheme, trust in callers, known methods, error types.
    pub fn with_http(mut self, http: Http<Server>) -> Self {
        self.http = http;
        self
    }

    /// Makes spans like these: tracer, filter, headers, attributes of your own.
    pub fn with_spans(mut self, spans: Spans<HttpCall<Server>>) -> Self {
        self.extract = self.extract.with_spans(spans);
        self
    }

    /// Reads the caller's context with this propagator.
    pub fn with_propagation(mut self, propagation: Propagation) -> Self {
        self.extract = self.extract.with_propagation(propagation);
        self
    }

    /// Names the request's span in the responses to those requests of which `wanted` is true. Nobody is told by default.
    pub fn with_trace_header(
        mut self,
        header: TraceHeader,
        wanted: impl Fn(&request::Parts) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.extract = self.extract.with_trace_header(header, wanted);
        self
    }
}

impl Default for ExtractLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for ExtractLayer {
    type Service = Observed<S, Http<Server>, Extract>;

    fn layer(&self, inner: S) -> Self::Service {
        ObserveLayer::new(self.http.clone(), self.extract.clone()).layer(inner)
    }
}
