//! A word for the sampler, from the request.

use std::fmt;
use std::sync::Arc;

use http::request;
use opentelemetry::Context;
use tower_telemetry_observe::contain;
use tower_telemetry_propagate::SamplingHint;
use tower_telemetry_span::Parent;

/// Which requests get which hint.
#[derive(Clone)]
pub(crate) struct Hinting(Arc<Hint>);

type Hint = dyn Fn(&request::Parts) -> Option<SamplingHint> + Send + Sync;

impl Hinting {
    pub(crate) fn new(hint: impl Fn(&request::Parts) -> Option<SamplingHint> + Send + Sync + 'static) -> Self {
        Hinting(Arc::new(hint))
    }

    /// The parent with this request's hint, if it has one. A closure that panics has none.
    pub(crate) fn hint(&self, request: &request::Parts, parent: Parent) -> Parent {
        let Some(hint) = contain(|| (self.0)(request)).flatten() else {
            return parent;
        };
        let within = |cx: Context| hint.within(&cx);
        match parent {
            Parent::Around(cx) => Parent::Around(within(cx)),
            Parent::Brought(cx) => Parent::Brought(within(cx)),
            Parent::Linked(cx, caller) => Parent::Linked(within(cx), caller),
        }
    }
}

impl fmt::Debug for Hinting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hinting")
    }
}
