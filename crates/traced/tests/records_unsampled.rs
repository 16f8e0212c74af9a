//! Samplers that let spans record although their trace is not sampled, so that a processor can decide at the end.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::{Context, global};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, Span, SpanData, SpanProcessor};
use tower_telemetry_testkit::spans::RecordOnly;
use tower_telemetry_traced::{in_span, thread, traced};

#[derive(Clone, Debug, Default)]
struct Ended(Arc<Mutex<Vec<SpanData>>>);

impl SpanProcessor for Ended {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.0.lock().unwrap().push(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

#[traced(name = "inner", args(number))]
fn inner(number: u8) {
    let _ = number;
}

#[test]
fn spans_in_such_traces_are_recorded_with_their_arguments_and_in_threads() {
    let ended = Ended::default();
    let provider = SdkTracerProvider::builder()
        .with_sampler(RecordOnly)
        .with_span_processor(ended.clone());
    global::set_tracer_provider(provider.build());
    in_span("outer", |_| {
        inner(1);
        thread::spawn(|| inner(2)).join().unwrap();
    });
    let ended = ended.0.lock().unwrap();
    let told: Vec<_> = ended.iter().map(|span| (&*span.name, span.attributes.len())).collect();
    assert_eq!(told, [("inner", 1), ("inner", 1), ("outer", 0)]);
    assert!(ended.iter().all(|span| !span.span_context.is_sampled()));
    assert!(
        ended[..2]
            .iter()
            .all(|inner| inner.parent_span_id == ended[2].span_context.span_id())
    );
}
