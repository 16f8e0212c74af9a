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
    // Both of them, once for all services: axum makes a new one whenever it likes.
    layer: ObserveLayer<Http<Server>, Extract>,
}

impl ExtractLayer {
    /// With the global tracer provider, and the global propagator or W3C trace context.
    pub fn new() -> Self {
        Self::of(Http::server(), Extract::new())
    }

    fn of(http: Http<Server>, extract: Extract) -> Self {
        let layer = ObserveLayer::new(http.clone(), extract.clone());
        ExtractLayer { http, extract, layer }
    }

    /// Reads requests like this: scheme, trust in callers, known methods, error types.
    pub fn with_http(self, http: Http<Server>) -> Self {
        Self::of(http, self.extract)
    }

    /// Makes spans like these: tracer, filter, headers, attributes of your own.
    pub fn with_spans(self, spans: Spans<HttpCall<Server>>) -> Self {
        Self::of(self.http, self.extract.with_spans(spans))
    }

    /// Reads the caller's context with this propagator.
    pub fn with_propagation(self, propagation: Propagation) -> Self {
        Self::of(self.http, self.extract.with_propagation(propagation))
    }

    /// Names the request's span in the responses to those requests of which `wanted` is true. Nobody is told by default.
    pub fn with_trace_header(
        self,
        header: TraceHeader,
        wanted: impl Fn(&request::Parts) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::of(self.http, self.extract.with_trace_header(header, wanted))
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
        self.layer.layer(inner)
    }
}
