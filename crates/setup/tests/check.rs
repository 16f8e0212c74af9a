//! What keeps tracing from working is found. One test, because there is one provider and one propagator per process.
#![cfg(feature = "otlp-http")]

mod told;

use std::net::{Ipv4Addr, TcpListener};

use opentelemetry::global;
use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use opentelemetry_sdk::trace::SdkTracerProvider;
use tower_telemetry_setup::opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use tower_telemetry_setup::{Finding, InMemory, Otlp, Telemetry};

/// Takes everything, and sends it nowhere.
#[derive(Debug)]
struct Sink;

#[async_trait::async_trait]
impl HttpClient for Sink {
    async fn send_bytes(&self, _: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        Ok(Response::new(Bytes::new()))
    }
}

#[test]
fn what_keeps_tracing_from_working_is_told_once() -> Result<(), Box<dyn std::error::Error>> {
    let told = told::listen();

    global::set_tracer_provider(SdkTracerProvider::default());
    assert!(Telemetry::builder("orders").install().is_err(), "nothing to export to");
    let telemetry = Telemetry::builder("orders").with_exporter(InMemory::new()).install()?;
    assert_eq!(telemetry.report().findings(), [Finding::AnotherProviderBefore]);
    let told_at_start = told.wait("installed before this one")?;
    assert!(told_at_start.contains("WARN"), "{told_at_start}");

    global::set_text_map_propagator(TextMapCompositePropagator::new(Vec::new()));
    global::set_tracer_provider(SdkTracerProvider::default());
    let findings = telemetry.report().findings().to_vec();
    assert!(findings.contains(&Finding::AnotherProviderSince), "{findings:?}");
    assert!(findings.contains(&Finding::NoPropagator), "{findings:?}");

    // At first use it is told, too.
    telemetry.tracer_provider().tracer("test").in_span("a", |_| ());
    told.wait("installed after this one")?;
    told.wait("carries nothing")?;
    telemetry.shutdown()?;

    let again = Telemetry::builder("orders").with_exporter(InMemory::new()).install()?;
    assert!(
        again.report().findings().is_empty(),
        "its own predecessor is nobody else: {}",
        again.report()
    );
    again.tracer_provider().shutdown()?;
    assert!(
        again.report().findings().is_empty(),
        "nobody has taken its place: {}",
        again.report()
    );
    again.shutdown()?;
    told.all();

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let nobody = format!("http://{}", listener.local_addr()?);
    drop(listener);
    let deaf = Telemetry::builder("orders")
        .with_sampling_ratio(0.0)
        .with_otlp(Otlp::http().with_endpoint(&nobody))
        .install()?;
    let unsampled = told.wait("records no trace that begins here")?;
    assert!(unsampled.contains("OTEL_TRACES_SAMPLER"), "{unsampled}");
    told.wait(&format!("nobody can be reached at {nobody}"))?;
    deaf.tracer_provider().tracer("test").in_span("a", |_| ());
    let findings = deaf.report().findings().to_vec();
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(findings.contains(&Finding::NothingSampled), "{findings:?}");
    deaf.shutdown()?;
    assert_eq!(told.all(), Vec::<String>::new(), "each is told once");

    // A client of one's own may know another way, such as a proxy.
    let elsewhere = Telemetry::builder("orders")
        .with_otlp(Otlp::http_with(Sink).with_endpoint(&nobody))
        .install()?;
    assert!(elsewhere.report().findings().is_empty(), "{}", elsewhere.report());
    elsewhere.shutdown()?;
    Ok(())
}
