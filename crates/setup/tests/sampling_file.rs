//! Rules from a file, changed while the service runs.
#![cfg(feature = "sampling-file")]

use std::fs;
use std::path::Path;

use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use tower_telemetry_setup::{Error, InMemory, Telemetry};

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[test]
fn rules_from_a_file_are_taken_anew_while_the_service_runs() -> Outcome {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sampling.toml");
    fs::write(
        &path,
        "otherwise = 0.0\n[[rule]]\nratio = 1.0\nname = \"POST /checkout\"",
    )?;
    let memory = InMemory::new();
    let telemetry = Telemetry::builder("orders")
        .with_sampling_file(&path)
        .with_exporter(memory.clone())
        .build()?;
    let work = || {
        let tracer = telemetry.tracer_provider().tracer("test");
        for name in ["POST /checkout", "GET /orders"] {
            tracer.in_span(name, |_| ());
        }
        telemetry.flush()
    };
    let names = || -> Vec<String> { memory.take().iter().map(|span| span.name.to_string()).collect() };
    work()?;
    assert_eq!(names(), ["POST /checkout"]);

    fs::write(&path, "otherwise = 1.0")?;
    telemetry.reload_sampling()?;
    work()?;
    assert_eq!(names(), ["POST /checkout", "GET /orders"]);

    fs::write(&path, "otherwise = \"most\"")?;
    let error = telemetry.reload_sampling().expect_err("it is wrong").to_string();
    assert!(
        error.contains(&path.display().to_string()) && error.contains("line 1"),
        "{error}"
    );
    work()?;
    assert_eq!(
        names(),
        ["POST /checkout", "GET /orders"],
        "the rules stay as they were"
    );
    telemetry.shutdown()?;
    Ok(())
}

#[test]
fn a_file_that_is_not_there_is_an_error_at_the_start() {
    let built = Telemetry::builder("orders")
        .with_sampling_file("/nowhere/sampling.toml")
        .with_exporter(InMemory::new())
        .build();
    let error = built.expect_err("no such file");
    assert!(matches!(&error, Error::SamplingFile { path: Some(_), .. }), "{error}");
    assert!(error.to_string().contains("/nowhere/sampling.toml"), "{error}");
}
