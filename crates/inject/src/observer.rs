//! The observer: a span under the current context, and its context into the headers.

use std::sync::Arc;

use opentelemetry::Context;
use tower_telemetry_observe::{Call, Observe};
use tower_telemetry_propagate::{CarriedContext, NoPropagation, Outbound, Propagation};
use tower_telemetry_semconv::{Client, ClientFacts, HttpCall};
use tower_telemetry_span::{Describe, Parent, SpanWatch, Spans};

/// Makes each HTTP call a CLIENT span, and writes its context into the request.
///
/// [`InjectLayer`](crate::InjectLayer) is this observer alone; it fuses with others in a tuple, given to an
/// [`ObserveLayer`](tower_telemetry_observe::ObserveLayer) with `Http::client()`.
#[derive(Debug)]
#[must_use]
pub struct Inject<F = HttpCall<Client>> {
    spans: Arc<Spans<F>>,
    propagation: Propagation,
    outbound: Outbound,
}

impl<F> Inject<F> {
    /// With the global tracer provider, and the global propagator or W3C trace context.
    pub fn new() -> Self {
        Inject {
            spans: Arc::new(Spans::new()),
            propagation: Propagation::default(),
            outbound: Outbound::default(),
        }
    }

    /// Makes spans like these.
    pub fn with_spans(mut self, spans: Spans<F>) -> Self {
        self.spans = Arc::new(spans);
        self
    }

    /// Writes the context with this propagator.
    pub fn with_propagation(mut self, propagation: Propagation) -> Self {
        self.propagation = propagation;
        self
    }

    /// Writes it only for these hosts.
    pub fn with_outbound(mut self, outbound: Outbound) -> Self {
        self.outbound = outbound;
        self
    }
}

// Whatever the facts are.
impl<F> Clone for Inject<F> {
    fn clone(&self) -> Self {
        Inject {
            spans: Arc::clone(&self.spans),
            propagation: self.propagation.clone(),
            outbound: self.outbound.clone(),
        }
    }
}

impl<F> Default for Inject<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: Describe + ClientFacts> Observe<F> for Inject<F> {
    type Watch = SpanWatch<F>;

    fn idle(&self) -> bool {
        // Without propagation, headers that a request brought along are still kept from hosts that may not have them.
        self.propagation.is_off() && self.outbound.is_unlimited() && self.spans.idle()
    }

    fn watch(&self, call: &mut Call<'_, F>) -> Self::Watch {
        let around = match &call.request {
            Some(request) => CarriedContext::or_current(&request.extensions),
            None => Context::current(),
        };
        if around.is_telemetry_suppressed() {
            return SpanWatch::off();
        }
        let watch = self.spans.start(Parent::Around(around.clone()), call);
        if let Some(request) = &mut call.request {
            if request.extensions.get::<NoPropagation>().is_none() {
                let cx = watch.context().unwrap_or(&around);
                let host = call.facts.server_address();
                self.outbound.inject(&self.propagation, cx, host, &mut request.headers);
            }
        }
        // Without a span, the headers say all there is to say.
        watch.only_recording()
    }
}
