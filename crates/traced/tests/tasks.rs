//! Each helper for tasks keeps the right parent, and does not keep its span open.
#![allow(clippy::unwrap_used)]

mod support;

use std::future::pending;
use std::sync::mpsc;

use ::rayon::prelude::*;
use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt, Tracer, TracerProvider};
use support::{Trace, current, install};
use tokio::sync::Notify;
use tower_telemetry_traced::{
    CarriedContext, JoinSet, Traced, TracedExt, in_span, linked_span, rayon, spawn, spawn_blocking, thread, traced,
};

#[traced(name = "work")]
fn work() -> SpanContext {
    current()
}

#[traced(name = "work")]
async fn work_later() -> SpanContext {
    tokio::task::yield_now().await;
    current()
}

/// Checks that all work was done right below the span around.
#[track_caller]
fn assert_children(trace: &Trace, count: usize) {
    assert_eq!(trace.spans.len(), count, "{:#?}", trace.spans);
    for span in &trace.spans {
        assert_eq!(span.parent_span_id, trace.root.span_context.span_id(), "{span:#?}");
    }
}

#[test]
fn a_plain_spawn_begins_a_trace_of_its_own() {
    let (ids, trace) = Trace::of_async(async { tokio::spawn(work_later()).await.unwrap() });
    assert!(trace.spans.is_empty());
    assert_ne!(ids.trace_id(), trace.root.span_context.trace_id());
}

#[test]
fn a_spawned_task_is_a_child() {
    let (_, trace) = Trace::of_async(async {
        spawn(work_later()).await.unwrap();
        tokio::spawn(work_later().in_current_context()).await.unwrap();
        tokio::spawn(async {}.traced("work")).await.unwrap();
    });
    assert_children(&trace, 3);
}

#[test]
fn blocking_work_is_a_child() {
    let (_, trace) = Trace::of_async(async { spawn_blocking(work).await.unwrap() });
    assert_children(&trace, 1);
}

#[test]
fn a_thousand_tasks_of_a_join_set_are_children() {
    let ((), trace) = Trace::of_async(async {
        let mut tasks = JoinSet::new();
        for _ in 0..998 {
            tasks.spawn(work_later());
        }
        tasks.spawn_blocking(work);
        let local = tokio::task::LocalSet::new();
        let _entered = local.enter();
        tasks.spawn_local(work_later());
        local
            .run_until(async {
                while let Some(done) = tasks.join_next().await {
                    done.unwrap();
                }
            })
            .await;
    });
    assert_children(&trace, 1000);
}

#[test]
fn threads_are_children() {
    let (_, trace) = Trace::of(|| {
        thread::spawn(work).join().unwrap();
        let carried = CarriedContext::detached();
        std::thread::scope(|scope| scope.spawn(|| carried.in_scope(work)).join().unwrap())
    });
    assert_children(&trace, 2);
}

#[test]
fn work_on_rayons_threads_is_a_child() {
    let (_, trace) = Trace::of(|| {
        rayon::join(work, work);
        let (done, wait) = mpsc::channel();
        rayon::spawn(move || done.send(work()).unwrap());
        wait.recv().unwrap();
        let carried = CarriedContext::detached();
        let ids: Vec<_> = (0..1000).into_par_iter().map(|_| carried.in_scope(work)).collect();
        assert_eq!(ids.len(), 1000);
    });
    assert_children(&trace, 1003);
}

#[test]
fn what_goes_through_a_channel_keeps_its_senders_context() {
    let (send, receive) = mpsc::channel::<Traced<u32>>();
    let worker = std::thread::spawn(move || {
        let runtime = support::runtime();
        for order in receive {
            let (number, carried) = order.clone().into_parts();
            assert_eq!(order.value(), &number);
            carried.in_scope(work);
            order.clone().map(f64::from).in_scope(|_| work());
            runtime.block_on(order.then(|_| work_later()));
            assert!(!current().is_valid(), "nothing stays behind");
        }
    });
    let ((), one) = Trace::of(|| send.send(Traced::new(1)).unwrap());
    let ((), two) = Trace::of(|| send.send(Traced::new(2)).unwrap());
    drop(send);
    worker.join().unwrap();
    for trace in [one, two] {
        let id = trace.root.span_context.trace_id();
        let mut spans = install().spans();
        spans.retain(|span| span.span_context.trace_id() == id && span.name == "work");
        assert_eq!(spans.len(), 3);
        assert!(
            spans
                .iter()
                .all(|span| span.parent_span_id == trace.root.span_context.span_id())
        );
    }
}

#[test]
fn streams_keep_their_context() {
    let ((), trace) = Trace::of(|| {
        let stream = stream::iter(0..3).then(|_| work_later()).in_current_context();
        let stream = std::thread::spawn(move || support::runtime().block_on(stream.count()));
        assert_eq!(stream.join().unwrap(), 3);
    });
    assert_children(&trace, 3);
    let (_, trace) = Trace::of_async(async {
        let rows = stream::iter(0..3).then(|_| work_later()).traced("rows");
        rows.count().await
    });
    trace.assert_child("rows");
    let rows = trace.named("rows").span_context.span_id();
    let works = trace.spans.iter().filter(|span| span.name == "work");
    assert_eq!(works.filter(|work| work.parent_span_id == rows).count(), 3);
}

