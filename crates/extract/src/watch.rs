//! What watches one request.

use std::task::Context;

use tower_telemetry_observe::{Head, Interest, Report, Watch};
use tower_telemetry_semconv::{HttpCall, Server};
use tower_telemetry_span::{Describe, SpanWatch};

use crate::response::Told;

/// Watches one request as a span, and tells the caller of it where that is wanted.
#[derive(Debug)]
pub struct ExtractWatch<F = HttpCall<Server>> {
    pub(crate) span: SpanWatch<F>,
    // Boxed, since there is next to never one.
    pub(crate) told: Option<Box<Told>>,
}

impl<F: Describe> Watch<F> for ExtractWatch<F> {
    fn interest(&self) -> Interest {
        match self.told {
            Some(_) => Interest::Everything,
            None => self.span.interest(),
        }
    }

    fn in_scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        self.span.in_scope(poll)
    }

    fn pending(&mut self, facts: &F, cx: &mut Context<'_>) {
        self.span.pending(facts, cx);
    }

    fn head(&mut self, head: &mut Head<'_, F>) {
        self.span.head(head);
        if let Some(told) = self.told.take() {
            told.add_to(&mut head.response.headers);
        }
    }

    fn data(&mut self, bytes: usize) {
        self.span.data(bytes);
    }

    fn end(self, report: &Report<'_, F>) {
        self.span.end(report);
    }
}
