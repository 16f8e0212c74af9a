//! The waterfall with its thread, between several providers.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::{Span as _, SpanKind, TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::trace::SdkTracer;
use tower_telemetry_setup::{Error, Telemetry, Trace, Waterfall};

type Outcome = Result<(), Box<dyn std::error::Error>>;

const PATIENCE: Duration = Duration::from_secs(30);
const NEVER: Duration = Duration::MAX;

fn channel() -> (Waterfall, Receiver<Trace>) {
    let (send, traces) = mpsc::channel();
    (
        Waterfall::to(move |trace: &Trace| drop(send.send(trace.clone()))),
        traces,
    )
}

fn service(name: &str, waterfall: &Waterfall) -> Result<(Telemetry, SdkTracer), Error> {
    let telemetry = Telemetry::builder(name).with_waterfall(waterfall.clone()).build()?;
    let tracer = telemetry.tracer_provider().tracer("test");
    Ok((telemetry, tracer))
}

/// What the next service gets over the wire.
fn sent(cx: &Context) -> Context {
    let context = cx.span().span_context().clone();
    Context::new().with_remote_span_context(opentelemetry::trace::SpanContext::new(
        context.trace_id(),
        context.span_id(),
        context.trace_flags(),
        true,
        context.trace_state().clone(),
    ))
}

fn start(tracer: &SdkTracer, name: &'static str, kind: SpanKind, parent: &Context) -> Context {
    let builder = tracer.span_builder(name).with_kind(kind);
    parent.with_span(builder.start_with_context(tracer, parent))
}

#[test]
fn a_trace_through_several_services_is_one_trace() -> Outcome {
    let (waterfall, traces) = channel();
    let (gateway, gateway_tracer) = service("gateway", &waterfall)?;
    let (orders, orders_tracer) = service("orders", &waterfall)?;

    let inbound = start(&gateway_tracer, "GET /", SpanKind::Server, &Context::new());
    let call = start(&gateway_tracer, "GET", SpanKind::Client, &inbound);
    let served = start(&orders_tracer, "GET /orders", SpanKind::Server, &sent(&call));
    call.span().end();
    inbound.span().end();
    gateway.flush()?;
    assert!(traces.try_recv().is_err(), "the response is still streamed");
    served.span().end();

    // Nobody flushes: the quiet time passes.
    let trace = traces.recv_timeout(PATIENCE)?;
    assert!(trace.is_complete(), "{trace}");
    assert_eq!(trace.services(), ["gateway", "orders"]);
    let root = trace.root().expect("a root");
    assert_eq!((root.service(), root.name()), ("gateway", "GET /"));
    let call = trace.children_of(root).next().expect("a call");
    let served = trace.children_of(call).next().expect("a served call");
    assert_eq!((served.service(), served.parent_is_remote()), ("orders", true));
    gateway.shutdown()?;
    orders.shutdown()?;
    assert!(traces.try_recv().is_err(), "there was one trace");
    Ok(())
}

#[test]
fn a_flush_does_not_wait_for_the_quiet_time() -> Outcome {
    let (waterfall, traces) = channel();
    let (telemetry, tracer) = service("orders", &waterfall.with_quiet_time(NEVER))?;
    for name in ["first", "second"] {
        tracer.in_span(name, |_| ());
        telemetry.flush()?;
        assert_eq!(traces.try_recv()?.spans()[0].name(), name);
    }
    Ok(())
}

#[test]
fn spans_after_a_flush_come_as_the_rest_of_their_trace() -> Outcome {
    let (waterfall, traces) = channel();
    let (telemetry, tracer) = service("orders", &waterfall.with_quiet_time(NEVER))?;
    let first = start(&tracer, "first", SpanKind::Internal, &Context::new());
    first.span().end();
    telemetry.flush()?;
    start(&tracer, "late", SpanKind::Internal, &first).span().end();
    telemetry.flush()?;
    let (first, late) = (traces.try_recv()?, traces.try_recv()?);
    assert!(first.is_complete());
    assert_eq!(first.id(), late.id());
    assert!(late.is_continued());
    assert!(late.to_string().contains("(parent not seen)"), "{late}");
    Ok(())
}

