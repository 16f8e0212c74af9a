//! The processors of a provider, one inside the other.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::Span as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use crate::WaterfallProcessor;
use crate::both::Both;
use crate::keep::{Keep, KeepProcessor, Shelves};

pub(crate) type Processor = Box<dyn SpanProcessor>;

/// Puts a processor of the user's around those that are there.
pub(crate) type Wrap = Box<dyn FnOnce(Next) -> Processor + Send>;

/// Everything that a processor given to [`with_processor`](crate::TelemetryBuilder::with_processor) is put around, as one processor.
#[derive(Debug)]
pub struct Next(Processor);

/// What a pipeline is made of.
pub(crate) struct Parts {
    pub(crate) waterfall: Option<WaterfallProcessor>,
    pub(crate) exporters: Vec<Processor>,
    pub(crate) keep: Option<Keep>,
    pub(crate) wraps: Vec<Wrap>,
    pub(crate) flush_timeout: Duration,
}

/// What a provider feeds: one processor, which wraps all others. Clones are the same pipeline, to flush it and shut it down without
/// the provider, which turns errors into a text for programmers.
#[derive(Debug, Clone)]
pub(crate) struct Pipeline {
    outermost: Arc<dyn SpanProcessor>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    shut_down: AtomicBool,
    /// Sampled spans that have started and not ended.
    open: AtomicI64,
    /// Whether any span has started, to be seen at a glance, and to be waited for.
    used: AtomicBool,
    begun: Mutex<Use>,
    changed: Condvar,
}

/// Whether spans have come by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Use {
    #[default]
    NotYet,
    Begun,
    /// None will.
    Over,
}

impl Shared {
    fn change(&self, to: Use) {
        *self.begun.lock().unwrap_or_else(PoisonError::into_inner) = to;
        self.changed.notify_all();
    }
}

impl Pipeline {
    /// From the inside out: the exporters, fed one after the other; the waterfall; what keeps the unsampled from them; what keeps some of
    /// these after all; and the user's own. With the handle on what is kept.
    pub(crate) fn assemble(parts: Parts, resource: &Resource) -> (Self, Option<Shelves>) {
        let exporters: Option<Processor> = parts
            .exporters
            .into_iter()
            .rev()
            .reduce(|rest, first| Box::new(Both::new(first, rest)));
        let processor = |waterfall: WaterfallProcessor| waterfall.with_flush_timeout(parts.flush_timeout);
        let sampled = SampledOnly(match (parts.waterfall, exporters) {
            (Some(waterfall), Some(exporters)) => Some(Box::new(processor(waterfall).with_boxed_next(exporters))),
            (Some(waterfall), None) => Some(Box::new(processor(waterfall))),
            (None, exporters) => exporters,
        });
        let (kept, shelves): (Processor, _) = match parts.keep {
            Some(keep) => {
                let kept = KeepProcessor::new(keep, sampled);
                let shelves = kept.shelves();
                (Box::new(kept), Some(shelves))
            }
            None => (Box::new(sampled), None),
        };
        let mut outermost = parts.wraps.into_iter().fold(kept, |inner, wrap| wrap(Next(inner)));
        outermost.set_resource(resource);
        let pipeline = Self {
            outermost: outermost.into(),
            shared: Arc::default(),
        };
        (pipeline, shelves)
    }

    /// How many sampled spans have started and not ended.
    pub(crate) fn open(&self) -> u64 {
        self.shared.open.load(Ordering::Relaxed).try_into().unwrap_or(0)
    }

    /// Waits for the first span or the end, no longer than that.
    pub(crate) fn wait_for_use(&self, limit: Option<Duration>) -> Use {
        let begun = self.shared.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = |begun: &mut Use| *begun == Use::NotYet;
        match limit {
            Some(limit) => {
                let waited = self.shared.changed.wait_timeout_while(begun, limit, waiting);
                *waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => {
                let waited = self.shared.changed.wait_while(begun, waiting);
                *waited.unwrap_or_else(PoisonError::into_inner)
            }
        }
    }
}

impl SpanProcessor for Pipeline {
    fn on_start(&self, span: &mut Span, cx: &Context) {
        if span.span_context().is_sampled() {
            self.shared.open.fetch_add(1, Ordering::Relaxed);
        }
        if !self.shared.used.load(Ordering::Relaxed) && !self.shared.used.swap(true, Ordering::Relaxed) {
            self.shared.change(Use::Begun);
        }
        self.outermost.on_start(span, cx);
    }

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.shared.open.fetch_sub(1, Ordering::Relaxed);
        }
        self.outermost.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.outermost.force_flush()
    }

    /// Only the first call does anything.
    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        if self.shared.shut_down.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        self.shared.change(Use::Over);
        self.outermost.shutdown_with_timeout(timeout)
    }
}

