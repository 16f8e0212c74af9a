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
    eprintln!("{}", telemetry.report());
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

/// What the report that the service prints says under this name.
fn reported<'a>(printed: &'a str, name: &str) -> Option<&'a str> {
    let line = printed.lines().find(|line| line.starts_with(&format!("{name} ")))?;
    Some(line[name.len()..].trim())
}

#[test]
fn a_disabled_sdk_makes_no_spans() -> Outcome {
    let printed = run(&[
        ("OTEL_SDK_DISABLED", "true"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:1"),
    ])?;
    assert_eq!(
        reported(&printed, "tracing"),
        Some("disabled by OTEL_SDK_DISABLED"),
        "{printed}"
    );
    assert!(!printed.contains("place order"), "{printed}");
    assert!(!printed.contains("error"), "{printed}");
    Ok(())
}

#[test]
fn propagators_are_those_named() -> Outcome {
    for (value, expected) in [
        (None, "traceparent, tracestate"),
        (Some("tracecontext,baggage"), "traceparent, tracestate, baggage"),
        (Some("baggage"), "baggage"),
        (Some("none"), "(none)"),
    ] {
        let variable = value.map(|value| ("OTEL_PROPAGATORS", value));
        let printed = run(variable.as_slice())?;
        let mut fields: Vec<_> = reported(&printed, "propagated")
            .ok_or(printed.clone())?
            .split(", ")
            .collect();
        fields.sort_unstable();
        let mut expected: Vec<_> = expected.split(", ").collect();
        expected.sort_unstable();
        assert_eq!(fields, expected, "{printed}");
        assert!(!printed.contains("attention"), "{printed}");
    }
    Ok(())
}

#[test]
fn exporters_are_those_named() -> Outcome {
    let (address, requests) = http_receiver::start()?;
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", address.as_str());
    let printed = run(&[("OTEL_TRACES_EXPORTER", "none"), endpoint])?;
    assert_eq!(reported(&printed, "exporter"), Some("none"), "{printed}");
    let printed = run(&[("OTEL_TRACES_EXPORTER", "console"), endpoint])?;
    assert_eq!(reported(&printed, "exporter"), Some("waterfall"), "{printed}");
    assert!(requests.try_recv().is_err());
    run(&[("OTEL_TRACES_EXPORTER", "console,otlp"), endpoint])?;
    assert_eq!(names(&requests.try_recv()?.body), ["place order"]);
    Ok(())
}

#[test]
fn the_environment_s_name_chooses_a_profile_and_variables_override_it() -> Outcome {
    let (address, requests) = http_receiver::start()?;
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", address.as_str());
    let printed = run(&[("ENVIRONMENT", "prod"), endpoint])?;
    assert_eq!(reported(&printed, "profile"), Some("production"), "{printed}");
    assert_eq!(reported(&printed, "environment"), Some("prod"), "{printed}");
    assert!(printed.contains("1 % of the traces that begin here"), "{printed}");
    assert!(
        printed.contains("queue 2048, batch 512, delay 5s, export timeout 30s"),
        "{printed}"
    );
    while requests.try_recv().is_ok() {}

    let printed = run(&[
        ("DEPLOYMENT_ENVIRONMENT", "staging"),
        ("OTEL_TRACES_SAMPLER", "always_on"),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "256"),
        endpoint,
    ])?;
    assert!(printed.contains("every span (OTEL_TRACES_SAMPLER)"), "{printed}");
    assert!(printed.contains("queue 256, batch 256, delay 100ms"), "{printed}");
    let request = requests.try_recv()?;
    assert_eq!(attribute(&request.body, "deployment.environment.name"), Some("staging"));
    Ok(())
}

#[test]
fn production_exports_near_by_unless_told_otherwise() -> Outcome {
    let printed = run(&[("ENVIRONMENT", "production")])?;
    assert_eq!(
        reported(&printed, "exporter"),
        Some("http://localhost:4318/v1/traces"),
        "{printed}"
    );
    Ok(())
}

#[test]
fn a_sampler_that_samples_nothing_and_a_collector_that_is_not_there_are_found() -> Outcome {
    let printed = run(&[
        ("OTEL_TRACES_SAMPLER", "always_off"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"),
    ])?;
    assert!(
        printed.contains("attention    the sampler records no trace"),
        "{printed}"
    );
    assert!(
        printed.contains("attention    nobody can be reached at http://127.0.0.1:1/v1/traces"),
        "{printed}"
    );
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
    assert_eq!(names(&requests.try_recv()?.body), ["place order"]);
    Ok(())
}

#[test]
fn a_wrong_value_is_named_with_its_variable() -> Outcome {
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:1");
    for (name, value, hint) in [
        ("OTEL_SDK_DISABLED", "yes", "`true` or `false`"),
        ("OTEL_PROPAGATORS", "b3", "`tracecontext`"),
        ("OTEL_TRACES_EXPORTER", "jaeger", "`otlp`"),
        ("OTEL_TRACES_SAMPLER", "sometimes", "`parentbased_traceidratio`"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0", "at least 1"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "30s", "milliseconds"),
        ("OTEL_RESOURCE_ATTRIBUTES", "team", "a list such as"),
        ("OTEL_SPAN_LINK_COUNT_LIMIT", "-1", "a whole number"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "lz4", "`gzip`"),
        ("ENVIRONMENT", "moon", "`staging`"),
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
