//! How much of a span is kept.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;

use crate::service::run;
use crate::{Outcome, http_receiver};

/// The service's span, as it is exported with this variable.
fn exported(variable: (&str, &str)) -> Result<Span, Box<dyn std::error::Error>> {
    let (address, requests) = http_receiver::start()?;
    run(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &address), variable])?;
    let mut traces = requests.try_recv()?.traces()?;
    Ok(traces.resource_spans[0].scope_spans[0].spans.remove(0))
}

/// Of the span, of its events and links, and the attributes of the first of each.
fn counts(span: &Span) -> [usize; 5] {
    [
        span.attributes.len(),
        span.events.len(),
        span.links.len(),
        span.events[0].attributes.len(),
        span.links[0].attributes.len(),
    ]
}

#[test]
fn each_limit_is_kept() -> Outcome {
    for (name, expected) in [
        ("OTEL_UNKNOWN", [2, 2, 2, 2, 2]),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", [1, 2, 2, 2, 2]),
        ("OTEL_SPAN_EVENT_COUNT_LIMIT", [2, 1, 2, 2, 2]),
        ("OTEL_SPAN_LINK_COUNT_LIMIT", [2, 2, 1, 2, 2]),
        ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", [2, 2, 2, 1, 2]),
        ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", [2, 2, 2, 2, 1]),
        ("OTEL_ATTRIBUTE_COUNT_LIMIT", [1, 2, 2, 1, 1]),
    ] {
        assert_eq!(counts(&exported((name, "1"))?), expected, "{name}");
    }
    Ok(())
}

fn text(attribute: &KeyValue) -> Option<&str> {
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

#[test]
fn texts_are_cut() -> Outcome {
    for name in [
        "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    ] {
        let span = exported((name, "3"))?;
        for attributes in [&span.attributes, &span.events[0].attributes, &span.links[0].attributes] {
            let texts: Vec<_> = attributes.iter().filter_map(text).collect();
            assert_eq!(texts, ["hel", "wor"], "{name}");
        }
    }
    Ok(())
}
