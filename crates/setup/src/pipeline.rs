//! The processors of a provider, one inside the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::Span as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use crate::WaterfallProcessor;
use crate::both::Both;

pub(crate) type Processor = Box<dyn SpanProcessor>;

/// What a provider feeds: one processor, which wraps all others. Clones are the same pipeline, to flush it and shut it down without
/// the provider, which turns errors into a text for programmers.
#[derive(Debug, Clone)]
pub(crate) struct Pipeline {
    outermost: Arc<dyn SpanProcessor>,
    shut_down: Arc<AtomicBool>,
}

impl Pipeline {
    /// The waterfall around the others, and these fed one after the other. `None` when there is nothing to feed.
    pub(crate) fn assemble(
        waterfall: Option<WaterfallProcessor>,
        processors: Vec<Processor>,
        resource: &Resource,
        flush_timeout: Duration,
    ) -> Option<Self> {
        let processor = |waterfall: WaterfallProcessor| waterfall.with_flush_timeout(flush_timeout);
        let others: Option<Processor> = processors
            .into_iter()
            .rev()
            .reduce(|rest, first| Box::new(Both::new(first, rest)));
        let mut outermost: Processor = match (waterfall, others) {
            (Some(waterfall), Some(others)) => Box::new(processor(waterfall).with_boxed_next(others)),
            (Some(waterfall), None) => Box::new(processor(waterfall)),
            (None, others) => others?,
        };
        outermost.set_resource(resource);
        Some(Self {
            outermost: outermost.into(),
            shut_down: Arc::default(),
        })
    }
}

/// Lets only sampled spans through: the SDK's batch processor would export what a sampler asked to record only.
impl SpanProcessor for Pipeline {
    fn on_start(&self, span: &mut Span, cx: &Context) {
        if span.span_context().is_sampled() {
            self.outermost.on_start(span, cx);
        }
    }

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.outermost.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.outermost.force_flush()
    }

    /// Only the first call does anything.
    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        if self.shut_down.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        self.outermost.shutdown_with_timeout(timeout)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, PoisonError};

    use opentelemetry::trace::{Tracer as _, TracerProvider as _};
    use opentelemetry::{KeyValue, trace::TraceState};
    use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, SdkTracerProvider, ShouldSample};

    use super::*;
    use crate::Waterfall;

    const FLUSH_TIMEOUT: Duration = Duration::from_secs(30);

    /// Writes down what it is asked to do.
    #[derive(Debug, Clone, Default)]
    struct Recorder(Arc<Mutex<Vec<String>>>);

    impl Recorder {
        fn write(&self, what: impl Into<String>) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(what.into());
        }

        fn written(&self) -> Vec<String> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
        }
    }

    impl SpanProcessor for Recorder {
        fn on_start(&self, _: &mut Span, _: &Context) {
            self.write("start");
        }

        fn on_end(&self, span: SpanData) {
            self.write(format!("end {}", span.name));
        }

        fn force_flush(&self) -> OTelSdkResult {
            self.write("flush");
            Ok(())
        }

        fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
            self.write("shutdown");
            Ok(())
        }

        fn set_resource(&mut self, _: &Resource) {
            self.write("resource");
        }
    }

    fn pipeline(waterfall: Option<Waterfall>, recorders: &[&Recorder]) -> Pipeline {
        let boxed = recorders
            .iter()
            .map(|recorder| Box::new((*recorder).clone()) as Processor);
        let resource = Resource::builder_empty().build();
        Pipeline::assemble(
            waterfall.map(|waterfall| waterfall.processor()),
            boxed.collect(),
            &resource,
            FLUSH_TIMEOUT,
        )
        .expect("a processor")
    }

    #[test]
    fn everything_is_passed_on_to_every_processor_and_the_end_once() {
        let (first, second, third) = (Recorder::default(), Recorder::default(), Recorder::default());
        let pipeline = pipeline(Some(Waterfall::to(|_| ())), &[&first, &second, &third]);
        let provider = SdkTracerProvider::builder()
            .with_span_processor(pipeline.clone())
            .build();
        provider.tracer("t").in_span("a", |_| ());
        assert!(provider.force_flush().is_ok());
        assert!(provider.shutdown().is_ok());
        assert!(pipeline.shutdown().is_ok());
        for recorder in [first, second, third] {
            assert_eq!(recorder.written(), ["resource", "start", "end a", "flush", "shutdown"]);
        }
    }

    #[test]
    fn nothing_to_feed_is_no_pipeline() {
        let resource = Resource::builder_empty().build();
        assert!(Pipeline::assemble(None, Vec::new(), &resource, FLUSH_TIMEOUT).is_none());
    }

    /// Asks for spans to be recorded, but not exported.
    #[derive(Debug, Clone)]
    struct RecordOnly;

    impl ShouldSample for RecordOnly {
        fn should_sample(
            &self,
            _: Option<&Context>,
            _: opentelemetry::trace::TraceId,
            _: &str,
            _: &opentelemetry::trace::SpanKind,
            _: &[KeyValue],
            _: &[opentelemetry::trace::Link],
        ) -> SamplingResult {
            SamplingResult {
                decision: SamplingDecision::RecordOnly,
                attributes: Vec::new(),
                trace_state: TraceState::NONE,
            }
        }
    }

    #[test]
    fn spans_that_are_only_recorded_go_nowhere() {
        let recorder = Recorder::default();
        let provider = SdkTracerProvider::builder()
            .with_sampler(RecordOnly)
            .with_span_processor(pipeline(None, &[&recorder]))
            .build();
        provider.tracer("t").in_span("a", |_| ());
        assert_eq!(recorder.written(), ["resource"]);
    }
}
