//! Spans for calls of any service.

use std::sync::Arc;

use opentelemetry::Context;
use tower_telemetry_observe::{Call, Observe, PlainCall};

use crate::{Parent, SpanWatch, Spans};

/// Makes each call of a [`Plain`](tower_telemetry_observe::Plain) service an INTERNAL span under the current context.
#[derive(Clone, Debug)]
pub struct SpanObserver {
    spans: Arc<Spans<PlainCall>>,
}

impl SpanObserver {
    /// Makes spans like these.
    pub fn new(spans: Spans<PlainCall>) -> Self {
        SpanObserver { spans: Arc::new(spans) }
    }
}

impl Observe<PlainCall> for SpanObserver {
    type Watch = SpanWatch<PlainCall>;

    fn idle(&self) -> bool {
        self.spans.idle()
    }

    fn watch(&self, call: &mut Call<'_, PlainCall>) -> Self::Watch {
        self.spans.start(Parent::Around(Context::current()), call)
    }
}
