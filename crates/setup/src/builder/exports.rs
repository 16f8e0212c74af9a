//! Where spans go, and what they pass on the way.

use opentelemetry_sdk::trace::{SpanExporter, SpanProcessor};
#[cfg(feature = "prometheus")]
use tower_telemetry_prometheus::SpanCounts;
use tower_telemetry_sanitize::Sanitizer;

use super::TelemetryBuilder;
use super::exporter::Exporter;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
use crate::Otlp;
use crate::pipeline::Next;
use crate::{Batch, Waterfall};

impl TelemetryBuilder {
    /// How spans are gathered for every exporter.
    pub fn with_batch(mut self, batch: Batch) -> Self {
        self.batch = batch;
        self
    }

    /// Shows traces as waterfalls.
    pub fn with_waterfall(mut self, waterfall: Waterfall) -> Self {
        self.waterfall = Some(waterfall);
        self
    }

    /// Exports by OTLP, in batches on a thread of their own. A collector that is slow or down slows nothing but the end. May be
    /// called several times.
    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    pub fn with_otlp(mut self, otlp: Otlp) -> Self {
        self.exporters.push(Exporter::Otlp(otlp));
        self
    }

    /// Exports by this exporter, too, in batches on a thread of their own, outside any async runtime. May be called several times. Nothing is
    /// traced on that thread; an exporter that does its work on another one takes the current context there.
    pub fn with_exporter(mut self, exporter: impl SpanExporter + 'static) -> Self {
        self.exporters.push(Exporter::own(exporter));
        self
    }

    /// Puts a processor around all that are there: it is told of every span that is recorded, and hands on what it wants to. The last one
    /// given is the outermost. Processors are never put side by side, since the SDK copies each span for each of them.
    ///
    /// ```
    /// use std::time::Duration;
    /// use opentelemetry::{Context, KeyValue, trace::Span as _};
    /// use tower_telemetry_setup::opentelemetry_sdk::error::OTelSdkResult;
    /// use tower_telemetry_setup::opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
    /// use tower_telemetry_setup::{Next, Telemetry, Waterfall};
    ///
    /// #[derive(Debug)]
    /// struct InRegion(Next);
    ///
    /// impl SpanProcessor for InRegion {
    ///     fn on_start(&self, span: &mut Span, cx: &Context) {
    ///         span.set_attribute(KeyValue::new("region", "eu"));
    ///         self.0.on_start(span, cx);
    ///     }
    /// #   fn on_end(&self, span: SpanData) { self.0.on_end(span) }
    /// #   fn force_flush(&self) -> OTelSdkResult { self.0.force_flush() }
    /// #   fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult { self.0.shutdown_with_timeout(timeout) }
    /// #   fn set_resource(&mut self, resource: &tower_telemetry_setup::opentelemetry_sdk::Resource) { self.0.set_resource(resource) }
    ///     // ... on_end, force_flush, shutdown_with_timeout and set_resource call self.0 alike
    /// }
    ///
    /// let telemetry = Telemetry::builder("orders")
    ///     .with_waterfall(Waterfall::stderr())
    ///     .with_processor(InRegion)
    ///     .build()?;
    /// # telemetry.shutdown()?;
    /// # Ok::<(), tower_telemetry_setup::Error>(())
    /// ```
    pub fn with_processor<P: SpanProcessor + 'static>(
        mut self,
        around: impl FnOnce(Next) -> P + Send + 'static,
    ) -> Self {
        self.wraps.push(Box::new(|next| Box::new(around(next))));
        self
    }

    /// What may be written down of a span, whoever made it: by default the [policy for production](Sanitizer::default), which cuts
    /// texts where `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT` says. It guards the waterfall and each exporter, on the exporter's own thread.
    pub fn with_sanitizer(mut self, sanitizer: Sanitizer) -> Self {
        self.sanitizer = Some(sanitizer);
        self
    }

    /// Counts the spans that are being recorded (`active_spans_total`), those that have started and ended, and those that OTLP exports
    /// or loses; and those that were lost in any exporter's queue, by cause. What an exporter of your own exports is counted when it is handed over as a
    /// [`SpanCounts::exporter`].
    #[cfg(feature = "prometheus")]
    pub fn with_span_counts(mut self, counts: SpanCounts) -> Self {
        self.span_counts = Some(counts);
        self
    }
}
