//! What is logged where nobody can be given an error.

mod told;

use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use tower_telemetry_setup::{Telemetry, Waterfall};

#[derive(Debug)]
struct Fails;

impl SpanExporter for Fails {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        Err(OTelSdkError::InternalFailure("no such luck".into()))
    }
}

#[test]
fn losses_that_no_result_tells_are_logged_once() -> Result<(), Box<dyn std::error::Error>> {
    let told = told::listen();
    let waterfall = Waterfall::to(|_| ()).with_max_traces(1);
    let telemetry = Telemetry::builder("orders")
        .with_waterfall(waterfall)
        .with_exporter(Fails)
        .build()?;
    let tracer = telemetry.tracer_provider().tracer("test");
    let mut endless = tracer.start("endless");
    for _ in 0..10 {
        tracer.in_span("finds no room", |_| ());
    }
    let full = told.wait("tower_telemetry_setup")?;
    assert!(full.contains("WARN") && full.contains("with_max_traces"), "{full}");

    endless.end();
    // As many batches as flushes, and each of them fails: told by the first, and the rest at the end.
    for _ in 0..20 {
        tracer.in_span("lost", |_| ());
        assert!(telemetry.flush().is_err());
    }
    drop(telemetry);
    let losses = told.losses(31)?;
    assert!(losses.len() <= 2, "{losses:?}");
    for lost in &losses {
        assert!(lost.contains("WARN") && lost.contains(" to Fails: "), "{lost}");
        assert!(lost.contains("last failure: no such luck"), "{lost}");
    }
    Ok(())
}
