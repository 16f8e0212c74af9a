//! What a user's processor is put around.

use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use super::Processor;

/// Everything that a processor given to [`with_processor`](crate::TelemetryBuilder::with_processor) is put around, as one processor.
#[derive(Debug)]
pub struct Next(pub(super) Processor);

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
    use opentelemetry::trace::{Tracer as _, TracerProvider as _};
    use opentelemetry_sdk::trace::SdkTracerProvider;

    use super::*;
    use crate::pipeline::Wrap;
    use crate::pipeline::tests::{Recorder, assembled};

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
}
