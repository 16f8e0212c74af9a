//! Spans that leave by OTLP over HTTP, over real connections and under every runtime.
#![cfg(feature = "otlp-http")]

mod http_receiver;
mod requests;

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use requests::{attribute, names};
use tower_telemetry_setup::{Error, Otlp, Telemetry};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Only a hang takes so long.
const PATIENCE: Duration = Duration::from_secs(30);

fn telemetry(otlp: Otlp) -> Result<Telemetry, Error> {
    Telemetry::builder("orders")
        .with_service_version("1.2.3")
        .with_otlp(otlp)
        .with_shutdown_timeout(PATIENCE)
        .build()
}

fn work(telemetry: &Telemetry) {
    let tracer = telemetry.tracer_provider().tracer("test");
    tracer.in_span("outer", |_| tracer.in_span("inner", |_| ()));
}

/// The drop of the guard is all that makes the spans leave.
fn flushed_on_drop() -> Outcome {
    let (address, requests) = http_receiver::start()?;
    let telemetry = telemetry(Otlp::http().with_endpoint(address))?;
    work(&telemetry);
    drop(telemetry);
    let request = requests.try_recv()?.body;
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
    let (address, requests) = http_receiver::start()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let telemetry = runtime.block_on(async { telemetry(Otlp::http().with_endpoint(address)) })?;
    drop(runtime);
    work(&telemetry);
    telemetry.shutdown()?;
    assert_eq!(names(&requests.try_recv()?.body), ["inner", "outer"]);
    Ok(())
}

#[test]
fn a_request_says_who_sends_it() -> Outcome {
    let (address, requests) = http_receiver::start()?;
    let telemetry = telemetry(Otlp::http().with_endpoint(address))?;
    work(&telemetry);
    telemetry.flush()?;
    let request = requests.try_recv()?;
    assert_eq!(request.line, "POST /v1/traces HTTP/1.1");
    let content_type = request.headers.get("content-type").map(String::as_str);
    assert_eq!(content_type, Some("application/x-protobuf"));
    let request = request.body;
    assert_eq!(attribute(&request, "service.name"), Some("orders"));
    assert_eq!(attribute(&request, "service.version"), Some("1.2.3"));
    assert_eq!(attribute(&request, "telemetry.sdk.language"), Some("rust"));

    work(&telemetry);
    telemetry.shutdown()?;
    assert_eq!(names(&requests.try_recv()?.body), ["inner", "outer"]);
    Ok(())
}

#[tokio::test]
async fn a_collector_that_is_down_is_an_error_of_the_flush_and_nothing_else() -> Outcome {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let address = format!("http://{}", listener.local_addr()?);
    drop(listener);
    let telemetry = telemetry(Otlp::http().with_endpoint(format!("{address}?api-key=secret")))?;
    work(&telemetry);
    let Err(Error::Export(reason)) = telemetry.flush() else {
        return Err("nobody took the spans".into());
    };
    assert!(reason.starts_with(&format!("{address}/v1/traces did not")), "{reason}");
    assert!(!reason.contains("secret"), "{reason}");
    work(&telemetry);
    let shut_down = telemetry.shutdown();
    assert!(matches!(shut_down, Err(Error::Export(_))), "{shut_down:?}");
    Ok(())
}

#[tokio::test]
async fn a_collector_that_never_answers_does_not_hold_up_the_end() -> Outcome {
    // Connections are accepted by the system, and nobody reads from them.
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let address = format!("http://{}", listener.local_addr()?);
    let endless = Duration::from_secs(3_600);
    let telemetry = Telemetry::builder("orders")
        .with_otlp(Otlp::http().with_endpoint(address).with_timeout(endless))
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
    let built = telemetry(Otlp::http().with_endpoint("https://collector.example"));
    let error = built.expect_err("no TLS").to_string();
    assert!(
        error.starts_with("Otlp::with_endpoint is `https://collector.example"),
        "{error}"
    );
}
