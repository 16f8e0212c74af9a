//! The observer: a parent from the headers, and a span.

use std::sync::Arc;

use http::request;
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use tower_telemetry_observe::{Call, Observe};
use tower_telemetry_propagate::{Propagation, SamplingHint};
use tower_telemetry_semconv::{HttpCall, Server, ServerFacts, Trust};
use tower_telemetry_span::{Describe, Parent, Spans};

use crate::hint::Hinting;
use crate::response::Telling;
use crate::{ExtractWatch, TraceHeader};

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
///     (Extract::new(), on_end(|report| println!("{:?}", report.elapsed()))),
/// );
/// # let _ = tower_layer::Layer::layer(&layer, ());
/// ```
#[derive(Debug)]
#[must_use]
pub struct Extract<F = HttpCall<Server>> {
    spans: Arc<Spans<F>>,
    propagation: Propagation,
    telling: Option<Telling>,
    hinting: Option<Hinting>,
}

impl<F> Extract<F> {
    /// With the global tracer provider, and the global propagator or W3C trace context.
    pub fn new() -> Self {
        Extract {
            spans: Arc::new(Spans::new()),
            propagation: Propagation::default(),
            telling: None,
            hinting: None,
        }
    }

    /// Makes spans like these.
    pub fn with_spans(mut self, spans: Spans<F>) -> Self {
        self.spans = Arc::new(spans);
        self
    }

    /// Reads the caller's context with this propagator.
    pub fn with_propagation(mut self, propagation: Propagation) -> Self {
        self.propagation = propagation;
        self
    }

    /// Names the request's span in the responses to those requests of which `wanted` is true. Nobody is told by default.
    pub fn with_trace_header(
        mut self,
        header: TraceHeader,
        wanted: impl Fn(&request::Parts) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.telling = Some(Telling::new(header, wanted));
        self
    }

    /// Leaves a word for the sampler in the parent context of those requests for which `hint` has one. It is the service's own
    /// business: nothing of it is sent or recorded. Where anyone can send requests, anyone can send whatever it looks for.
    pub fn with_sampling_hint(
        mut self,
        hint: impl Fn(&request::Parts) -> Option<SamplingHint> + Send + Sync + 'static,
    ) -> Self {
        self.hinting = Some(Hinting::new(hint));
        self
    }

    fn parent(&self, call: &mut Call<'_, F>) -> Parent
    where
        F: ServerFacts,
    {
        let current = Context::current();
        let Some(request) = &mut call.request else {
            return Parent::Around(current);
        };
        let trust = match request.extensions.get::<NotBelieved>() {
            Some(NotBelieved) => Trust::Ignore,
            None => call.facts.trust(),
        };
        if trust != Trust::Parent {
            request.extensions.insert(NotBelieved);
        }
        match trust {
            Trust::Parent => match self.propagation.find(&current, &request.headers) {
                // Under a second layer, the first one's span is the parent.
                Some(caller) if !goes_on(&current, &caller) => Parent::Brought(caller),
                _ => Parent::Around(current),
            },
            // What else the caller's context holds, such as baggage, is left behind.
            Trust::Link => match self.propagation.find(&Context::new(), &request.headers) {
                Some(caller) if caller.span().span_context().is_valid() => {
                    Parent::Linked(current, caller.span().span_context().clone())
                }
                _ => Parent::Around(current),
            },
            Trust::Ignore => Parent::Around(current),
        }
    }
}

// Whatever the facts are.
impl<F> Clone for Extract<F> {
    fn clone(&self) -> Self {
        Extract {
            spans: Arc::clone(&self.spans),
            propagation: self.propagation.clone(),
            telling: self.telling.clone(),
            hinting: self.hinting.clone(),
        }
    }
}

/// Left in a request's extensions for layers further in: what one layer does not believe, the next one must not.
#[derive(Clone, Copy)]
struct NotBelieved;

/// Whether the current span is this service's own, in the caller's trace.
fn goes_on(current: &Context, caller: &Context) -> bool {
    let (current, caller) = (current.span(), caller.span());
    let current = current.span_context();
    current.is_valid() && !current.is_remote() && current.trace_id() == caller.span_context().trace_id()
}

impl<F> Default for Extract<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: Describe + ServerFacts> Observe<F> for Extract<F> {
    type Watch = ExtractWatch<F>;

    fn idle(&self) -> bool {
        self.propagation.is_off() && self.spans.idle()
    }

    fn watch(&self, call: &mut Call<'_, F>) -> ExtractWatch<F> {
        let mut parent = self.parent(call);
        if let (Some(hinting), Some(request)) = (&self.hinting, &call.request) {
            parent = hinting.hint(request, parent);
        }
        let span = self.spans.start(parent, call);
        let told = match (&self.telling, span.context(), &call.request) {
            (Some(telling), Some(cx), Some(request)) => telling.tell(request, cx).map(Box::new),
            _ => None,
        };
        ExtractWatch { span, told }
    }
}
