//! The layer: the observer, and how it reads requests.

use http::request;
use tower_layer::Layer;
use tower_telemetry_observe::{Classify, Observe, ObserveLayer, Observed};
use tower_telemetry_propagate::{Propagation, SamplingHint};
use tower_telemetry_semconv::{Grpc, Http, HttpOrGrpc, Server};
use tower_telemetry_span::Spans;

use crate::{Extract, TraceHeader};

/// Makes each request a SERVER span under its caller's context. See the [crate's page](crate).
#[derive(Debug)]
#[must_use]
pub struct ExtractLayer<C: Classify = Http<Server>> {
    classify: C,
    extract: Extract<C::Facts>,
    // Both of them, once for all services: axum makes a new one whenever it likes.
    layer: ObserveLayer<C, Extract<C::Facts>>,
}

impl ExtractLayer {
    /// With the global tracer provider, and the global propagator or W3C trace context.
    pub fn new() -> Self {
        Self::of(Http::server(), Extract::new())
    }

    /// Reads requests like this: scheme, trust in callers, known methods, error types.
    pub fn with_http(self, http: Http<Server>) -> Self {
        Self::of(http, self.extract)
    }
}

impl ExtractLayer<Grpc<Server>> {
    /// The same for a server of gRPC.
    pub fn grpc() -> Self {
        Self::of(Grpc::server(), Extract::new())
    }

    /// Reads requests like this: declared methods, trust in callers, the server's timeout, error types.
    pub fn with_grpc(self, grpc: Grpc<Server>) -> Self {
        Self::of(grpc, self.extract)
    }
}

impl ExtractLayer<HttpOrGrpc<Server>> {
    /// The same for a server of both, on one port: each request is read as what it is.
    pub fn http_or_grpc() -> Self {
        Self::of(HttpOrGrpc::server(), Extract::new())
    }

    /// Reads requests like this.
    pub fn with_http_or_grpc(self, both: HttpOrGrpc<Server>) -> Self {
        Self::of(both, self.extract)
    }
}

impl<C> ExtractLayer<C>
where
    C: Classify + Clone,
    Extract<C::Facts>: Observe<C::Facts>,
{
    fn of(classify: C, extract: Extract<C::Facts>) -> Self {
        let layer = ObserveLayer::new(classify.clone(), extract.clone());
        ExtractLayer {
            classify,
            extract,
            layer,
        }
    }

    /// Makes spans like these: tracer, filter, headers, attributes of your own.
    pub fn with_spans(self, spans: Spans<C::Facts>) -> Self {
        Self::of(self.classify, self.extract.with_spans(spans))
    }

    /// Reads the caller's context with this propagator.
    pub fn with_propagation(self, propagation: Propagation) -> Self {
        Self::of(self.classify, self.extract.with_propagation(propagation))
    }

    /// Names the request's span in the responses to those requests of which `wanted` is true. Nobody is told by default.
    pub fn with_trace_header(
        self,
        header: TraceHeader,
        wanted: impl Fn(&request::Parts) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::of(self.classify, self.extract.with_trace_header(header, wanted))
    }

    /// Leaves a word for the sampler in the parent context of those requests for which `hint` has one. See
    /// [`Extract::with_sampling_hint`].
    ///
    /// ```
    /// use tower_telemetry_extract::{ExtractLayer, SamplingHint};
    ///
    /// let layer = ExtractLayer::new().with_sampling_hint(|request| {
    ///     let debug = request.headers.contains_key("x-debug");
    ///     debug.then(|| SamplingHint::new("debug"))
    /// });
    /// # let _ = layer;
    /// ```
    pub fn with_sampling_hint(
        self,
        hint: impl Fn(&request::Parts) -> Option<SamplingHint> + Send + Sync + 'static,
    ) -> Self {
        Self::of(self.classify, self.extract.with_sampling_hint(hint))
    }
}

impl Default for ExtractLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S, C: Classify> Layer<S> for ExtractLayer<C> {
    type Service = Observed<S, C, Extract<C::Facts>>;

    fn layer(&self, inner: S) -> Self::Service {
        self.layer.layer(inner)
    }
}

impl<C: Classify + Clone> Clone for ExtractLayer<C> {
    fn clone(&self) -> Self {
        ExtractLayer {
            classify: self.classify.clone(),
            extract: self.extract.clone(),
            layer: self.layer.clone(),
        }
    }
}
