//! A response that never ends.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use futures_util::stream::{self, StreamExt};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use tokio::runtime::Builder;
use tokio::sync::mpsc;
use tower_telemetry::Extract;
use tower_telemetry::observe::ObserveLayer;
use tower_telemetry::prometheus::prometheus_client::registry::Registry;
use tower_telemetry::prometheus::{Http, Metrics, SlowCounts};
use tower_telemetry::slow::{Limits, Slow};
use tower_telemetry::span::Spans;
use tower_telemetry_testkit::spans::{Recorder, assert_error};
use tower_telemetry_tests::{Connection, Goodbye, Protocol, Server};

use crate::page::lines;

/// One row, and then nothing for ever.
async fn rows() -> Body {
    let rows = stream::iter(["a row\n"]).chain(stream::pending());
    Body::from_stream(rows.map(Ok::<_, std::convert::Infallible>))
}

#[test]
fn a_response_that_never_ends_is_warned_of_once_and_cancelled_at_the_shutdown() {
    let (recorder, mut registry, counts) = (Recorder::new(), Registry::default(), SlowCounts::new());
    counts.register(&mut registry).expect("new names");
    let (tell, mut told) = mpsc::unbounded_channel();
    // Set by hand: the head comes in no time, and the rest not for long.
    let clock = Arc::new(Mutex::new(Instant::now()));
    let time = Arc::clone(&clock);
    let slow = Slow::from(Limits::total(Duration::from_millis(1)))
        .with_clock(move || *time.lock().expect("nobody panicked"))
        .with_slow_counts(&counts)
        .with_counter(move |call| {
            let _ = tell.send(call.label.route().map(str::to_owned));
        });
    let observers = (
        Extract::new().with_spans(Spans::server().with_tracer_provider(&recorder.provider)),
        Metrics::server().register(&mut registry).expect("new names"),
        slow,
    );
    let layer = ObserveLayer::new(Http::server(), observers);
    let router = Router::new().route("/rows", get(rows)).layer(layer);

    let [serving, calling] = [(); 2].map(|()| {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        runtime.expect("a runtime")
    });
    let server = serving.block_on(Server::start(router));
    let body = calling.block_on(async {
        let connection = Connection::open(Protocol::Http1, server.address, Goodbye::Fin).await;
        let request = Request::get("/rows").header("host", "h").body(Body::empty());
        let answer = connection.send(request.expect("a request")).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        let mut body = answer.into_body();
        body.frame().await.expect("a row").expect("a row");
        *clock.lock().expect("nobody panicked") += Duration::from_millis(1);
        assert_eq!(told.recv().await, Some(Some("/rows".to_owned())));
        (connection, body)
    });
    let shown = |line: &str| {
        let lines = lines(&registry);
        assert!(lines.iter().any(|other| other == line), "{line} is not in {lines:#?}");
    };
    let counted =
        "tower_telemetry_slow_calls_total{http_request_method=\"GET\",http_route=\"/rows\",phase=\"streaming\"} 1";
    shown("http_server_active_requests{http_request_method=\"GET\"} 1");
    shown(counted);
    assert!(recorder.spans().is_empty(), "it still runs");

    // With all that it serves.
    drop(serving);
    assert_error(&recorder.span(), Some("cancelled"));
    shown("http_server_active_requests{http_request_method=\"GET\"} 0");
    shown(
        "http_server_request_duration_seconds_count{http_request_method=\"GET\",http_route=\"/rows\",\
         http_response_status_code=\"200\",error_type=\"cancelled\",network_protocol_version=\"1.1\"} 1",
    );
    shown(counted);
    assert!(told.try_recv().is_err(), "once");
    drop(body);
}
