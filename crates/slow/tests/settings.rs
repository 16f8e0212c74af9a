//! Each setting.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "tokio")]

mod scene;

use std::sync::{Arc, Mutex};

use http::Request;
use scene::{Act, Hand, field, fields, get, lines, log, ms, paused, served, server};
use tower::{Layer, service_fn};
use tower_telemetry_sanitize::{Rule, Sanitizer, Secret};
use tower_telemetry_semconv::{Http, HttpCall, Server};
use tower_telemetry_slow::{Finding, Level, Limits, POLL_LIMIT, Phase, Slow, SlowLayer, WarnIfSlow, Warnings};
use tower_telemetry_testkit::Script;

#[test]
fn a_route_may_have_limits_of_its_own() {
    let lines = lines(async {
        let slow = paused(ms(200))
            .with_route("/reports", ms(1000))
            .with_route("/events", Limits::NONE);
        let server = server(slow);
        for route in ["/reports", "/events", "/orders"] {
            served(&server, get(route, Act::of(ms(300)))).await;
        }
    });
    assert_eq!(fields(&lines, "http.route"), ["/orders"; 2]);
}

#[test]
fn the_policy_of_a_request_comes_before_the_layers() {
    for warnings in [Warnings::WhileItRuns, Warnings::AtEnd] {
        let lines = lines(async {
            let policy = |rule| Sanitizer::builder().with_rule("http.route", rule).build().unwrap();
            let slow = paused(ms(200)).with_warnings(warnings);
            let server = server(slow.with_sanitizer(policy(Rule::Redact)));
            served(&server, get("/orders", Act::of(ms(300)))).await;
            let mut request = get("/orders", Act::of(ms(300)));
            request.extensions_mut().insert(policy(Rule::Drop));
            served(&server, request).await;
        });
        let of_each = lines.len() / 2;
        let expected = [vec!["REDACTED"; of_each], vec!["-"; of_each]].concat();
        assert_eq!(fields(&lines, "http.route"), expected, "{warnings:?}");
        assert!(of_each > 0);
    }
}

#[test]
fn what_a_policy_leaves_out_is_in_no_line() {
    let lines = lines(async {
        let policy = Sanitizer::builder()
            .with_secrets([Secret::Bearer])
            .with_rule("http.route", Rule::Drop)
            .with_rule("http.request.method", Rule::Redact)
            .build()
            .unwrap();
        served(
            &server(paused(ms(200)).with_sanitizer(policy.clone())),
            get("/planted", Act::of(ms(300))),
        )
        .await;
        let slow = paused::<()>(ms(1)).with_sanitizer(policy);
        let name = "fetch Bearer pl4nt3d-t0k3n";
        tokio::time::sleep(ms(300)).warn_if_slow_by(&slow, name, ms(200)).await;
    });
    assert_eq!(lines.len(), 4);
    assert_eq!(fields(&lines, "http.route"), ["-"; 4]);
    assert_eq!(
        fields(&lines, "http.request.method"),
        ["REDACTED", "REDACTED", "-", "-"]
    );
    assert_eq!(
        fields(&lines, "call"),
        ["-", "-", "fetch Bearer REDACTED", "fetch Bearer REDACTED"]
    );
    assert!(!lines.concat().contains("pl4nt3d"), "{lines:?}");
}

#[test]
fn without_a_policy_texts_are_bounded_and_in_one_line() {
    let lines = lines(async {
        let name = format!("two\nlines{}", "x".repeat(5_000));
        let load = tokio::time::sleep(ms(300)).warn_if_slow_by(&paused::<()>(ms(1)), name, ms(200));
        load.await;
    });
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line.len() < 1_500), "{lines:?}");
}

#[test]
fn a_closure_over_the_request_goes_first() {
    let lines = lines(async {
        let slow = paused(ms(200)).with_route("/a", ms(1000)).with_limits_for(|call| {
            let request = call.request.as_ref()?;
            request.headers.contains_key("interactive").then(|| ms(50).into())
        });
        let server = server(slow);
        let mut request = get("/a", Act::of(ms(90)));
        served(&server, request.clone()).await;
        request
            .headers_mut()
            .insert("interactive", http::HeaderValue::from_static("1"));
        served(&server, request).await;
    });
    assert_eq!(fields(&lines, "threshold_ms"), ["50.0"; 2]);
}

#[test]
fn at_the_end_alone_says_nothing_before() {
    let lines = lines(async {
        let server = server(paused(ms(200)).with_warnings(Warnings::AtEnd));
        served(&server, get("/a", Act::of(ms(1000)))).await;
    });
    assert_eq!(fields(&lines, "end"), ["complete"]);
}

#[test]
fn target_and_level_are_chosen() {
    let lines = lines(async {
        let server = server(paused(ms(200)).with_level(Level::INFO).with_target("shop::slow"));
        served(&server, get("/a", Act::of(ms(300)))).await;
    });
    assert_eq!(lines.len(), 2);
    assert!(
        lines.iter().all(|line| line.starts_with("INFO shop::slow: ")),
        "{lines:?}"
    );
}

