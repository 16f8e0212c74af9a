//! The observer: a parent from the headers, and a span.

use std::sync::Arc;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use tower_telemetry_observe::{Call, Observe};
use tower_telemetry_propagate::Propagation;
use tower_telemetry_semconv::{HttpCall, Server};
use tower_telemetry_span::{SpanWatch, Spans};

/// Makes each HTTP request a SERVER span under its caller's context.
///
/// [`ExtractLayer`](crate::ExtractLayer) is this observer alone. To fuse it with others:
///
/// ```
/// use tower_telemetry_extract::{Extract, Http};
/// use tower_telemetry_observe::{ObserveLayer, on_end};
///
/// let layer = ObserveLayer::new(
///     Http::server(),
///     (Extract::new(), on_end(|report| println!("{:?}", report.elapsed))),
/// );
/// # let _ = tower_layer::Layer::layer(&layer, ());
/// ```
#[derive(Clone, Debug)]
pub struct Extract {
    spans: Arc<Spans<HttpCall<Server>>>,
    propagation: Propagation,
}

impl Extract {
    /// With the global tracer provider, and the global propagator or W3C trace context.
    pub fn new() -> Self {
        Extract {
            spans: Arc::new(Spans::server()),
            propagation: Propagation::default(),
        }
    }

    /// Makes spans like these.
    pub fn with_spans(mut self, spans: Spans<HttpCall<Server>>) -> Self {
        self.spans = Arc::new(spans);
        self
    }

    /// Reads the caller's context with this propagator.
    pub fn with_propagation(mut self, propagation: Propagation) -> Self {
        self.propagation = propagation;
        self
    }

    fn parent(&self, call: &Call<'_, HttpCall<Server>>) -> Context {
        let current = Context::current();
        let Some(request) = &call.request else {
            return current;
        };
        let caller = self.propagation.extract(&current, &request.headers);
        let nested = {
            let (inner, outer) = (current.span(), caller.span());
            let (inner, outer) = (inner.span_context(), outer.span_context());
            inner.is_valid() && !inner.is_remote() && inner.trace_id() == outer.trace_id()
        };
        if nested { current } else { caller }
    }
}

impl Default for Extract {
    fn default() -> Self {
        Self::new()
    }
}

impl Observe<HttpCall<Server>> for Extract {
    type Watch = SpanWatch<HttpCall<Server>>;

    fn watch(&self, call: &mut Call<'_, HttpCall<Server>>) -> Self::Watch {
        self.spans.start(self.parent(call), call)
    }
}
