//! The observer: a span under the current context, and its context into the headers.

use std::sync::Arc;

use opentelemetry::Context;
use tower_telemetry_observe::{Call, Observe};
use tower_telemetry_propagate::Propagation;
use tower_telemetry_semconv::{Client, HttpCall};
use tower_telemetry_span::{SpanWatch, Spans};

/// Makes each HTTP call a CLIENT span, and writes its context into the request.
///
/// [`InjectLayer`](crate::InjectLayer) is this observer alone; it fuses with others in a tuple, given to an
/// [`ObserveLayer`](tower_telemetry_observe::ObserveLayer) with `Http::client()`.
#[derive(Clone, Debug)]
pub struct Inject {
    spans: Arc<Spans<HttpCall<Client>>>,
    propagation: Propagation,
}

impl Inject {
    /// With the global tracer provider, and the global propagator or W3C trace context.
    pub fn new() -> Self {
        Inject {
            spans: Arc::new(Spans::client()),
            propagation: Propagation::default(),
        }
    }

    /// Makes spans like these.
    pub fn with_spans(mut self, spans: Spans<HttpCall<Client>>) -> Self {
        self.spans = Arc::new(spans);
        self
    }

    /// Writes the context with this propagator.
    pub fn with_propagation(mut self, propagation: Propagation) -> Self {
        self.propagation = propagation;
        self
    }
}

impl Default for Inject {
    fn default() -> Self {
        Self::new()
    }
}

impl Observe<HttpCall<Client>> for Inject {
    type Watch = SpanWatch<HttpCall<Client>>;

    fn watch(&self, call: &mut Call<'_, HttpCall<Client>>) -> Self::Watch {
        let watch = self.spans.start(Context::current(), call);
        if let (Some(cx), Some(request)) = (watch.context(), &mut call.request) {
            self.propagation.inject(cx, &mut request.headers);
        }
        watch
    }
}
