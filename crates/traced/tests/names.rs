//! The lint of debug builds.
#![cfg(debug_assertions)]

mod support;

use support::Trace;
use tower_telemetry_testkit::Log;
use tower_telemetry_traced::{TracedExt, in_span, span, traced};

#[traced(name = "job 4711")]
fn numbered() {}

#[test]
fn a_name_with_an_id_is_warned_of_once_for_each_place() {
    let lines = Log::of(|| {
        let ((), trace) = Trace::of_async(async {
            for order in 100..103 {
                in_span(format!("order {order}"), |_| ());
                async {}.traced(format!("order {order}")).await;
                span(format!("order {order}")).in_scope(|_| ());
                numbered();
            }
            in_span("order.payment", |_| ());
        });
        assert_eq!(trace.spans.len(), 13, "the spans are made all the same");
    });
    // Other crates' lines may be among them, such as OpenTelemetry's own.
    let told = lines.iter().filter(|line| line.contains("an id"));
    let told: Vec<_> = told.filter(|line| line.contains("tests/names.rs")).collect();
    assert_eq!(told.len(), 4, "{lines:#?}");
}