/// Lets only sampled spans through: the SDK's batch processor, and perhaps others, would export what a sampler asked to record only.
#[derive(Debug)]
struct SampledOnly(Option<Processor>);

impl SpanProcessor for SampledOnly {
    fn on_start(&self, span: &mut Span, cx: &Context) {
        if let Some(next) = self.0.as_ref().filter(|_| span.span_context().is_sampled()) {
            next.on_start(span, cx);
        }
    }

    fn on_end(&self, span: SpanData) {
        if let Some(next) = self.0.as_ref().filter(|_| span.span_context.is_sampled()) {
            next.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.as_ref().map_or(Ok(()), |next| next.force_flush())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0
            .as_ref()
            .map_or(Ok(()), |next| next.shutdown_with_timeout(timeout))
    }

    fn set_resource(&mut self, resource: &Resource) {
        if let Some(next) = &mut self.0 {
            next.set_resource(resource);
        }
    }
}

impl SpanProcessor for Next {
    fn on_start(&self, span: &mut Span, cx: &Context) {
        self.0.on_start(span, cx);
    }

    fn on_end(&self, span: SpanData) {
        self.0.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
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
        assembled(waterfall, boxed.collect(), Vec::new())
    }

    fn assembled(waterfall: Option<Waterfall>, exporters: Vec<Processor>, wraps: Vec<Wrap>) -> Pipeline {
        let resource = Resource::builder_empty().build();
        let parts = Parts {
            waterfall: waterfall.map(|waterfall| waterfall.processor()),
            exporters,
            keep: None,
            wraps,
            flush_timeout: FLUSH_TIMEOUT,
        };
        Pipeline::assemble(parts, &resource).0
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
    fn nothing_to_feed_does_no_harm() {
        let pipeline = pipeline(None, &[]);
        let provider = SdkTracerProvider::builder()
            .with_span_processor(pipeline.clone())
            .build();
        provider.tracer("t").in_span("a", |_| ());
        assert!(provider.force_flush().is_ok());
        assert!(provider.shutdown().is_ok());
        assert_eq!(pipeline.wait_for_use(None), Use::Over);
    }

    /// Writes down what comes by, before what it wraps does.
    #[derive(Debug)]
    struct Around(&'static str, Recorder, Next);

    impl SpanProcessor for Around {
        fn on_start(&self, span: &mut Span, cx: &Context) {
            self.2.on_start(span, cx);
        }

        fn on_end(&self, span: SpanData) {
            self.1.write(self.0);
            self.2.on_end(span);
        }

        fn force_flush(&self) -> OTelSdkResult {
            self.2.force_flush()
        }

        fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
            self.2.shutdown_with_timeout(timeout)
        }

        fn set_resource(&mut self, resource: &Resource) {
            self.2.set_resource(resource);
        }
    }

    #[test]
    fn processors_of_the_user_s_own_are_around_all_others_the_last_outermost() {
        let recorder = Recorder::default();
        let wrap = |name| -> Wrap {
            let recorder = recorder.clone();
            Box::new(move |next| Box::new(Around(name, recorder, next)))
        };
        let exporter = Box::new(recorder.clone());
        let pipeline = assembled(None, vec![exporter], vec![wrap("inner"), wrap("outer")]);
        let provider = SdkTracerProvider::builder()
            .with_span_processor(pipeline.clone())
            .build();
        let tracer = provider.tracer("t");
        tracer.in_span("a", |_| assert_eq!(pipeline.open(), 1));
        assert_eq!(pipeline.open(), 0);
        assert!(provider.shutdown().is_ok());
        assert_eq!(
            recorder.written(),
            ["resource", "start", "outer", "inner", "end a", "shutdown"]
        );
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
