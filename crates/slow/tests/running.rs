//! What is said while a call runs, and when it ends.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "tokio")]

mod scene;

use http::Request;
use scene::{Act, field, fields, get, lines, ms, paused, served, server};
use tower::timeout::TimeoutLayer;
use tower::{Layer, ServiceBuilder, ServiceExt};
use tower_telemetry_slow::{Limits, SlowLayer};
use tower_telemetry_testkit::{Never, Step};

#[test]
fn a_slow_call_is_told_at_its_limit_at_each_double_and_at_its_end() {
    let lines = lines(async {
        let server = server(paused(ms(200)));
        served(&server, get("/orders/{id}", Act::of(ms(900)))).await;
    });
    assert_eq!(fields(&lines, "elapsed_ms"), ["200.0", "400.0", "800.0", "900.0"]);
    assert_eq!(fields(&lines, "warnings"), ["1", "2", "3", "3"]);
    assert_eq!(fields(&lines, "end"), ["-", "-", "-", "complete"]);
    assert_eq!(
        lines[0],
        "WARN tower_telemetry_slow: a call is slow, and still runs http.request.method=\"GET\" \
         http.route=\"/orders/{id}\" elapsed_ms=200.0 threshold_ms=200.0 phase=\"waiting\" warnings=1"
    );
    assert!(lines[3].contains("a slow call has ended"), "{}", lines[3]);
    assert!(!lines.concat().contains("SECRET"));
}

#[test]
fn the_warning_is_there_before_the_response() {
    let mut told = Vec::new();
    lines(async {
        let (tell, mut hear) = tokio::sync::mpsc::unbounded_channel();
        let slow = paused(ms(200)).with_counter(move |call| tell.send(call.elapsed).unwrap());
        let server = server(slow);
        tokio::select! {
            () = served(&server, get("/a", Act::of(ms(400)))) => panic!("the response came first"),
            elapsed = hear.recv() => told.extend(elapsed),
        }
    });
    assert_eq!(told, [ms(200)]);
}

#[test]
fn a_call_that_ends_in_time_is_not_told() {
    let lines = lines(async {
        let server = server(paused(ms(200)));
        for to_head in [0, 1, 199] {
            served(&server, get("/a", Act::of(ms(to_head)))).await;
        }
        tokio::time::sleep(ms(10_000)).await;
    });
    assert_eq!(lines, [""; 0]);
}

#[test]
fn a_call_that_takes_exactly_its_limit_is_slow() {
    let lines = lines(async {
        let server = server(paused(ms(200)));
        served(&server, get("/a", Act::of(ms(200)))).await;
    });
    assert!(!lines.is_empty());
    assert_eq!(field(lines.last().unwrap(), "end"), Some("complete"));
}

#[test]
fn a_stream_is_judged_by_its_head() {
    let lines = lines(async {
        let server = server(paused(ms(200)));
        let act = Act {
            body: vec![Step::Data(1), Step::Stall],
            ..Act::of(ms(100))
        };
        let stream = server.oneshot(get("/events", act)).await.unwrap();
        let mut body = Box::pin(http_body_util::BodyExt::collect(stream.into_body()));
        let hour = tokio::time::sleep(ms(3_600_000));
        tokio::select! {
            _ = &mut body => panic!("it stalls"),
            () = hour => {}
        }
    });
    assert_eq!(lines, [""; 0]);
}

#[test]
fn a_stream_with_a_limit_to_its_total_is_told_while_it_streams() {
    let lines = lines(async {
        let server = server(paused(Limits::to_head(ms(200)).and_total(ms(1000))));
        let act = Act {
            body: vec![Step::Data(1), Step::Stall],
            ..Act::of(ms(100))
        };
        let stream = server.oneshot(get("/events", act)).await.unwrap();
        let body = http_body_util::BodyExt::collect(stream.into_body());
        assert!(tokio::time::timeout(ms(2500), body).await.is_err());
    });
    assert_eq!(fields(&lines, "elapsed_ms"), ["1000.0", "2000.0", "2600.0"]);
    assert_eq!(fields(&lines, "phase"), ["streaming"; 3]);
    assert_eq!(fields(&lines, "threshold_ms"), ["1000.0"; 3]);
    assert_eq!(fields(&lines, "error.type"), ["-", "-", "cancelled"]);
}

#[test]
fn a_body_that_is_polled_again_and_again_is_told_once_for_each_double() {
    let lines = lines(async {
        let server = server(paused(Limits::total(ms(200))));
        let act = Act {
            body: vec![Step::Stall],
            ..Act::of(ms(0))
        };
        let stream = server.oneshot(get("/events", act)).await.unwrap();
        let mut body = stream.into_body();
        for _ in 0..30 {
            let frame = http_body_util::BodyExt::frame(&mut body);
            assert!(tokio::time::timeout(ms(10), frame).await.is_err());
        }
    });
    assert_eq!(fields(&lines, "end"), ["-", "dropped"]);
}

#[test]
fn a_timeout_outside_drops_the_call() {
    let lines = lines(async {
        let stuck = SlowLayer::server(paused(ms(200))).layer(Never);
        let service = ServiceBuilder::new().layer(TimeoutLayer::new(ms(300))).service(stuck);
        service
            .oneshot(Request::new(()))
            .await
            .map(drop)
            .expect_err("timed out");
    });
    assert_eq!(fields(&lines, "end"), ["-", "dropped"]);
    assert_eq!(fields(&lines, "error.type"), ["-", "cancelled"]);
    assert_eq!(fields(&lines, "elapsed_ms"), ["200.0", "300.0"]);
}

#[test]
fn a_timeout_inside_is_the_calls_own_end() {
    let lines = lines(async {
        let service = ServiceBuilder::new()
            .layer(SlowLayer::server(paused(ms(200))))
            .layer(TimeoutLayer::new(ms(300)))
            .service(Never);
        service
            .oneshot(Request::new(()))
            .await
            .map(drop)
            .expect_err("timed out");
        let act = Act {
            status: 504,
            ..Act::of(ms(300))
        };
        served(&server(paused(ms(200))), get("/a", act)).await;
    });
    assert_eq!(fields(&lines, "end"), ["-", "failed", "-", "complete"]);
    assert_eq!(fields(&lines, "error.type"), ["-", "timeout", "-", "504"]);
    assert_eq!(fields(&lines, "http.route"), ["-", "-", "/a", "/a"]);
}

#[test]
fn many_slow_calls_are_told_each_in_its_time() {
    let lines = lines(async {
        let server = server(paused(ms(1000)).with_lines_per_minute(1000));
        let calls = (0..50).map(|call| {
            let server = server.clone();
            async move {
                tokio::time::sleep(ms(call * 100)).await;
                served(&server, get("/a", Act::of(ms(1001)))).await;
            }
        });
        futures_util::future::join_all(calls).await;
    });
    assert_eq!(lines.len(), 100);
    let running = lines.iter().filter(|line| line.contains("still runs"));
    assert!(running.clone().count() == 50);
    for line in running {
        assert_eq!(field(line, "elapsed_ms"), Some("1000.0"), "{line}");
    }
}
