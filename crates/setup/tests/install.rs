//! The process's own provider and propagator. One test, because there is one of each.

use std::sync::mpsc;

use opentelemetry::trace::{SpanKind, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, global};
use tower_telemetry_setup::{Error, Telemetry, Trace, Waterfall};

#[test]
fn one_guard_at_a_time_is_the_process_s_own() -> Result<(), Box<dyn std::error::Error>> {
    let (send, traces) = mpsc::channel();
    let waterfall = Waterfall::to(move |trace: &Trace| drop(send.send(trace.clone())));
    let builder = || Telemetry::builder("orders").with_waterfall(waterfall.clone());

    let built = builder().build()?;
    assert_eq!(
        global::get_text_map_propagator(|propagator| propagator.fields().count()),
        0
    );

    let installed = builder().install()?;
    assert!(matches!(builder().install(), Err(Error::AlreadyInstalled)));
    drop(built);
    assert!(
        matches!(builder().install(), Err(Error::AlreadyInstalled)),
        "it was never installed"
    );

    let tracer = global::tracer("test");
    let span = tracer.span_builder("call").with_kind(SpanKind::Client).start(&tracer);
    let cx = Context::new().with_span(span);
    let mut headers = std::collections::HashMap::new();
    global::get_text_map_propagator(|propagator| propagator.inject_context(&cx, &mut headers));
    cx.span().end();
    installed.shutdown()?;
    let trace = traces.try_recv()?;
    assert_eq!(trace.spans()[0].name(), "call");
    let traceparent = headers.get("traceparent").map(String::as_str).unwrap_or_default();
    assert!(traceparent.contains(&trace.id().to_string()), "{traceparent}");

    let again = builder().install()?;
    global::tracer("test").in_span("again", |_| ());
    drop(again);
    assert_eq!(traces.try_recv()?.spans()[0].name(), "again");
    Ok(())
}
