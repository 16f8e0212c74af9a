//! What is not sampled goes no further.

use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::Span as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use super::Processor;

/// Lets only sampled spans through: the SDK's batch processor, and perhaps others, would export what a sampler asked to record only.
#[derive(Debug)]
pub(super) struct SampledOnly(pub(super) Option<Processor>);

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

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{Tracer as _, TracerProvider as _};
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tower_telemetry_testkit::spans::RecordOnly;

    use crate::pipeline::tests::{Recorder, pipeline};

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
