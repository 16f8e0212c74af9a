//! The one call, in processes with different variables.
#![cfg(feature = "otlp-http")]

#[cfg(feature = "otlp-grpc")]
mod grpc_receiver;
mod http_receiver;
mod requests;

use std::env;
use std::process::Command;

use opentelemetry::global;
use opentelemetry::trace::Tracer as _;
use requests::{attribute, names};
use tower_telemetry_setup::Telemetry;

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[test]
#[ignore = "a service that the other tests run with variables of theirs"]
fn service() -> Outcome {
    let telemetry = Telemetry::from_env("orders").inspect_err(|error| eprintln!("error: {error}"))?;
    global::tracer("test").in_span("place order", |_| ());
    drop(telemetry);
    Ok(())
}

/// What the service prints to standard error.
fn run(variables: &[(&str, &str)]) -> std::io::Result<String> {
    let output = Command::new(env::current_exe()?)
        .args(["--ignored", "--exact", "service", "--nocapture"])
        .env_clear()
        .envs(variables.iter().copied())
        .output()?;
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn without_an_endpoint_traces_are_printed() -> Outcome {
    let printed = run(&[])?;
    assert!(
        printed.contains("1 span  orders\n· orders place order  ██"),
        "{printed}"
    );
    assert!(!printed.contains('\x1b'), "a pipe is not a terminal: {printed}");
    Ok(())
}

#[test]
fn the_environment_may_name_the_service() -> Outcome {
    let printed = run(&[
        ("OTEL_SERVICE_NAME", "billing"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=other"),
    ])?;
    assert!(printed.contains("· billing place order"), "{printed}");
    Ok(())
}

#[test]
fn with_an_endpoint_spans_leave_by_http() -> Outcome {
    let (address, requests) = http_receiver::start()?;
    let printed = run(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &address),
        ("OTEL_EXPORTER_OTLP_HEADERS", "tenant=shop"),
    ])?;
    let request = requests.try_recv()?;
    assert_eq!(request.line, "POST /v1/traces HTTP/1.1");
    assert_eq!(request.headers.get("tenant").map(String::as_str), Some("shop"));
    assert_eq!(attribute(&request.body, "service.name"), Some("orders"));
    assert_eq!(names(&request.body), ["place order"]);
    assert!(!printed.contains("place order"), "{printed}");
    Ok(())
}

#[test]
fn the_endpoint_for_traces_is_taken_as_it_is() -> Outcome {
    let (address, requests) = http_receiver::start()?;
    let endpoint = format!("{address}/in");
    run(&[
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &endpoint),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://nowhere.invalid"),
    ])?;
    assert_eq!(requests.try_recv()?.line, "POST /in HTTP/1.1");
    Ok(())
}

#[cfg(feature = "otlp-grpc")]
#[test]
fn the_protocol_may_be_grpc() -> Outcome {
    let (address, requests) = grpc_receiver::start()?;
    run(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &address),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ])?;
    assert_eq!(names(&requests.try_recv()?), ["place order"]);
    Ok(())
}

#[test]
fn a_wrong_value_is_named_with_its_variable() -> Outcome {
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:1");
    for (name, value, hint) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "`http/protobuf`"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "10s", "milliseconds"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "localhost:4318", "a URL"),
    ] {
        let printed = run(&[endpoint, (name, value)])?;
        assert!(printed.contains(&format!("error: {name} is `{value}`")), "{printed}");
        assert!(printed.contains(hint), "{printed}");
    }
    Ok(())
}
