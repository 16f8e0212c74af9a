//! Futures and services that are not HTTP.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "tokio")]

mod scene;

use std::convert::Infallible;
use std::future::{pending, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use scene::{fields, lines, log, ms, paused};
use tokio::time::{sleep, timeout};
use tower::{Layer, ServiceExt, service_fn};
use tower_telemetry_slow::{Level, Limits, Slow, SlowLayer, WarnIfSlow, Warnings};
use tower_telemetry_testkit::Log;

#[test]
fn a_future_warns_with_the_usual_settings() {
    // The usual settings know the system's clock alone, and a limit of nothing is passed by whoever waits.
    let lines = log(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let cart = async {
            tokio::task::yield_now().await;
            "cart"
        };
        let cart = runtime.block_on(cart.warn_if_slow("load cart", Limits::to_head(ms(0))));
        assert_eq!(cart, "cart");
    });
    assert!(!lines.is_empty());
    assert!(lines.iter().all(|line| line.starts_with("WARN tower_telemetry_slow: ")));
    assert_eq!(fields(&lines, "call").last(), Some(&"load cart"));
    assert_eq!(fields(&lines, "end").last(), Some(&"complete"));
}

#[test]
fn a_future_warns_while_it_runs_and_says_how_it_ended() {
    let lines = lines(async {
        let settings = paused::<()>(ms(1));
        sleep(ms(300)).warn_if_slow_by(&settings, "load cart", ms(200)).await;
        let stuck = pending::<()>().warn_if_slow_by(&settings, String::from("stuck"), ms(200));
        timeout(ms(500), stuck).await.expect_err("it is stuck");
        sleep(ms(199)).warn_if_slow_by(&settings, "in time", ms(200)).await;
    });
    assert_eq!(
        fields(&lines, "call"),
        ["load cart", "load cart", "stuck", "stuck", "stuck"]
    );
    assert_eq!(fields(&lines, "end"), ["-", "complete", "-", "-", "dropped"]);
    assert_eq!(
        fields(&lines, "elapsed_ms"),
        ["200.0", "300.0", "200.0", "400.0", "500.0"]
    );
    assert_eq!(fields(&lines, "http.route"), ["-"; 5]);
}

#[test]
fn a_futures_time_begins_with_its_first_poll() {
    let lines = lines(async {
        let later = sleep(ms(100)).warn_if_slow_by(&paused::<()>(ms(1)), "later", ms(200));
        sleep(ms(1000)).await;
        later.await;
    });
    assert_eq!(lines, [""; 0]);
}

#[test]
fn a_future_that_is_never_polled_and_one_that_is_over_say_nothing() {
    let lines = lines(async {
        let settings = paused::<()>(ms(1));
        drop(pending::<()>().warn_if_slow_by(&settings, "never", ms(1)));
        let mut over =
            Box::pin(std::future::poll_fn(|_| std::task::Poll::Ready(())).warn_if_slow_by(&settings, "over", ms(1)));
        over.as_mut().await;
        over.as_mut().await;
    });
    assert_eq!(lines, [""; 0]);
}

#[test]
fn a_future_that_panics_is_told_as_failed() {
    let lines = lines(async {
        let settings = paused::<()>(ms(1)).with_failed_calls(Level::ERROR);
        let bug = async {
            sleep(ms(10)).await;
            std::panic::resume_unwind(Box::new("a bug"));
        };
        let bug = tokio::spawn(bug.warn_if_slow_by(&settings, "bug", ms(200)));
        let _: () = bug.await.expect_err("it panicked").try_into_panic().map(drop).unwrap();
    });
    assert_eq!(fields(&lines, "end"), ["panicked"]);
    assert_eq!(fields(&lines, "error.type"), ["panic"]);
}

#[test]
fn any_service_is_watched_by_its_name() {
    let lines = lines(async {
        let mails = SlowLayer::plain(
            |queue: &&'static str| *queue,
            paused(ms(200)).with_route("bulk", ms(1000)),
        );
        let mails = mails.layer(service_fn(async |_: &'static str| {
            sleep(ms(300)).await;
            Ok::<_, Infallible>(())
        }));
        for queue in ["bulk", "urgent"] {
            mails.clone().oneshot(queue).await.unwrap();
        }
    });
    assert_eq!(fields(&lines, "call"), ["urgent"; 2]);
    assert_eq!(fields(&lines, "phase"), ["waiting"; 2]);
    assert_eq!(fields(&lines, "http.request.method"), ["-"; 2]);
}

#[test]
fn what_is_written_is_one_clean_line() {
    let lines = lines(async {
        let name = String::from("two\nlines \u{1b}[31m");
        sleep(ms(300))
            .warn_if_slow_by(&paused::<()>(ms(1)), name, ms(200))
            .await;
    });
    assert_eq!(lines.len(), 2);
    assert!(lines[0].contains(r"two\\nlines \\u{1b}[31m"), "{}", lines[0]);

    let objects = Log::json(|| {
        let slow = Slow::<()>::from(ms(0)).with_warnings(Warnings::AtEnd);
        let done = ready(()).warn_if_slow_by(&slow, "two\nlines \u{9b}31m\u{2028}", ms(0));
        assert_eq!(
            pin!(done).poll(&mut Context::from_waker(Waker::noop())),
            Poll::Ready(())
        );
    });
    assert_eq!(objects.len(), 1);
    let name = r#""call":"two\\nlines \\u{9b}31m\\u{2028}""#;
    assert!(objects[0].contains(name), "{}", objects[0]);
}
