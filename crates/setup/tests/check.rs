//! What keeps tracing from working is found. One test, because there is one provider and one propagator per process.

use std::io::{self, Write};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use opentelemetry::global;
use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use opentelemetry_sdk::trace::SdkTracerProvider;
use tower_telemetry_setup::{Finding, InMemory, Telemetry};

const PATIENCE: Duration = Duration::from_secs(60);

struct Lines(Sender<String>);

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let _ = self.0.send(String::from_utf8_lossy(line).into_owned());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Waits for a line that says this.
fn told(lines: &Receiver<String>, what: &str) -> Result<String, mpsc::RecvTimeoutError> {
    loop {
        let line = lines.recv_timeout(PATIENCE)?;
        if line.contains(what) {
            return Ok(line);
        }
    }
}

#[test]
fn other_providers_and_a_propagator_that_carries_nothing_are_found() -> Result<(), Box<dyn std::error::Error>> {
    let (send, lines) = mpsc::channel();
    tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || Lines(send.clone()))
        .init();

    global::set_tracer_provider(SdkTracerProvider::default());
    let telemetry = Telemetry::builder("orders").with_exporter(InMemory::new()).install()?;
    assert_eq!(telemetry.report().findings(), [Finding::AnotherProviderBefore]);
    let told_at_start = told(&lines, "installed before this one")?;
    assert!(told_at_start.contains("WARN"), "{told_at_start}");

    global::set_text_map_propagator(TextMapCompositePropagator::new(Vec::new()));
    global::set_tracer_provider(SdkTracerProvider::default());
    let findings = telemetry.report().findings().to_vec();
    assert!(findings.contains(&Finding::AnotherProviderSince), "{findings:?}");
    assert!(findings.contains(&Finding::NoPropagator), "{findings:?}");

    // At first use it is told, too.
    telemetry.tracer_provider().tracer("test").in_span("a", |_| ());
    told(&lines, "installed after this one")?;
    told(&lines, "carries nothing")?;
    telemetry.shutdown()?;

    let again = Telemetry::builder("orders").with_exporter(InMemory::new()).install()?;
    assert!(
        again.report().findings().is_empty(),
        "its own predecessor is nobody else: {}",
        again.report()
    );
    again.shutdown()?;
    Ok(())
}
