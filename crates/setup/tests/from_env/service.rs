//! Services that are run as processes of their own, with variables of theirs.

use std::env;
use std::process::Command;

use opentelemetry::trace::{
    Link, SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState, Tracer as _,
};
use opentelemetry::{Context, KeyValue, global};
use tower_telemetry_setup::Telemetry;

use crate::Outcome;

#[test]
#[ignore = "a service that the other tests run with variables of theirs"]
fn traced() -> Outcome {
    let telemetry = Telemetry::from_env("orders").inspect_err(|error| eprintln!("error: {error}"))?;
    eprintln!("{}", telemetry.report());
    place_order();
    eprintln!("flushed: {:?}", telemetry.flush());
    drop(telemetry);
    Ok(())
}

/// A span with more than one of all that can be limited.
fn place_order() {
    let two = || vec![KeyValue::new("note", "hello"), KeyValue::new("other", "world")];
    let link = |id| {
        let linked = SpanContext::new(
            TraceId::from(id),
            SpanId::from(1),
            TraceFlags::SAMPLED,
            true,
            TraceState::NONE,
        );
        Link::new(linked, two(), 0)
    };
    let tracer = global::tracer("test");
    let builder = tracer.span_builder("place order").with_attributes(two());
    let builder = builder.with_links(vec![link(1), link(2)]);
    let cx = Context::current_with_span(tracer.build(builder));
    for name in ["paid", "packed"] {
        cx.span().add_event(name, two());
    }
}

#[cfg(feature = "logs")]
#[test]
#[ignore = "a service that the other tests run with variables of theirs"]
fn logging() -> Outcome {
    use tower_telemetry_setup::{InMemory, Logs};

    let builder = Telemetry::builder_from_env("orders")
        .with_exporter(InMemory::new())
        .with_logs(Logs::text());
    #[cfg(feature = "otlp-logs")]
    let builder = builder.with_otlp_logs(tower_telemetry_setup::Otlp::http());
    let telemetry = builder.install().inspect_err(|error| eprintln!("error: {error}"))?;
    eprintln!("{}", telemetry.report());
    tracing::info!("an order was placed");
    tracing::debug!("by a customer");
    drop(telemetry);
    Ok(())
}

/// What a service prints to standard error.
pub(crate) fn run(variables: &[(&str, &str)]) -> std::io::Result<String> {
    run_service("service::traced", variables)
}

/// The same of the one that writes logs.
#[cfg(feature = "logs")]
pub(crate) fn run_logging(variables: &[(&str, &str)]) -> std::io::Result<String> {
    run_service("service::logging", variables)
}

fn run_service(name: &str, variables: &[(&str, &str)]) -> std::io::Result<String> {
    let output = Command::new(env::current_exe()?)
        .args(["--ignored", "--exact", name, "--nocapture"])
        .env_clear()
        .envs(variables.iter().copied())
        .output()?;
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}

/// What the report that a service prints says under this name.
pub(crate) fn reported<'a>(printed: &'a str, name: &str) -> Option<&'a str> {
    let line = printed.lines().find(|line| line.starts_with(&format!("{name} ")))?;
    Some(line[name.len()..].trim())
}
