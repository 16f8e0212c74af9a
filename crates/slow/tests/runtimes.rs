//! The task that sweeps, and the runtimes it lives on.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "tokio")]

mod scene;

use std::future::pending;
use std::sync::mpsc;
use std::task::Poll;

use scene::{fields, log, ms, paused};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{sleep, timeout};
use tower::{Layer, Service, service_fn};
use tower_telemetry_slow::{Slow, SlowLayer, WarnIfSlow};

fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
}

async fn stuck_for(slow: &Slow<()>, millis: u64) {
    let stuck = pending::<()>().warn_if_slow_by(slow, "stuck", ms(200));
    timeout(ms(millis), stuck).await.expect_err("it is stuck");
}

fn tasks(runtime: &Runtime) -> usize {
    runtime.metrics().num_alive_tasks()
}

#[test]
fn one_task_serves_all_calls_and_ends_with_the_last_of_them() {
    log(|| {
        let runtime = runtime();
        let slow = paused(ms(1));
        runtime.block_on(async {
            futures_util::future::join_all((0..100).map(|_| stuck_for(&slow, 300))).await;
        });
        assert_eq!(tasks(&runtime), 1);
        drop(slow);
        runtime.block_on(tokio::task::yield_now());
        assert_eq!(tasks(&runtime), 0);
    });
}

#[test]
fn the_task_stays_while_a_call_is_there_without_its_layer() {
    log(|| {
        let runtime = runtime();
        runtime.block_on(async {
            let slow = paused::<()>(ms(1));
            let mut stuck = Box::pin(pending::<()>().warn_if_slow_by(&slow, "stuck", ms(200)));
            drop(slow);
            timeout(ms(300), &mut stuck).await.expect_err("it is stuck");
        });
        runtime.block_on(tokio::task::yield_now());
        assert_eq!(tasks(&runtime), 0);
    });
}

#[test]
fn calls_that_do_not_wait_start_no_task() {
    log(|| {
        let runtime = runtime();
        let slow = paused::<()>(ms(1));
        runtime.block_on(async { std::future::ready(()).warn_if_slow_by(&slow, "ready", ms(200)).await });
        assert_eq!(tasks(&runtime), 0);
    });
}

#[test]
fn another_runtime_after_the_first_has_a_task_of_its_own() {
    let lines = log(|| {
        let slow = paused(ms(1));
        for _ in 0..3 {
            runtime().block_on(stuck_for(&slow, 300));
        }
    });
    assert_eq!(fields(&lines, "end"), ["-", "dropped", "-", "dropped", "-", "dropped"]);
}

#[test]
fn a_runtime_that_nobody_runs_does_not_keep_the_task() {
    let lines = log(|| {
        let slow = paused(ms(1));
        let [first, second] = [runtime(), runtime()];
        first.block_on(stuck_for(&slow, 300));
        // The first one's task is asleep, and nobody wakes it.
        second.block_on(async {
            stuck_for(&slow, 300).await;
            sleep(ms(5000)).await;
            stuck_for(&slow, 300).await;
        });
        drop(first);
    });
    let running: Vec<_> = lines.iter().filter(|line| line.contains("still runs")).collect();
    assert_eq!(
        running.len(),
        2,
        "the second call on the second runtime was seen: {lines:#?}"
    );
}

#[test]
fn without_a_runtime_slow_calls_are_told_at_their_end() {
    let lines = log(|| {
        let hand = scene::Hand::new();
        let slow = Slow::<()>::new().with_clock(hand.clock());
        let mut polls = 0;
        let twice = std::future::poll_fn(move |_| {
            polls += 1;
            hand.turn(ms(300));
            match polls {
                1 => Poll::Pending,
                _ => Poll::Ready(()),
            }
        });
        let mut call = Box::pin(twice.warn_if_slow_by(&slow, "twice", ms(200)));
        assert!(futures_util::FutureExt::now_or_never(&mut call).is_none());
        assert!(futures_util::FutureExt::now_or_never(&mut call).is_some());
    });
    assert_eq!(fields(&lines, "end"), ["complete"]);
}

#[test]
fn without_a_timer_slow_calls_are_told_at_their_end() {
    let lines = log(|| {
        let hand = scene::Hand::new();
        let slow = Slow::<()>::new().with_clock(hand.clock());
        let runtime = Builder::new_current_thread().build().unwrap();
        for _ in 0..2 {
            let hand = hand.clone();
            let call = async move {
                tokio::task::yield_now().await;
                hand.turn(ms(300));
            };
            runtime.block_on(call.warn_if_slow_by(&slow, "call", ms(200)));
        }
    });
    assert_eq!(fields(&lines, "end"), ["complete"; 2]);
}

#[test]
fn a_call_whose_poll_blocks_its_thread_is_seen_from_another() {
    let (tell, hear) = mpsc::channel();
    let slow = Slow::from(ms(20)).with_counter(move |call| tell.send(call.finding).unwrap());
    let mut polls = 0;
    let blocks = std::future::poll_fn(move |cx: &mut std::task::Context<'_>| {
        polls += 1;
        if polls == 1 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Ok::<_, ()>(hear.recv().ok()))
    });
    let mut blocks = Some(blocks);
    let service = service_fn(move |()| blocks.take().expect("one call"));
    let mut service = SlowLayer::plain("blocks", slow).layer(service);
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap();
    let heard = runtime.block_on(runtime.spawn(service.call(())));
    assert_eq!(heard.unwrap(), Ok(Some(tower_telemetry_slow::Finding::Running)));
}
