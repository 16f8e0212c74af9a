//! What cannot be honored is an error that names the variable, its value and what is allowed.

use crate::Outcome;
use crate::service::run;

const WRONG: [(&str, &str, &str); 30] = [
    ("OTEL_SDK_DISABLED", "yes", "`true` or `false`"),
    ("ENVIRONMENT", "moon", "`staging`"),
    ("DEPLOYMENT_ENVIRONMENT", "moon", "`staging`"),
    ("OTEL_RESOURCE_ATTRIBUTES", "team", "a list such as"),
    ("OTEL_PROPAGATORS", "b3", "`tracecontext`"),
    ("OTEL_TRACES_EXPORTER", "jaeger", "`otlp`"),
    ("OTEL_TRACES_EXPORTER", ",", "`otlp`"),
    ("OTEL_PROPAGATORS", ",", "`tracecontext`"),
    ("OTEL_TRACES_SAMPLER", "sometimes", "`parentbased_traceidratio`"),
    ("OTEL_BSP_MAX_QUEUE_SIZE", "0", "at least 1"),
    ("OTEL_BSP_MAX_QUEUE_SIZE", "many", "a whole number"),
    (
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
        "4096",
        "the size of the queue, which is 2048",
    ),
    ("OTEL_BSP_SCHEDULE_DELAY", "5s", "milliseconds"),
    ("OTEL_BSP_EXPORT_TIMEOUT", "30s", "milliseconds"),
    (
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "https://collector.example",
        "an `http` URL",
    ),
    ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "localhost:4318", "a URL"),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "`http/protobuf`"),
    ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "udp", "`http/protobuf`"),
    ("OTEL_EXPORTER_OTLP_TIMEOUT", "-1", "milliseconds"),
    ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "10s", "milliseconds"),
    ("OTEL_EXPORTER_OTLP_COMPRESSION", "lz4", "`gzip`"),
    ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "best", "`gzip`"),
    ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "lots", "a whole number"),
    ("OTEL_SPAN_EVENT_COUNT_LIMIT", "1.5", "a whole number"),
    ("OTEL_SPAN_LINK_COUNT_LIMIT", "-1", "a whole number"),
    ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "x", "a whole number"),
    ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "x", "a whole number"),
    ("OTEL_ATTRIBUTE_COUNT_LIMIT", "x", "a whole number"),
    ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "x", "a whole number"),
    ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "x", "a whole number"),
];

#[test]
fn a_wrong_value_is_named_with_its_variable() -> Outcome {
    for (name, value, allowed) in WRONG {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:1");
        let printed = run(&[endpoint, (name, value)])?;
        // To a base address the path is added.
        assert!(printed.contains(&format!("error: {name} is `{value}")), "{printed}");
        assert!(printed.contains(allowed), "{printed}");
        assert!(!printed.contains("place order"), "{printed}");
    }
    Ok(())
}

#[test]
fn a_wrong_argument_of_a_sampler_is_named() -> Outcome {
    let printed = run(&[
        ("OTEL_TRACES_SAMPLER", "traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "10%"),
    ])?;
    assert!(printed.contains("error: OTEL_TRACES_SAMPLER_ARG is `10%`"), "{printed}");
    assert!(printed.contains("a ratio from 0 to 1"), "{printed}");
    Ok(())
}

#[test]
fn a_wrong_header_is_named_and_not_shown() -> Outcome {
    for name in ["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"] {
        let printed = run(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:1"),
            (name, "tenant=shop,Bearer c2VjcmV0"),
        ])?;
        assert!(printed.contains(&format!("error: {name} is `REDACTED`")), "{printed}");
        assert!(printed.contains("entry 2"), "{printed}");
        assert!(!printed.contains("c2VjcmV0"), "{printed}");
    }
    Ok(())
}

/// The variables that the docs name are all in these tests.
#[test]
fn every_variable_in_the_docs_has_its_tests() {
    let docs = include_str!("../../src/telemetry/begin.rs");
    let tests = [
        include_str!("limits.rs"),
        include_str!("logs.rs"),
        include_str!("otlp.rs"),
        include_str!("traces.rs"),
        include_str!("wrong.rs"),
    ]
    .concat();
    let rows = docs.lines().filter(|line| line.trim_start().starts_with("/// | `"));
    let names = rows.flat_map(|row| row.split('|').nth(1).unwrap_or_default().split('`'));
    let is_variable = |name: &&str| name.chars().all(|c| c.is_ascii_uppercase() || c == '_') && !name.is_empty();
    let mut found = 0;
    for name in names.filter(is_variable) {
        assert!(tests.contains(&format!("\"{name}\"")), "{name} has no test");
        found += 1;
    }
    assert!(found > 30, "{found}");
}