#[test]
fn a_shutdown_hands_over_what_is_still_open() -> Outcome {
    let (waterfall, traces) = channel();
    let (gateway, gateway_tracer) = service("gateway", &waterfall)?;
    let (orders, orders_tracer) = service("orders", &waterfall)?;
    let inbound = start(&gateway_tracer, "GET /", SpanKind::Server, &Context::new());
    let served = start(&orders_tracer, "GET /orders", SpanKind::Server, &sent(&inbound));
    gateway.shutdown()?;
    assert!(traces.try_recv().is_err(), "the other service may still end its span");
    served.span().end();
    drop(orders);
    let trace = traces.try_recv()?;
    let ended: Vec<_> = trace
        .spans()
        .iter()
        .map(|span| (span.name(), span.is_ended()))
        .collect();
    assert_eq!(ended, [("GET /", false), ("GET /orders", true)]);
    assert!(!trace.is_complete());
    inbound.span().end();
    Ok(())
}

#[test]
fn a_closure_that_panics_loses_its_trace_and_no_other() -> Outcome {
    let (send, traces) = mpsc::channel();
    let waterfall = Waterfall::to(move |trace: &Trace| {
        assert_ne!(trace.spans()[0].name(), "bad", "on purpose");
        let _ = send.send(trace.clone());
    });
    let (telemetry, tracer) = service("orders", &waterfall)?;
    tracer.in_span("bad", |_| ());
    let flushed = telemetry.flush().expect_err("a panic").to_string();
    assert!(flushed.contains("panicked, traces not shown: 1"), "{flushed}");
    tracer.in_span("good", |_| ());
    telemetry.flush()?;
    assert_eq!(traces.try_recv()?.spans()[0].name(), "good");
    Ok(())
}

#[test]
fn what_the_closure_does_is_not_traced() -> Outcome {
    let tracer: Arc<OnceLock<SdkTracer>> = Arc::default();
    let (send, recorded) = mpsc::channel();
    let used = Arc::clone(&tracer);
    let waterfall = Waterfall::to(move |_: &Trace| {
        let span = used.get().map(|tracer| tracer.start("from the closure"));
        let _ = send.send(span.is_some_and(|span| span.is_recording()));
    });
    let (telemetry, own) = service("orders", &waterfall)?;
    assert!(tracer.set(own.clone()).is_ok());
    own.in_span("work", |_| ());
    telemetry.flush()?;
    telemetry.flush()?;
    assert_eq!(recorded.try_iter().collect::<Vec<_>>(), [false]);
    Ok(())
}

#[test]
fn what_finds_no_room_is_counted() -> Outcome {
    let (waterfall, traces) = channel();
    let waterfall = waterfall.with_max_traces(1).with_max_spans_per_trace(2);
    let (telemetry, tracer) = service("orders", &waterfall)?;
    let root = start(&tracer, "root", SpanKind::Internal, &Context::new());
    for _ in 0..3 {
        start(&tracer, "child", SpanKind::Internal, &root).span().end();
    }
    tracer.in_span("other trace", |_| ());
    root.span().end();
    telemetry.flush()?;
    let trace = traces.try_recv()?;
    assert_eq!(
        (trace.spans().len(), trace.left_out(), trace.left_out_elsewhere()),
        (2, 2, 1)
    );
    Ok(())
}

#[test]
fn the_thread_ends_with_the_last_clone() -> Outcome {
    let (waterfall, traces) = channel();
    let (telemetry, tracer) = service("orders", &waterfall)?;
    tracer.in_span("work", |_| ());
    telemetry.shutdown()?;
    assert_eq!(traces.try_recv()?.spans()[0].name(), "work");
    // The tracer keeps its provider, and that its processor.
    drop(tracer);
    drop(waterfall);
    // The closure has the sender, and is dropped when nobody is left, the thread included.
    assert!(matches!(
        traces.recv_timeout(PATIENCE),
        Err(RecvTimeoutError::Disconnected)
    ));
    Ok(())
}
