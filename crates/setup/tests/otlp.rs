//! Spans that leave by OTLP, over real connections and under every runtime.
#![cfg(all(feature = "otlp-http", feature = "otlp-grpc"))]

mod grpc_receiver;
mod http_receiver;

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use tower_telemetry_setup::{Error, Otlp, Telemetry};

type Outcome = Result<(), Box<dyn std::error::Error>>;

const PATIENCE: Duration = Duration::from_secs(30);

/// As long as the tests wait for anything else: only a hang is a failure.
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

fn names(request: &ExportTraceServiceRequest) -> Vec<&str> {
    let scopes = request
        .resource_spans
        .iter()
        .flat_map(|spans| &spans.scope_spans);
    let mut names: Vec<_> = scopes
        .flat_map(|scope| &scope.spans)
        .map(|span| span.name.as_str())
        .collect();
    names.sort_unstable();
    names
}

fn attribute<'a>(request: &'a ExportTraceServiceRequest, key: &str) -> Option<&'a str> {
    let resource = request.resource_spans.first()?.resource.as_ref()?;
    let attribute = resource
        .attributes
        .iter()
        .find(|attribute| attribute.key == key)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

/// The drop of the guard is all that makes the spans leave.
fn http_flushes_on_drop() -> Outcome {
    let (address, requests) = http_receiver::start()?;
    let telemetry = telemetry(Otlp::http().with_endpoint(address))?;
    work(&telemetry);
    drop(telemetry);
    let request = requests.try_recv()?;
    assert_eq!(names(&request.body), ["inner", "outer"]);
    assert!(requests.try_recv().is_err(), "one request has it all");
    Ok(())
}

fn grpc_flushes_on_drop() -> Outcome {
    let (address, requests) = grpc_receiver::start()?;
    let telemetry = telemetry(Otlp::grpc().with_endpoint(address))?;
    work(&telemetry);
    drop(telemetry);
    assert_eq!(names(&requests.try_recv()?), ["inner", "outer"]);
    assert!(requests.try_recv().is_err(), "one request has it all");
    Ok(())
}

#[test]
fn http_without_a_runtime() -> Outcome {
    http_flushes_on_drop()
}

#[tokio::test]
async fn http_under_a_current_thread_runtime() -> Outcome {
    http_flushes_on_drop()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn http_under_a_multi_thread_runtime() -> Outcome {
    tokio::spawn(async { http_flushes_on_drop().map_err(|error| error.to_string()) }).await??;
    Ok(())
}

#[test]
fn grpc_without_a_runtime() -> Outcome {
    grpc_flushes_on_drop()
}

#[tokio::test]
async fn grpc_under_a_current_thread_runtime() -> Outcome {
    grpc_flushes_on_drop()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn grpc_under_a_multi_thread_runtime() -> Outcome {
    tokio::spawn(async { grpc_flushes_on_drop().map_err(|error| error.to_string()) }).await??;
    Ok(())
}

#[test]
fn the_guard_may_outlive_the_runtime_it_was_made_in() -> Outcome {
    for otlp in [Otlp::http(), Otlp::grpc()] {
        let (http, http_requests) = http_receiver::start()?;
        let (grpc, grpc_requests) = grpc_receiver::start()?;
        let over_http = format!("{otlp:?}") == format!("{:?}", Otlp::http());
        let otlp = otlp.with_endpoint(if over_http { http } else { grpc });
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let telemetry = runtime.block_on(async { telemetry(otlp) })?;
        drop(runtime);
        work(&telemetry);
        telemetry.shutdown()?;
        let request = match over_http {
            true => http_requests.try_recv()?.body,
            false => grpc_requests.try_recv()?,
        };
        assert_eq!(names(&request), ["inner", "outer"]);
    }
    Ok(())
}

#[test]
fn a_request_says_who_sends_it_and_how() -> Outcome {
    let (address, requests) = http_receiver::start()?;
    let telemetry = telemetry(Otlp::http().with_endpoint(address))?;
    work(&telemetry);
    telemetry.flush()?;
    let request = requests.try_recv()?;
    assert_eq!(request.line, "POST /v1/traces HTTP/1.1");
    let content_type = request.headers.get("content-type").map(String::as_str);
    assert_eq!(content_type, Some("application/x-protobuf"));
    assert_eq!(attribute(&request.body, "service.name"), Some("orders"));
    assert_eq!(attribute(&request.body, "service.version"), Some("1.2.3"));
    assert_eq!(
        attribute(&request.body, "telemetry.sdk.language"),
        Some("rust")
    );

    work(&telemetry);
    telemetry.shutdown()?;
    assert_eq!(names(&requests.try_recv()?.body), ["inner", "outer"]);
    Ok(())
}

#[test]
fn grpc_says_who_sends_it() -> Outcome {
    let (address, requests) = grpc_receiver::start()?;
    let telemetry = telemetry(Otlp::grpc().with_endpoint(address))?;
    work(&telemetry);
    telemetry.flush()?;
    let request = requests.try_recv()?;
    assert_eq!(attribute(&request, "service.name"), Some("orders"));
    assert_eq!(attribute(&request, "service.version"), Some("1.2.3"));
    Ok(())
}

/// An address where nobody listens.
fn nobody() -> std::io::Result<String> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    Ok(format!("http://{}", listener.local_addr()?))
}

#[tokio::test]
async fn a_collector_that_is_down_is_an_error_of_the_flush_and_nothing_else() -> Outcome {
    for otlp in [Otlp::http(), Otlp::grpc()] {
        let address = nobody()?;
        let telemetry = telemetry(otlp.with_endpoint(&address))?;
        work(&telemetry);
        let flushed = telemetry.flush();
        let Err(Error::Export(reason)) = flushed else {
            return Err(format!("{flushed:?}").into());
        };
        assert!(reason.starts_with(&address), "{reason}");
        work(&telemetry);
        let shut_down = telemetry.shutdown();
        assert!(matches!(shut_down, Err(Error::Export(_))), "{shut_down:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_collector_that_never_answers_does_not_hold_up_the_end() -> Outcome {
    for otlp in [Otlp::http(), Otlp::grpc()] {
        // Connections are accepted by the system, and nobody reads from them.
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let address = format!("http://{}", listener.local_addr()?);
        let telemetry = Telemetry::builder("orders")
            .with_otlp(
                otlp.with_endpoint(address)
                    .with_timeout(Duration::from_secs(3_600)),
            )
            .with_shutdown_timeout(Duration::from_millis(100))
            .build()?;
        work(&telemetry);
        let flushed = telemetry.flush();
        assert!(matches!(flushed, Err(Error::Timeout(_))), "{flushed:?}");
        let shut_down = telemetry.shutdown();
        assert!(matches!(shut_down, Err(Error::Timeout(_))), "{shut_down:?}");
    }
    Ok(())
}

#[test]
fn an_address_that_cannot_work_is_refused_at_once() {
    for otlp in [Otlp::http(), Otlp::grpc()] {
        let built = telemetry(otlp.with_endpoint("https://collector.example"));
        let error = built.expect_err("no TLS").to_string();
        assert!(
            error.starts_with("Otlp::with_endpoint is `https://collector.example"),
            "{error}"
        );
    }
}
