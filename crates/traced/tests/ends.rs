//! A span ends once, on every path, and says which.
#![allow(clippy::unwrap_used)]

mod support;

use std::fmt;
use std::future::{Future, pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use futures_util::{FutureExt, StreamExt, stream};
use opentelemetry::trace::Status;
use support::Trace;
use tower_telemetry_testkit::spans::text;
use tower_telemetry_traced::{TracedExt, in_span, span, traced};

fn error_type(trace: &Trace) -> Option<String> {
    let span = trace.only();
    let failed = span.status == Status::error("");
    let error_type = text(span, "error.type");
    assert_eq!(failed, error_type.is_some());
    error_type
}

#[track_caller]
fn assert_panics<R>(scenario: impl FnOnce() -> R) {
    let (caught, trace) = Trace::of(|| catch_unwind(AssertUnwindSafe(scenario)).is_err());
    assert!(caught, "the panic goes on");
    assert_eq!(error_type(&trace).as_deref(), Some("panic"));
}

#[traced]
fn panics() {
    panic!("in a function");
}

#[traced]
async fn panics_later() {
    tokio::task::yield_now().await;
    panic!("in a future");
}

#[traced]
fn panics_before_the_future(now: bool) -> impl Future<Output = ()> {
    assert!(!now, "before the future");
    ready(())
}

#[traced]
fn panics_in_the_future() -> impl Future<Output = ()> {
    async { panic!("in the future") }
}

#[traced]
fn never() -> ! {
    panic!("never returns")
}

#[traced]
async fn waits() {
    pending().await
}

fn poll_once(future: impl Future) {
    let mut cx = Context::from_waker(Waker::noop());
    assert!(pin!(future).poll(&mut cx).is_pending());
}

#[test]
fn a_panic_is_told_as_one() {
    assert_panics(panics);
    assert_panics(|| support::runtime().block_on(panics_later()));
    assert_panics(|| panics_before_the_future(true).now_or_never());
    assert_panics(|| panics_in_the_future().now_or_never());
    assert_panics(|| never());
    assert_panics(|| in_span("closure", |_| panic!("in a closure")));
    assert_panics(|| async { panic!("in a future") }.traced("future").now_or_never());
    assert_panics(|| {
        let stream = stream::iter([1]).map(|_| panic!("in a stream"));
        stream.map(|(): ()| ()).traced("stream").next().now_or_never()
    });
}

#[test]
fn what_is_dropped_before_its_end_was_cancelled() {
    let cancelled = Some("cancelled".to_owned());
    assert_eq!(error_type(&Trace::of(|| poll_once(waits())).1), cancelled);
    assert_eq!(
        error_type(&Trace::of(|| poll_once(pending::<()>().traced("future"))).1),
        cancelled
    );
    let ((), trace) = Trace::of(|| {
        let mut stream = pin!(stream::iter([1, 2]).traced("stream"));
        assert_eq!(stream.next().now_or_never(), Some(Some(1)));
    });
    assert_eq!(error_type(&trace), cancelled);
}

#[test]
fn a_future_that_is_dropped_by_anothers_panic_did_not_panic() {
    let ((), trace) = Trace::of(|| {
        let unwound = catch_unwind(|| {
            let mut waiting = Box::pin(waits());
            poll_once(waiting.as_mut());
            panic!("somebody else's");
        });
        unwound.unwrap_err();
    });
    assert_eq!(error_type(&trace).as_deref(), Some("cancelled"));
}

#[test]
fn a_future_that_is_never_polled_makes_no_span() {
    let ((), trace) = Trace::of(|| {
        drop(waits());
        drop(pending::<()>().traced("future"));
        drop(span("builder"));
    });
    assert!(trace.spans.is_empty());
}

#[test]
fn a_future_that_is_ready_has_ended_though_it_is_kept() {
    let ((), trace) = Trace::of(|| {
        let mut future = Box::pin(ready(1).traced("future"));
        assert_eq!(future.as_mut().now_or_never(), Some(1));
        assert_eq!(format!("{future:?}"), "InSpan(over)");
        std::mem::forget(future);
    });
    assert_eq!(error_type(&trace), None);
}

#[traced]
fn is_ready() -> impl Future<Output = u8> {
    ready(1)
}

#[traced(threshold = "1min")]
async fn is_ready_in_time() -> u8 {
    1
}

#[test]
fn a_function_whose_future_is_ready_has_ended_though_that_is_kept() {
    fn keep(future: impl Future<Output = u8>) {
        let mut future = Box::pin(future);
        assert_eq!(future.as_mut().now_or_never(), Some(1));
        std::mem::forget(future);
    }
    let ((), trace) = Trace::of(|| keep(is_ready()));
    assert_eq!(error_type(&trace), None);
    let ((), trace) = Trace::of(|| keep(is_ready_in_time()));
    assert_eq!(error_type(&trace), None);
}

#[test]
fn what_is_polled_after_a_panic_is_still_in_its_trace() {
    let ((), trace) = Trace::of(|| {
        let mut polls = 0;
        let stream = stream::poll_fn(move |_| {
            polls += 1;
            assert!(polls > 1, "the first one");
            in_span("child", |_| ());
            Poll::Ready(Some(()))
        });
        let mut stream = Box::pin(stream.traced("stream"));
        let mut next = || stream.next().now_or_never();
        assert!(catch_unwind(AssertUnwindSafe(&mut next)).is_err());
        assert_eq!(next(), Some(Some(())));
    });
    let parent = trace.named("stream").span_context.span_id();
    assert_eq!(trace.named("child").parent_span_id, parent);
}

#[test]
fn a_stream_ends_with_its_last_item() {
    let (items, trace) = Trace::of_async(async { stream::iter([1, 2, 3]).traced("stream").collect::<Vec<_>>().await });
    assert_eq!(items.len(), 3);
    assert_eq!(error_type(&trace), None);
    trace.assert_child("stream");
}

#[test]
fn the_first_error_of_a_stream_names_it() {
    let words = [Ok(1), Err("late"), Ok(2), Err("later")];
    let judged = span("stream").with_error_type(|error: &&'static str| *error);
    let (items, trace) = Trace::of_async(stream::iter(words).traced(judged).collect::<Vec<_>>());
    assert_eq!(items.len(), 4);
    // The builder was made outside of the scenario: in a trace of its own.
    assert!(trace.spans.is_empty());
    let (_, trace) = Trace::of_async(async move {
        let judged = span("stream").with_error_type(|error: &&'static str| *error);
        stream::iter(words).traced(judged).collect::<Vec<_>>().await
    });
    assert_eq!(error_type(&trace).as_deref(), Some("late"));
}

#[test]
fn of_two_in_a_select_the_loser_was_cancelled() {
    let ((), trace) = Trace::of_async(async {
        tokio::select! {
            biased;
            () = waits() => unreachable!(),
            () = ready(()).traced("winner") => {}
        }
    });
    assert_eq!(
        text(trace.named("ends::waits"), "error.type").as_deref(),
        Some("cancelled")
    );
    assert_eq!(text(trace.named("winner"), "error.type"), None);
    trace.assert_child("ends::waits");
    trace.assert_child("winner");
}

struct Bomb;

impl fmt::Display for Bomb {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("while it is written down")
    }
}

#[traced(args(%bomb), error_type = |()| panic!("in the closure"))]
fn with_a_bomb(bomb: &Bomb) -> Result<u8, ()> {
    let _ = bomb;
    Err(())
}

#[test]
fn a_panic_in_what_is_recorded_costs_the_record_and_not_the_call() {
    let (returned, trace) = Trace::of(|| with_a_bomb(&Bomb));
    assert_eq!(returned, Err(()));
    assert_eq!(error_type(&trace), None);
}
