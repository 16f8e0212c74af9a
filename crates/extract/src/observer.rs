//! The observer: a parent from the headers, and a span.

use std::sync::Arc;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use tower_telemetry_observe::{Call, Observe};
use tower_telemetry_propagate::Propagation;
use tower_telemetry_semconv::{HttpCall, Server};
use tower_telemetry_span::{Parent, SpanWatch, Spans};

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

    fn parent(&self, call: &Call<'_, HttpCall<Server>>) -> Parent {
        let current = Context::current();
        let Some(request) = &call.request else {
            return Parent::Around(current);
        };
        match self.propagation.find(&current, &request.headers) {
            // Under a second layer, the first one's span is the parent.
            Some(caller) if !goes_on(&current, &caller) => Parent::Brought(caller),
            _ => Parent::Around(current),
        }
    }
}

/// Whether the current span is this service's own, in the caller's trace.
fn goes_on(current: &Context, caller: &Context) -> bool {
    let (current, caller) = (current.span(), caller.span());
    let current = current.span_context();
    current.is_valid() && !current.is_remote() && current.trace_id() == caller.span_context().trace_id()
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