#[test]
fn failed_calls_are_told_on_demand_slow_or_not() {
    let failing = |to_head| Act {
        status: 500,
        ..Act::of(ms(to_head))
    };
    let by_default = lines(async {
        served(&server(paused(ms(200))), get("/a", failing(10))).await;
    });
    assert_eq!(by_default, [""; 0]);
    let lines = lines(async {
        let server = server(paused(ms(200)).with_failed_calls(Level::ERROR));
        served(&server, get("/a", failing(10))).await;
        served(&server, get("/a", failing(300))).await;
        served(&server, get("/a", Act::of(ms(10)))).await;
    });
    let levels: Vec<_> = lines.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(levels, ["ERROR", "WARN", "ERROR"]);
    assert_eq!(fields(&lines, "error.type"), ["500", "-", "500"]);
    assert_eq!(fields(&lines, "elapsed_ms"), ["10.0", "200.0", "300.0"]);
    assert_eq!(fields(&lines, "threshold_ms"), ["-", "200.0", "200.0"]);
    assert!(lines[0].contains("a call failed"));
}

#[test]
fn a_thousand_stuck_calls_make_ten_lines_and_the_next_one_says_how_many_there_were_not() {
    let lines = lines(async {
        let server = server(paused(ms(1000)));
        let stuck = (0..1000).map(|_| served(&server, get("/a", Act::of(ms(59_000)))));
        futures_util::future::join_all(stuck).await;
        tokio::time::sleep(ms(10_000)).await;
        served(&server, get("/a", Act::of(ms(1500)))).await;
    });
    assert_eq!(lines.len(), 12);
    let suppressed = fields(&lines, "suppressed");
    assert_eq!(suppressed[..10], ["-"; 10]);
    // At 1, 2, 4, 8, 16 and 32 seconds, and at the end.
    assert_eq!(suppressed[10], (7 * 1000 - 10).to_string());
    assert_eq!(suppressed[11], "-");
}

#[test]
fn the_number_of_lines_is_a_setting_and_counted_by_route() {
    let lines = lines(async {
        let server = server(paused(ms(200)).with_lines_per_minute(1));
        for route in ["/a", "/b", "/a", "/b"] {
            served(&server, get(route, Act::of(ms(300)))).await;
        }
    });
    assert_eq!(fields(&lines, "http.route"), ["/a", "/b"]);
}

#[test]
fn the_counter_hears_of_each_slow_call_once() {
    let counted = Arc::new(Mutex::new(Vec::new()));
    let counts = Arc::clone(&counted);
    lines(async move {
        let slow = paused(Limits::to_head(ms(200)).and_total(ms(400))).with_lines_per_minute(0);
        let server = server(slow.with_counter(move |call| {
            let route = call.label.route().map(str::to_owned);
            counts.lock().unwrap().push((route, call.finding, call.phase));
        }));
        served(&server, get("/quick", Act::of(ms(10)))).await;
        served(&server, get("/slow", Act::of(ms(900)))).await;
    });
    let route = Some(String::from("/slow"));
    assert_eq!(*counted.lock().unwrap(), [(route, Finding::Running, Phase::Waiting)]);
}

#[test]
fn a_counter_or_a_clock_that_panics_costs_no_call() {
    let lines = lines(async {
        let server_with = |slow: Slow<HttpCall<Server>>| server(slow);
        let counts = server_with(paused(ms(200)).with_counter(|_| std::panic::resume_unwind(Box::new(()))));
        served(&counts, get("/a", Act::of(ms(300)))).await;
        let clock = server_with(Slow::from(ms(200)).with_clock(|| std::panic::resume_unwind(Box::new(()))));
        served(&clock, get("/b", Act::of(ms(300)))).await;
    });
    assert_eq!(fields(&lines, "http.route"), ["/a", "/a"]);
}

#[test]
fn a_poll_over_its_limit_is_a_blocking_call() {
    let hand = Hand::new();
    let clock = hand.clock();
    let lines = log(|| {
        let slow = Slow::from(ms(1000)).with_poll_limit(POLL_LIMIT).with_clock(clock);
        let mut steps = vec![ms(9), ms(10), ms(30), ms(1)].into_iter();
        let service = service_fn(|_: Request<()>| {
            let (hand, mut steps) = (hand.clone(), std::mem::take(&mut steps));
            std::future::poll_fn(move |_| {
                let Some(step) = steps.next() else {
                    return std::task::Poll::Ready(Ok::<_, ()>(http::Response::new(Script::new([]))));
                };
                hand.turn(step);
                std::task::Poll::Pending
            })
        });
        let mut service = SlowLayer::new(Http::server(), slow).layer(service);
        let request = Request::get("/").extension(tower_telemetry_semconv::Route::new("/files/{name}"));
        let mut call = Box::pin(tower::Service::call(&mut service, request.body(()).unwrap()));
        for _ in 0..4 {
            assert!(futures_util::FutureExt::now_or_never(&mut call).is_none());
            hand.turn(ms(300));
        }
        drop(futures_util::FutureExt::now_or_never(&mut call).unwrap());
    });
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert_eq!(
        lines[0],
        "WARN tower_telemetry_slow: a blocking call in an async handler http.request.method=\"GET\" \
         http.route=\"/files/{name}\" elapsed_ms=319.0 threshold_ms=10.0 phase=\"waiting\" longest_poll_ms=10.0 busy_ms=19.0"
    );
    assert_eq!(field(&lines[1], "longest_poll_ms"), Some("30.0"));
    assert_eq!(field(&lines[1], "busy_ms"), Some("50.0"));
    assert_eq!(field(&lines[1], "elapsed_ms"), Some("1250.0"));
}

#[test]
fn without_limits_nobody_is_watched() {
    let lines = lines(async {
        served(&server(paused(Limits::NONE)), get("/a", Act::of(ms(100_000)))).await;
    });
    assert_eq!(lines, [""; 0]);
}
