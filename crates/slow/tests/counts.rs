//! Slow calls in a registry.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "tokio")]
#![cfg(feature = "prometheus")]

mod scene;

use std::task::Poll;

use scene::{Act, Hand, get, lines, log, ms, paused, served, server};
use tower_telemetry_prometheus::SlowCounts;
use tower_telemetry_prometheus::prometheus_client::encoding::text::encode;
use tower_telemetry_prometheus::prometheus_client::registry::Registry;
use tower_telemetry_slow::{Level, Limits, POLL_LIMIT, Slow, WarnIfSlow, Warnings};

/// Counts, and the registry that shows them.
fn counts() -> (SlowCounts, Registry) {
    let (counts, mut registry) = (SlowCounts::new(), Registry::default());
    counts.register(&mut registry).unwrap();
    (counts, registry)
}

/// The series of a counter, and their values.
fn shown(registry: &Registry, name: &str) -> Vec<String> {
    let mut text = String::new();
    encode(&mut text, registry).unwrap();
    let begin = format!("tower_telemetry_{name}_total");
    let mut series: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix(&begin).map(str::to_owned))
        .collect();
    series.sort();
    series
}

#[test]
fn each_slow_call_is_counted_once_by_its_route() {
    let (counts, registry) = counts();
    lines(async {
        // However many lines there are about it.
        let slow = paused(Limits::to_head(ms(200)).and_total(ms(2000)))
            .with_failed_calls(Level::ERROR)
            .with_lines_per_minute(0)
            .with_slow_counts(&counts);
        let server = server(slow);
        for (route, to_head, status) in [("/a", 900, 200), ("/a", 300, 500), ("/b", 200, 200), ("/b", 199, 500)] {
            let act = Act {
                status,
                ..Act::of(ms(to_head))
            };
            served(&server, get(route, act)).await;
        }
    });
    let of = |route: &str| format!("{{http_request_method=\"GET\",http_route=\"{route}\",phase=\"waiting\"}}");
    assert_eq!(shown(&registry, "slow_calls"), [of("/a") + " 2", of("/b") + " 1"]);
    assert_eq!(shown(&registry, "blocking_calls"), [""; 0]);
}

#[test]
fn a_call_that_does_not_end_is_counted_while_it_runs() {
    let (counts, registry) = counts();
    lines(async {
        let slow = paused::<()>(ms(1)).with_slow_counts(&counts);
        let mut stuck = Box::pin(std::future::pending::<()>().warn_if_slow_by(&slow, "stuck", ms(200)));
        tokio::time::timeout(ms(250), &mut stuck).await.unwrap_err();
        assert_eq!(shown(&registry, "slow_calls"), ["{call=\"stuck\",phase=\"waiting\"} 1"]);
    });
    assert_eq!(shown(&registry, "slow_calls").len(), 1, "and not once more at its end");
}

#[test]
fn calls_of_several_observers_are_counted_together_and_a_closure_hears_of_them_too() {
    let (counts, registry) = counts();
    let (tell, hear) = std::sync::mpsc::channel();
    lines(async {
        for _ in 0..2 {
            let tell = tell.clone();
            let slow = paused::<()>(ms(1))
                .with_slow_counts(&counts)
                .with_warnings(Warnings::AtEnd)
                .with_counter(move |call| tell.send(call.elapsed).unwrap());
            tokio::time::sleep(ms(300))
                .warn_if_slow_by(&slow, "load cart", ms(200))
                .await;
        }
    });
    assert_eq!(
        shown(&registry, "slow_calls"),
        ["{call=\"load cart\",phase=\"waiting\"} 2"]
    );
    assert_eq!(hear.try_iter().collect::<Vec<_>>(), [ms(300); 2]);
}

#[test]
fn calls_that_block_are_counted_apart() {
    let (counts, registry) = counts();
    let hand = Hand::new();
    log(|| {
        let slow = Slow::<()>::from(ms(1000))
            .with_poll_limit(POLL_LIMIT)
            .with_clock(hand.clock())
            .with_slow_counts(&counts);
        let blocks = std::future::poll_fn(|_| {
            hand.turn(ms(10));
            Poll::Ready(())
        });
        let blocks = blocks.warn_if_slow_by(&slow, "resize", ms(1000));
        assert_eq!(futures_util::FutureExt::now_or_never(blocks), Some(()));
    });
    assert_eq!(
        shown(&registry, "blocking_calls"),
        ["{call=\"resize\",phase=\"waiting\"} 1"]
    );
    assert_eq!(shown(&registry, "slow_calls"), [""; 0]);
}
