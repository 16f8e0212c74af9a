//! The processors of a provider, one inside the other.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::Span as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use self::both::Both;
pub(crate) use self::both::together;
pub use self::next::Next;
use self::sampled::SampledOnly;
use self::usage::Usage;
pub(crate) use self::usage::Use;
use crate::WaterfallProcessor;
use crate::keep::{Keep, KeepProcessor, Shelves};

mod both;
mod next;
mod sampled;
mod usage;

pub(crate) type Processor = Box<dyn SpanProcessor>;

/// Puts a processor of the user's around those that are there.
pub(crate) type Wrap = Box<dyn FnOnce(Next) -> Processor + Send>;

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
    usage: Arc<Usage>,
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
            usage: Arc::default(),
        };
        (pipeline, shelves)
    }

    /// How many sampled spans have started and not ended.
    pub(crate) fn open(&self) -> u64 {
        self.usage.open()
    }

    /// Whether any span has started.
    pub(crate) fn used(&self) -> Use {
        self.usage.now()
    }

    /// Waits for the first span or the end, no longer than that.
    pub(crate) fn wait_for_use(&self, limit: Option<Duration>) -> Use {
        self.usage.wait(limit)
    }
}

impl SpanProcessor for Pipeline {
    fn on_start(&self, span: &mut Span, cx: &Context) {
        self.usage.started(span.span_context());
        self.outermost.on_start(span, cx);
    }

    fn on_end(&self, span: SpanData) {
        self.usage.ended(&span.span_context);
        self.outermost.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.outermost.force_flush()
    }

    /// Only the first call does anything.
    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        match self.usage.close() {
            true => self.outermost.shutdown_with_timeout(timeout),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::{Arc, Mutex, PoisonError};

    use opentelemetry::trace::{Tracer as _, TracerProvider as _};
    use opentelemetry_sdk::trace::SdkTracerProvider;

    use super::*;
    use crate::Waterfall;

    const FLUSH_TIMEOUT: Duration = Duration::from_secs(30);

    /// Writes down what it is asked to do.
    #[derive(Debug, Clone, Default)]
    pub(crate) struct Recorder(Arc<Mutex<Vec<String>>>);

    impl Recorder {
        pub(crate) fn write(&self, what: impl Into<String>) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(what.into());
        }

        pub(crate) fn written(&self) -> Vec<String> {
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

    pub(crate) fn pipeline(waterfall: Option<Waterfall>, recorders: &[&Recorder]) -> Pipeline {
        let boxed = recorders
            .iter()
            .map(|recorder| Box::new((*recorder).clone()) as Processor);
        assembled(waterfall, boxed.collect(), Vec::new())
    }

    pub(crate) fn assembled(waterfall: Option<Waterfall>, exporters: Vec<Processor>, wraps: Vec<Wrap>) -> Pipeline {
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
}
