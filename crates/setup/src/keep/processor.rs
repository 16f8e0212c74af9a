//! The processor around all others that decides about what was not sampled.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::trace::{Span as _, SpanContext, Status, TraceContextExt as _, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use super::held::Place;
use super::shelf::{Released, Shelf};
use super::{KEPT, Keep, KeepCounts, Reason};

/// A shelf for so many spans.
const SHELF: usize = 512;

/// Holds back what was not sampled, and passes on what is sampled at once.
#[derive(Debug)]
pub(crate) struct KeepProcessor<P> {
    next: P,
    slow: Option<Duration>,
    shelves: Shelves,
}

/// Clones are the same shelves, to read the counts.
#[derive(Debug, Clone)]
pub(crate) struct Shelves(Arc<[Mutex<Shelf>]>);

impl Shelves {
    pub(crate) fn counts(&self) -> KeepCounts {
        let mut sum = KeepCounts::default();
        for shelf in &*self.0 {
            sum.add(shelf.lock().unwrap_or_else(PoisonError::into_inner).counts);
        }
        sum
    }

    /// Does something on the trace's shelf.
    fn on<T>(&self, trace: TraceId, work: impl FnOnce(&mut Shelf) -> T) -> T {
        let low = u128::from_be_bytes(trace.to_bytes()) as usize;
        let shelf = &self.0[low % self.0.len()];
        work(&mut shelf.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<P> KeepProcessor<P> {
    pub(crate) fn new(keep: Keep, next: P) -> Self {
        let shelves = (keep.max_spans / SHELF).clamp(1, 16);
        let each = (0..shelves).map(|_| Mutex::new(Shelf::new(&keep, shelves)));
        Self {
            next,
            slow: keep.slow,
            shelves: Shelves(each.collect()),
        }
    }

    pub(crate) fn shelves(&self) -> Shelves {
        self.shelves.clone()
    }

    fn reason(&self, span: &SpanData) -> Option<Reason> {
        if matches!(span.status, Status::Error { .. }) {
            return Some(Reason::Failed);
        }
        let took = span.end_time.duration_since(span.start_time).unwrap_or_default();
        let slow = self.slow.is_some_and(|threshold| took >= threshold);
        slow.then_some(Reason::Slow)
    }
}

/// The same span, as if it had been sampled.
fn sampled(mut span: SpanData) -> SpanData {
    let cx = &span.span_context;
    span.span_context = SpanContext::new(
        cx.trace_id(),
        cx.span_id(),
        cx.trace_flags().with_sampled(true),
        cx.is_remote(),
        cx.trace_state().clone(),
    );
    span
}

impl<P: SpanProcessor> SpanProcessor for KeepProcessor<P> {
    fn on_start(&self, span: &mut Span, cx: &Context) {
        let own = span.span_context();
        if own.is_sampled() {
            return self.next.on_start(span, cx);
        }
        let parent = cx.span();
        let parent = parent.span_context();
        let place = match parent.is_valid() && !parent.is_remote() {
            true => Place::Below,
            false => Place::LocalRoot,
        };
        let (trace, id) = (own.trace_id(), own.span_id());
        self.shelves.on(trace, |shelf| shelf.start(trace, id, place));
    }

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            return self.next.on_end(span);
        }
        let trace = span.span_context.trace_id();
        let released = self
            .shelves
            .on(trace, |shelf| shelf.end(span, |span| self.reason(span)));
        let Released::Spans { waited, mut last, why } = released else {
            return;
        };
        if let Some(why) = why {
            last.attributes.push(KeyValue::new(KEPT, why.as_str()));
        }
        for span in waited {
            self.next.on_end(sampled(span));
        }
        self.next.on_end(sampled(*last));
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.next.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.next.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.next.set_resource(resource);
    }
}
