//! What becomes of spans, counted.
#![cfg(feature = "prometheus")]

use opentelemetry::trace::{Tracer, TracerProvider};
use opentelemetry_sdk::error::OTelSdkResult;
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
    let assert_lines = |lines: &[&str]| {
        let mut text = String::new();
        encode(&mut text, &registry).expect("text");
        for line in lines {
            assert!(text.lines().any(|shown| shown == *line), "{line} is not in\n{text}");
        }
    };
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
    assert_lines(&[
        "active_spans_total 0",
        "tower_telemetry_spans_lost_total{cause=\"after_shutdown\"} 1",
        "tower_telemetry_spans_lost_total{cause=\"queue_full\"} 0",
    ]);
}