#[test]
fn a_thousand_futures_that_take_turns_are_children_of_who_made_them() {
    let (_, trace) = Trace::of_async(async {
        let calls = (0..500).map(|_| async { (work_later().await, work_later().traced("outer").await) });
        join_all(calls).await
    });
    let outer: Vec<_> = trace.spans.iter().filter(|span| span.name == "outer").collect();
    assert_eq!((trace.spans.len(), outer.len()), (1500, 500));
    let is_outer = |id| outer.iter().any(|outer| outer.span_context.span_id() == id);
    let root = trace.root.span_context.span_id();
    let below_outer = trace.spans.iter().filter(|span| is_outer(span.parent_span_id)).count();
    let below_root = trace.spans.iter().filter(|span| span.parent_span_id == root).count();
    assert_eq!((below_outer, below_root), (500, 1000));
}

#[test]
fn the_branches_of_a_select_are_children_and_leave_nothing_behind() {
    let (_, trace) = Trace::of_async(async {
        for _ in 0..100 {
            let before = current();
            tokio::select! {
                _ = work_later() => {}
                _ = work_later().traced("outer") => {}
            }
            assert_eq!(current(), before);
        }
    });
    let inner = trace
        .spans
        .iter()
        .filter(|span| span.parent_span_id != trace.root.span_context.span_id());
    for span in inner {
        let parent = trace
            .spans
            .iter()
            .find(|parent| parent.span_context.span_id() == span.parent_span_id);
        assert_eq!(parent.map(|parent| &*parent.name), Some("outer"));
    }
}

#[test]
fn a_task_is_a_child_even_after_the_span_around_has_ended() {
    let runtime = support::runtime();
    let go = std::sync::Arc::new(Notify::new());
    let wait = std::sync::Arc::clone(&go);
    let (task, trace) = Trace::of(|| {
        let _entered = runtime.enter();
        spawn(async move {
            wait.notified().await;
            work_later().await
        })
    });
    assert!(trace.root.end_time >= trace.root.start_time);
    go.notify_one();
    let ids = runtime.block_on(task).unwrap();
    let spans = install().spans();
    let late = spans.iter().find(|span| span.span_context == ids).unwrap();
    assert_eq!(late.parent_span_id, trace.root.span_context.span_id());
    assert_eq!(late.span_context.trace_id(), trace.root.span_context.trace_id());
}

#[test]
fn a_task_does_not_keep_a_span_open_that_ends_when_nobody_holds_it() {
    let runtime = support::runtime();
    let tracer = install().provider.tracer("tests");
    let cx = Context::new().with_span(tracer.start_with_context("held by nobody", &Context::new()));
    let id = cx.span().span_context().span_id();
    let mut keep = Vec::new();
    let mut waits = || {
        let (sender, receiver) = mpsc::channel::<()>();
        keep.push(sender);
        move || {
            let _ = receiver.recv();
        }
    };
    let mut set = JoinSet::new();
    let going_on = {
        let _current = cx.attach();
        let _entered = runtime.enter();
        thread::spawn(waits());
        rayon::spawn(waits());
        spawn_blocking(waits());
        set.spawn_blocking(waits());
        set.spawn(pending());
        let stream = stream::pending::<()>().in_current_context();
        (spawn(pending::<()>()), Traced::new(()), stream)
    };
    let ended = install().spans().iter().any(|span| span.span_context.span_id() == id);
    assert!(ended, "the span has ended, though {going_on:?} and {set:?} go on");
}

#[test]
fn a_detached_task_is_linked_by_choice() {
    let (ids, trace) = Trace::of_async(async {
        let detached = async { (current(), work_later().await) }.traced(linked_span("report.build"));
        spawn(detached).await.unwrap()
    });
    assert!(trace.spans.is_empty(), "it is in a trace of its own");
    let spans = install().spans();
    let report = spans.iter().find(|span| span.span_context == ids.0).unwrap();
    assert_eq!(report.links[0].span_context, trace.root.span_context);
    let work = spans.iter().find(|span| span.span_context == ids.1).unwrap();
    assert_eq!(work.parent_span_id, ids.0.span_id());
}

#[test]
fn a_span_in_a_task_is_below_the_tasks_own() {
    let (_, trace) = Trace::of_async(async {
        spawn(async { in_span("step", |_| work()) }.traced("task"))
            .await
            .unwrap()
    });
    trace.assert_child("task");
    let (task, step) = (trace.named("task"), trace.named("step"));
    assert_eq!(step.parent_span_id, task.span_context.span_id());
    assert_eq!(trace.named("work").parent_span_id, step.span_context.span_id());
}
