//! The provider of the SDK that all contenders use.

use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, Span, SpanData, SpanProcessor};

/// A provider that drops every span at its end.
pub(crate) fn provider() -> SdkTracerProvider {
    SdkTracerProvider::builder().with_span_processor(Dropping).build()
}

#[derive(Debug)]
struct Dropping;

impl SpanProcessor for Dropping {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        #[cfg(test)]
        ENDED.with_borrow_mut(|ended| ended.push(span.clone()));
        drop(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

#[cfg(test)]
thread_local! {
    /// The spans that ended on this thread.
    pub(crate) static ENDED: std::cell::RefCell<Vec<SpanData>> = const { std::cell::RefCell::new(Vec::new()) };
}
