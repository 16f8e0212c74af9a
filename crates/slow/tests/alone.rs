//! Slow calls without tokio: these tests run without its feature, too.
#![allow(clippy::unwrap_used)]

mod scene;

use http::Request;
use scene::{Hand, field, fields, log, ms};
use tower::{Layer, ServiceExt, service_fn};
use tower_telemetry_slow::{Slow, SlowLayer, WarnIfSlow, Warnings};
use tower_telemetry_testkit::{Never, Script, Step};

#[test]
fn at_the_end_alone_needs_no_runtime() {
    let hand = Hand::new();
    let clock = hand.clock();
    let lines = log(|| {
        let slow = Slow::new()
            .with_limits(ms(200))
            .with_warnings(Warnings::AtEnd)
            .with_clock(clock);
        let slept = service_fn(|_: Request<()>| {
            hand.turn(ms(250));
            std::future::ready(Ok::<_, ()>(http::Response::new(Script::new([Step::Data(1)]))))
        });
        let call = SlowLayer::server(slow).layer(slept).oneshot(Request::new(()));
        let response = futures_util::FutureExt::now_or_never(call).unwrap().unwrap();
        let body = http_body_util::BodyExt::collect(response.into_body());
        futures_util::FutureExt::now_or_never(body).unwrap().unwrap();
    });
    assert_eq!(lines.len(), 1);
    assert_eq!(field(&lines[0], "elapsed_ms"), Some("250.0"));
    assert_eq!(field(&lines[0], "warnings"), None);
    assert_eq!(field(&lines[0], "phase"), Some("waiting"));
}

#[test]
fn a_timer_of_ones_own_sweeps() {
    let hand = Hand::new();
    let slow: Slow<_> = Slow::from(ms(200))
        .with_warnings(Warnings::WhileItRuns)
        .with_clock(hand.clock());
    let lines = log(|| {
        let call = SlowLayer::server(slow.clone()).layer(Never).oneshot(Request::new(()));
        let mut call = Box::pin(call);
        assert_eq!(slow.sweep(), None);
        assert!(futures_util::FutureExt::now_or_never(&mut call).is_none());
        assert_eq!(slow.sweep(), Some(ms(200)));
        hand.turn(ms(200));
        assert_eq!(slow.sweep(), Some(ms(200)));
        hand.turn(ms(250));
        assert_eq!(slow.sweep(), Some(ms(350)));
        drop(call);
        assert_eq!(slow.sweep(), None);
    });
    assert_eq!(fields(&lines, "elapsed_ms"), ["200.0", "450.0", "450.0"]);
    assert_eq!(fields(&lines, "end"), ["-", "-", "dropped"]);
}

#[test]
fn a_future_is_told_at_its_end() {
    let hand = Hand::new();
    let slow = Slow::<()>::new().with_clock(hand.clock());
    let lines = log(|| {
        let work = async { hand.turn(ms(300)) };
        let work = work.warn_if_slow_by(&slow, "work", ms(200));
        assert_eq!(futures_util::FutureExt::now_or_never(work), Some(()));
    });
    assert_eq!(fields(&lines, "end"), ["complete"]);
    assert_eq!(fields(&lines, "elapsed_ms"), ["300.0"]);
}
