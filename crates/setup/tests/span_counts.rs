//! What becomes of spans, counted.
#![cfg(feature = "prometheus")]

use opentelemetry::trace::{Tracer, TracerProvider};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use tower_telemetry_prometheus::SpanCounts;
use tower_telemetry_prometheus::prometheus_client::encoding::text::encode;
use tower_telemetry_prometheus::prometheus_client::registry::Registry;
use tower_telemetry_setup::Telemetry;

/// Takes whatever comes.
#[derive(Debug)]
struct Taking;

impl SpanExporter for Taking {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        Ok(())
    }
}

#[test]
fn spans_are_active_until_they_end_or_telemetry_does() {
    let mut registry = Registry::default();
    let counts = SpanCounts::register(&mut registry).expect("new names");
    let assert_lines = |lines: &[&str]| assert_shown(&registry, lines);
    let telemetry = Telemetry::builder("orders")
        .with_exporter(counts.exporter(Taking))
        .with_span_counts(counts)
        .build()
        .expect("an exporter");
    let tracer = telemetry.tracer_provider().tracer("orders");
    let (first, second) = (tracer.start("first"), tracer.start("second"));
    drop(first);
    assert_lines(&["active_spans_total 1", "tower_telemetry_spans_started_total 2"]);
    telemetry.shutdown().expect("nothing hinders it");
    assert_lines(&["active_spans_total 0", "tower_telemetry_spans_exported_total 1"]);
    drop(second);
    assert_lines(&["active_spans_total 0"]);
}

/// Takes nothing, and nobody has wrapped it to count that.
#[derive(Debug)]
struct Broken;

impl SpanExporter for Broken {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        Err(OTelSdkError::InternalFailure("down".into()))
    }
}

#[test]
fn spans_that_are_lost_are_told_by_cause() {
    let mut registry = Registry::default();
    let counts = SpanCounts::register(&mut registry).expect("new names");
    let telemetry = Telemetry::builder("orders")
        .with_exporter(Broken)
        .with_span_counts(counts)
        .build()
        .expect("an exporter");
    let tracer = telemetry.tracer_provider().tracer("orders");
    (0..3).for_each(|_| tracer.in_span("order", |_| ()));
    telemetry.shutdown().expect_err("nothing has arrived");
    assert_shown(
        &registry,
        &[
            "tower_telemetry_spans_lost_total{cause=\"failed\"} 3",
            "tower_telemetry_spans_lost_total{cause=\"queue_full\"} 0",
        ],
    );
}

fn assert_shown(registry: &Registry, lines: &[&str]) {
    let mut text = String::new();
    encode(&mut text, registry).expect("text");
    for line in lines {
        assert!(text.lines().any(|shown| shown == *line), "{line} is not in\n{text}");
    }
}
