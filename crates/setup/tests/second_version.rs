//! What is seen of a second version of the opentelemetry crate. One test, because there is one provider of each version per process.

mod told;

use std::convert::Infallible;
use std::time::Duration;

use http::{Request, Response};
use opentelemetry_0_32::trace::Tracer as _;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_telemetry_extract::ExtractLayer;
use tower_telemetry_setup::{Finding, InMemory, Telemetry};

const LOOK: &str = "`cargo tree -d -i opentelemetry`";

async fn request(layer: &ExtractLayer) {
    let service = layer.layer(service_fn(async |_: Request<()>| {
        Ok::<_, Infallible>(Response::new(String::new()))
    }));
    assert!(service.oneshot(Request::new(())).await.is_ok());
}

#[tokio::test]
async fn spans_of_another_version_are_missed_and_it_is_told_how_to_look_for_it()
-> Result<(), Box<dyn std::error::Error>> {
    let told = told::listen();
    let layer = ExtractLayer::new();

    // The application sets up the other version alone, and serves a request.
    opentelemetry_0_32::global::set_tracer_provider(opentelemetry_sdk_0_32::trace::SdkTracerProvider::default());
    request(&layer).await;
    let missing = told.wait("no OpenTelemetry tracer provider is installed")?;
    assert!(missing.contains("WARN") && missing.contains(LOOK), "{missing}");

    // It sets up this one, and goes on to make its spans with the other.
    let memory = InMemory::new();
    let telemetry = Telemetry::builder("orders")
        .with_exporter(memory.clone())
        .with_first_span_within(Duration::ZERO)
        .install()?;
    opentelemetry_0_32::global::tracer("orders").in_span("order", |_| ());
    let unused = told.wait("no span has started")?;
    assert!(unused.contains("WARN") && unused.contains(LOOK), "{unused}");
    assert_eq!(telemetry.report().findings(), [Finding::Unused]);

    // The layer, which came too early, finds the provider at its next request.
    request(&layer).await;
    assert!(telemetry.report().findings().is_empty());
    telemetry.shutdown()?;
    let names: Vec<_> = memory.spans().iter().map(|span| span.name.to_string()).collect();
    assert_eq!(names, ["GET"]);
    Ok(())
}
