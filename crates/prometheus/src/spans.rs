//! What becomes of spans: how many are being recorded, and how many got lost.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter, SpanProcessor};
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Registry;

use crate::catalog::{ACTIVE_SPANS, SPANS_ENDED, SPANS_EXPORTED, SPANS_FAILED, SPANS_STARTED};
use crate::encode::{encode_counter, encode_gauge};
use crate::losses::Losses;
use crate::register::{Collect, register};
use crate::{Counter, Gauge, RegisterError};

/// Counts spans: those that are being recorded (`active_spans_total`), those that have started and ended, and those that were exported or lost.
///
/// ```
/// use opentelemetry::trace::{Tracer, TracerProvider};
/// use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SimpleSpanProcessor};
/// use prometheus_client::encoding::text::encode;
/// use prometheus_client::registry::Registry;
/// use tower_telemetry_prometheus::SpanCounts;
///
/// let mut registry = Registry::default();
/// let counts = SpanCounts::register(&mut registry)?;
/// let exporter = counts.exporter(InMemorySpanExporter::default());
/// let provider = SdkTracerProvider::builder()
///     .with_span_processor(counts.processor(SimpleSpanProcessor::new(exporter)))
///     .build();
///
/// let span = provider.tracer("orders").start("order");
/// let mut text = String::new();
/// encode(&mut text, &registry)?;
/// assert!(text.contains("\nactive_spans_total 1\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct SpanCounts(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    active: Gauge,
    started: Counter,
    ended: Counter,
    exported: Counter,
    failed: Counter,
    lost: Losses,
}

impl SpanCounts {
    /// Registers the counts.
    ///
    /// # Errors
    ///
    /// When the registry has metrics of these names already.
    pub fn register(registry: &mut Registry) -> Result<Self, RegisterError> {
        let counts = SpanCounts(Arc::default());
        register(registry, counts.clone())?;
        Ok(counts)
    }

    /// Counts the spans that this processor gets, which is to be the provider's one: the SDK copies each span for every further one.
    pub fn processor<P: SpanProcessor>(&self, inner: P) -> CountedProcessor<P> {
        CountedProcessor {
            inner,
            counts: self.clone(),
            over: AtomicBool::new(false),
        }
    }

    /// Shows what a queue before an exporter has lost, by cause: asked at each scrape, for numbers that only grow. `tower-telemetry-setup` tells of its own
    /// queues, in which also those are counted that an exporter could not export.
    pub fn add_losses(&self, losses: impl Fn() -> Vec<(&'static str, u64)> + Send + Sync + 'static) {
        self.0.lost.add(Arc::new(losses));
    }

    /// Counts the spans that this exporter exports, or loses.
    pub fn exporter<E: SpanExporter>(&self, inner: E) -> CountedExporter<E> {
        CountedExporter {
            inner,
            counts: self.clone(),
        }
    }
}

impl Collect for SpanCounts {
    fn collect(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let Counts {
            active,
            started,
            ended,
            exported,
            failed,
            lost,
        } = &*self.0;
        let describe = ACTIVE_SPANS.describe(encoder)?;
        encode_gauge(describe, active.value())?;
        let counters = [
            (SPANS_STARTED, started),
            (SPANS_ENDED, ended),
            (SPANS_EXPORTED, exported),
            (SPANS_FAILED, failed),
        ];
        for (metric, counter) in counters {
            encode_counter(metric.describe(encoder)?, counter.value())?;
        }
        lost.encode(encoder)
    }
}

/// A processor whose spans are [counted](SpanCounts::processor).
#[derive(Debug)]
pub struct CountedProcessor<P> {
    inner: P,
    counts: SpanCounts,
    over: AtomicBool,
}

impl<P: SpanProcessor> SpanProcessor for CountedProcessor<P> {
    fn on_start(&self, span: &mut Span, cx: &Context) {
        let counts = &self.counts.0;
        counts.started.add(1);
        counts.active.add(1);
        self.inner.on_start(span, cx);
    }

    fn on_end(&self, span: SpanData) {
        // At the shutdown, those that were left were taken off.
        if !self.over.load(Ordering::Acquire) {
            self.counts.0.active.add(-1);
        }
        self.counts.0.ended.add(1);
        self.inner.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        if !self.over.swap(true, Ordering::AcqRel) {
            let active = &self.counts.0.active;
            active.add(-active.value());
        }
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

/// An exporter whose spans are [counted](SpanCounts::exporter).
#[derive(Debug)]
pub struct CountedExporter<E> {
    inner: E,
    counts: SpanCounts,
}

impl<E: SpanExporter> SpanExporter for CountedExporter<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len() as u64;
        let exported = self.inner.export(batch).await;
        let count = match exported {
            Ok(()) => &self.counts.0.exported,
            Err(_) => &self.counts.0.failed,
        };
        count.add(spans);
        exported
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{Tracer, TracerProvider};
    use opentelemetry_sdk::error::OTelSdkError;
    use opentelemetry_sdk::trace::{InMemorySpanExporter, Sampler, SdkTracerProvider, SimpleSpanProcessor};

    use super::*;

    fn counts() -> SpanCounts {
        SpanCounts::register(&mut Registry::default()).expect("new names")
    }

    #[test]
    fn spans_are_active_until_they_end_or_all_does() {
        let counts = counts();
        let exporter = counts.exporter(InMemorySpanExporter::default());
        let provider = SdkTracerProvider::builder()
            .with_span_processor(counts.processor(SimpleSpanProcessor::new(exporter)))
            .build();
        let tracer = provider.tracer("t");
        let (first, second) = (tracer.start("first"), tracer.start("second"));
        assert_eq!(counts.0.active.value(), 2);
        drop(first);
        assert_eq!((counts.0.active.value(), counts.0.exported.value()), (1, 1));
        provider.shutdown().expect("nothing is left");
        assert_eq!(counts.0.active.value(), 0);
        drop(second);
        assert_eq!(counts.0.active.value(), 0);
    }

    #[test]
    fn spans_that_are_not_recorded_are_not_active() {
        let counts = counts();
        let provider = SdkTracerProvider::builder()
            .with_sampler(Sampler::AlwaysOff)
            .with_span_processor(counts.processor(SimpleSpanProcessor::new(InMemorySpanExporter::default())))
            .build();
        let _span = provider.tracer("t").start("span");
        assert_eq!((counts.0.active.value(), counts.0.started.value()), (0, 0));
    }

    #[test]
    fn spans_that_cannot_be_exported_are_counted() {
        #[derive(Debug)]
        struct Broken;
        impl SpanExporter for Broken {
            async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
                Err(OTelSdkError::InternalFailure("down".into()))
            }
        }
        let counts = counts();
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(counts.exporter(Broken))
            .build();
        provider.tracer("t").in_span("span", |_| ());
        assert_eq!((counts.0.exported.value(), counts.0.failed.value()), (0, 1));
    }
}
