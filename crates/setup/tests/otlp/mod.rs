//! What holds whichever protocol is spoken. The test's own file says which: how to start a collector, and what an export to it is set up with.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use tower_telemetry_setup::{Compression, Error, Otlp, Telemetry};

use crate::requests::{attribute, names};
use crate::{body, collector, encoding, otlp};

pub(crate) type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Only a hang takes so long.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn telemetry(otlp: Otlp) -> Result<Telemetry, Error> {
    Telemetry::builder("orders")
        .with_service_version("1.2.3")
        .with_otlp(otlp)
        .with_shutdown_timeout(PATIENCE)
        .build()
}

pub(crate) fn work(telemetry: &Telemetry) {
    let tracer = telemetry.tracer_provider().tracer("test");
    tracer.in_span("outer", |_| tracer.in_span("inner", |_| ()));
}

/// The drop of the guard is all that makes the spans leave.
fn flushed_on_drop() -> Outcome {
    let (address, requests) = collector()?;
    let telemetry = telemetry(otlp().with_endpoint(address))?;
    work(&telemetry);
    drop(telemetry);
    let request = body(&requests.try_recv()?);
    assert_eq!(names(&request), ["inner", "outer"]);
    assert!(requests.try_recv().is_err(), "one request has it all");
    Ok(())
}

#[test]
fn the_drop_flushes_without_a_runtime() -> Outcome {
    flushed_on_drop()
}

#[tokio::test]
async fn the_drop_flushes_under_a_current_thread_runtime() -> Outcome {
    flushed_on_drop()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_drop_flushes_under_a_multi_thread_runtime() -> Outcome {
    tokio::spawn(async { flushed_on_drop().map_err(|error| error.to_string()) }).await??;
    Ok(())
}

#[test]
fn the_guard_may_outlive_the_runtime_it_was_made_in() -> Outcome {
    let (address, requests) = collector()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let telemetry = runtime.block_on(async { telemetry(otlp().with_endpoint(address)) })?;
    drop(runtime);
    work(&telemetry);
    telemetry.shutdown()?;
    assert_eq!(names(&body(&requests.try_recv()?)), ["inner", "outer"]);
    Ok(())
}

#[test]
fn a_request_says_who_sends_it() -> Outcome {
    let (address, requests) = collector()?;
    let telemetry = telemetry(otlp().with_endpoint(address))?;
    work(&telemetry);
    telemetry.flush()?;
    let request = body(&requests.try_recv()?);
    assert_eq!(attribute(&request, "service.name"), Some("orders"));
    assert_eq!(attribute(&request, "service.version"), Some("1.2.3"));
    assert_eq!(attribute(&request, "telemetry.sdk.language"), Some("rust"));

    work(&telemetry);
    telemetry.shutdown()?;
    assert_eq!(names(&body(&requests.try_recv()?)), ["inner", "outer"]);
    Ok(())
}

#[test]
fn an_endless_time_limit_is_no_overflow() -> Outcome {
    let (address, requests) = collector()?;
    let telemetry = telemetry(otlp().with_endpoint(address).with_timeout(Duration::MAX))?;
    work(&telemetry);
    telemetry.shutdown()?;
    assert_eq!(names(&body(&requests.try_recv()?)), ["inner", "outer"]);
    Ok(())
}

/// Spans arrive whole, in a request that says what it is compressed with.
pub(crate) fn sent_with(compression: Option<Compression>, expected: Option<&str>) -> Outcome {
    let (address, requests) = collector()?;
    let mut otlp = otlp().with_endpoint(address);
    if let Some(compression) = compression {
        otlp = otlp.with_compression(compression);
    }
    let telemetry = telemetry(otlp)?;
    work(&telemetry);
    telemetry.shutdown()?;
    let request = requests.try_recv()?;
    assert_eq!(encoding(&request), expected);
    assert_eq!(names(&body(&request)), ["inner", "outer"]);
    Ok(())
}

/// The address of a collector that is down.
pub(crate) fn nobody() -> std::io::Result<String> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    Ok(format!("http://{}", listener.local_addr()?))
}

/// Exports to a collector that is down, and returns what is told of it.
pub(crate) fn told_when_nobody_listens(otlp: Otlp) -> Result<String, Box<dyn std::error::Error>> {
    let telemetry = telemetry(otlp)?;
    work(&telemetry);
    let Err(Error::Export(reason)) = telemetry.flush() else {
        return Err("nobody took the spans".into());
    };
    work(&telemetry);
    let shut_down = telemetry.shutdown();
    assert!(matches!(shut_down, Err(Error::Export(_))), "{shut_down:?}");
    Ok(reason)
}

#[tokio::test]
async fn a_collector_that_never_answers_does_not_hold_up_the_end() -> Outcome {
    // Connections are accepted by the system, and nobody reads from them.
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let address = format!("http://{}", listener.local_addr()?);
    let endless = Duration::from_secs(3_600);
    let telemetry = Telemetry::builder("orders")
        .with_otlp(otlp().with_endpoint(address).with_timeout(endless))
        .with_shutdown_timeout(Duration::from_millis(100))
        .build()?;
    work(&telemetry);
    let flushed = telemetry.flush();
    assert!(matches!(flushed, Err(Error::Timeout(_))), "{flushed:?}");
    let shut_down = telemetry.shutdown();
    assert!(matches!(shut_down, Err(Error::Timeout(_))), "{shut_down:?}");
    Ok(())
}

#[test]
fn an_address_that_cannot_work_is_refused_at_once() {
    let built = telemetry(otlp().with_endpoint("https://collector.example"));
    let error = built.expect_err("no TLS").to_string();
    assert!(
        error.starts_with("Otlp::with_endpoint is `https://collector.example"),
        "{error}"
    );
}
