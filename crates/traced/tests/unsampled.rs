//! Where nothing is recorded, nothing is read and nothing allocated, and the trace goes on.
#![allow(clippy::unwrap_used)]

use std::cell::Cell;
use std::sync::LazyLock;

use allocation_counter::measure;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry::{Context, Value, global};
use opentelemetry_sdk::trace::Sampler;
use tower_telemetry_testkit::Log;
use tower_telemetry_testkit::spans::Recorder;
use tower_telemetry_traced::{Record, TracedExt, business_span, in_span, linked_span, traced};

/// Samples nothing.
static RECORDER: LazyLock<Recorder> = LazyLock::new(|| {
    let recorder = Recorder::sampling(Sampler::AlwaysOff);
    global::set_tracer_provider(recorder.provider.clone());
    recorder
});

thread_local! {
    static READ: Cell<u32> = const { Cell::new(0) };
}

#[derive(Clone, Copy)]
struct Read;

impl Record for Read {
    fn record(&self) -> Option<Value> {
        READ.set(READ.get() + 1);
        Some(Value::Bool(true))
    }
}

#[traced(args(a, read, twice = { READ.set(READ.get() + 1); a * 2 }))]
fn sync(a: u32, read: Read) -> Result<u32, std::fmt::Error> {
    let _ = read;
    if a == 0 { Err(std::fmt::Error) } else { Ok(a) }
}

#[traced(args(read))]
async fn asynchronous(read: Read) -> SpanContext {
    let _ = read;
    current()
}

#[traced(threshold = "1ns")]
fn slow() {}

fn current() -> SpanContext {
    Context::current().span().span_context().clone()
}

/// The context of a trace that this process has decided not to sample.
fn unsampled() -> Context {
    Context::new().with_remote_span_context(SpanContext::new(
        TraceId::from(1),
        SpanId::from(2),
        TraceFlags::default(),
        false,
        TraceState::NONE,
    ))
}

#[test]
fn arguments_are_not_read_where_the_trace_is_not_sampled() {
    LazyLock::force(&RECORDER);
    let _current = unsampled().attach();
    assert_eq!(sync(1, Read), Ok(1));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(asynchronous(Read)), current(), "the trace goes on");
    business_span("step").attr("read", Read).in_scope(|span| {
        assert!(!span.is_recording());
        span.attr("read", Read);
        span.fail("unheard");
    });
    tower_telemetry_traced::record("read", Read);
    assert_eq!(READ.get(), 0);
}

#[test]
fn arguments_of_a_root_are_not_read_unless_it_is_sampled() {
    LazyLock::force(&RECORDER);
    assert_eq!(sync(1, Read), Ok(1));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let inside = runtime.block_on(asynchronous(Read));
    assert!(
        inside.is_valid() && !inside.is_sampled(),
        "what is called inside is not sampled either"
    );
    assert_eq!(READ.get(), 0);
    assert!(RECORDER.spans().is_empty());
}

#[test]
fn nothing_is_allocated() {
    LazyLock::force(&RECORDER);
    let _current = unsampled().attach();
    let calls = || {
        let _ = sync(0, Read);
        let _ = sync(1, Read);
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let polled = std::pin::pin!(asynchronous(Read)).poll(&mut cx);
        assert!(polled.is_ready());
        in_span("step", |_| ());
        let _ = std::pin::pin!(async { 1 }.traced("future")).poll(&mut cx);
    };
    calls();
    assert_eq!(measure(calls).count_total, 0);
}

#[test]
fn a_linked_span_is_the_samplers_to_decide() {
    LazyLock::force(&RECORDER);
    let _current = unsampled().attach();
    let inside = linked_span("report.build").in_scope(|_| current());
    assert!(inside.is_valid() && !inside.is_sampled());
    assert_ne!(inside.trace_id(), current().trace_id());
}

#[test]
fn telemetry_that_is_suppressed_stays_so() {
    LazyLock::force(&RECORDER);
    let _current = Context::new().with_telemetry_suppressed().attach();
    assert_eq!(sync(1, Read), Ok(1));
    linked_span("report.build").attr("read", Read).in_scope(|_| {
        assert!(Context::current().is_telemetry_suppressed());
        assert!(!current().is_valid());
    });
    assert_eq!(READ.get(), 0);
}

#[test]
fn a_slow_call_is_warned_of_all_the_same() {
    LazyLock::force(&RECORDER);
    let lines = Log::of(|| {
        let _current = unsampled().attach();
        slow();
    });
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("00000000000000000000000000000001"), "{lines:?}");
}
