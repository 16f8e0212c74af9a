//! What a flood leaves in memory: of requests that are all different, and of calls in flight.
//!
//! The full run takes some minutes: `DISTINCT=1000000 cargo test -p tower-telemetry-tests --test memory -- --nocapture`.

use std::alloc::System;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use cap::Cap;
use futures_util::FutureExt;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body_util::BodyExt;
use tower::{Layer, Service, service_fn};
use tower_telemetry::observe::{ObserveLayer, Report, on_end};
use tower_telemetry::prometheus::prometheus_client::registry::Registry;
use tower_telemetry::prometheus::{Bodies, Hosts, Metrics, TimeToHead};
use tower_telemetry::semconv::{Grpc, Http, HttpOrGrpc, Route};
use tower_telemetry::{Slow, SlowLayer};
use tower_telemetry_testkit::Never;
use tower_telemetry_tests::page;

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

/// The heap is everybody's: so one test after the other.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Requests to the server before anything is measured.
const WARM_UP: u32 = 1_000;
const DEFAULT: u32 = 20_000;

/// One that differs from all others in all that a client can choose, and is answered in one of a few ways.
fn request(number: u32) -> Request<Body> {
    let [a, b, c, d] = number.to_be_bytes();
    let peer = SocketAddr::from(([a, b, c, d], (number % 60_000) as u16 + 1));
    let host = format!("host{number}.example");
    let builder = Request::builder()
        .extension(ConnectInfo(peer))
        .header("host", &host)
        .header("x-forwarded-host", &host)
        .header("forwarded", format!("host={host};for=10.0.0.1"))
        .header("user-agent", format!("agent/{number}"))
        .header("x-number", number);
    let builder = match number % 8 {
        0 => builder
            .method("POST")
            .uri(format!("/p{number}.Service/Method{number}"))
            .header("content-type", "application/grpc"),
        1 => builder.uri(format!("/fails/{number}")),
        2 => builder
            .method(format!("M{number}").as_str())
            .uri(format!("/items/{number}")),
        3 => builder.uri(format!("/items/{number}?{number}={number}")),
        _ => builder.uri(format!("/path/{number}?{number}")),
    };
    builder.body(Body::empty()).expect("a request")
}

/// No page here, but to a gRPC call a status of its own.
async fn fallback(headers: HeaderMap) -> Response {
    match (headers.get("content-type"), headers.get("x-number")) {
        (Some(_), Some(number)) => {
            let status = [
                ("content-type", HeaderValue::from_static("application/grpc")),
                ("grpc-status", number.clone()),
            ];
            (status, "").into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

#[test]
fn distinct_paths_hosts_and_methods_leave_nothing_behind() {
    let _alone = alone();
    let distinct = std::env::var("DISTINCT")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(DEFAULT);
    let mut registry = Registry::default();
    let hosts = Hosts::new(["shop.example"]);
    let metrics = Metrics::http_or_grpc_server()
        .with_bodies(Bodies::Measured)
        .with_time_to_head(TimeToHead::Kept)
        .with_labels(move |call| hosts.of(call))
        .register(&mut registry)
        .expect("new names");
    let grpc = Grpc::server().with_service("shop.Payments", ["Charge"]);
    let layer = metrics.layer(HttpOrGrpc::server().with_grpc(grpc));
    let mut router = Router::new()
        .route("/items/{id}", get(async || "an item"))
        .fallback(fallback)
        .layer(layer.clone());
    let mut failing = layer.layer(service_fn(async |request: Request<Body>| {
        Err::<Response, _>(format!("no {}", request.uri()))
    }));

    let mut send = |number| {
        let request = request(number);
        if number % 8 == 1 {
            let answer = failing.call(request).now_or_never().expect("it fails at once");
            assert!(answer.is_err());
            return;
        }
        let Ok(response) = router.call(request).now_or_never().expect("it answers at once");
        let body = response.into_body().collect().now_or_never();
        body.expect("it is there at once").expect("it is whole");
    };
    (0..WARM_UP).for_each(&mut send);
    let (series, before) = (page(&registry).lines().count(), HEAP.allocated());
    (WARM_UP..WARM_UP + distinct).for_each(&mut send);
    let grown = HEAP.allocated().saturating_sub(before);
    let page = page(&registry);
    eprintln!(
        "after {distinct} distinct requests: {series} lines, {} bytes of page, {grown} bytes more",
        page.len()
    );
    assert_eq!(page.lines().count(), series, "{page}");
    assert!(grown < 2 << 20, "{grown}");
    assert!(page.len() < 256 << 10, "{}", page.len());
    for counted in [
        "http_server_refused_series_total 0",
        "rpc_server_refused_series_total 0",
    ] {
        assert!(page.lines().any(|line| line == counted), "{page}");
    }
    let counts = page.lines().filter(|line| line.contains("_duration_seconds_count{"));
    let calls = counts.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u32>().ok());
    assert_eq!(calls.sum::<u32>(), WARM_UP + distinct, "each of them was counted");
}

const IN_FLIGHT: usize = 100_000;

/// The bytes that each of many calls holds while it waits for its answer, and again `after` it has waited for a while.
fn held<S: Service<Request<()>>>(layer: &impl Layer<Never, Service = S>, after: impl FnOnce()) -> [usize; 2] {
    let mut service = layer.layer(Never);
    let mut calls = Vec::with_capacity(IN_FLIGHT);
    let before = HEAP.allocated();
    for _ in 0..IN_FLIGHT {
        let request = Request::get("/orders/7").extension(Route::new("/orders/{id}"));
        let mut call = Box::pin(service.call(request.body(()).expect("a request")));
        let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending());
        calls.push(call);
    }
    let at_once = HEAP.allocated().saturating_sub(before);
    after();
    let later = HEAP.allocated().saturating_sub(before);
    calls.clear();
    let left = HEAP.allocated().saturating_sub(before);
    assert!(left < 1 << 20, "{left} bytes stay");
    [at_once, later].map(|bytes| bytes / IN_FLIGHT)
}

#[test]
fn a_hundred_thousand_calls_in_flight_need_less_than_two_hundred_bytes_each_to_be_warned_of() {
    let _alone = alone();
    let [watched, _] = held(
        &ObserveLayer::new(Http::server(), on_end(|_: &Report<'_, _>| ())),
        || (),
    );
    let clock = Arc::new(Mutex::new(Instant::now()));
    let time = Arc::clone(&clock);
    let told = Arc::new(AtomicUsize::new(0));
    let tell = Arc::clone(&told);
    let slow = Slow::from(Duration::from_secs(1))
        .with_clock(move || *time.lock().expect("nobody panicked"))
        .with_counter(move |_| {
            tell.fetch_add(1, Ordering::Relaxed);
        });
    let stuck = held(&SlowLayer::server(slow.clone()), || {
        for _ in 0..3 {
            *clock.lock().expect("nobody panicked") += Duration::from_secs(2);
            slow.sweep();
        }
        assert_eq!(told.load(Ordering::Relaxed), IN_FLIGHT, "all of them are slow by now");
    });
    let [at_once, later] = stuck.map(|bytes| bytes.saturating_sub(watched));
    eprintln!(
        "a call in flight holds {at_once} bytes to be warned of, and {later} once it is slow; {watched} to be watched"
    );
    assert!(at_once < 200 && later < 200, "{at_once}, {later}");
}
