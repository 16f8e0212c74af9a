//! Requests that are shed.

use std::sync::Arc;

use axum::error_handling::HandleErrorLayer;
use axum::routing::get;
use axum::{BoxError, Router};
use http::{Request, StatusCode};
use tokio::sync::{Notify, mpsc};
use tower::ServiceBuilder;
use tower_telemetry::prometheus::prometheus_client::registry::Registry;
use tower_telemetry::prometheus::{Http, Metrics};
use tower_telemetry_tests::{Connection, Goodbye, Protocol, Server};

use crate::page::lines;

const COUNT: &str = "http_server_request_duration_seconds_count";

async fn ask(server: &Server) -> StatusCode {
    let connection = Connection::open(Protocol::Http1, server.address, Goodbye::Fin).await;
    connection.fetch(Request::get("/jobs")).await.status()
}

#[tokio::test]
async fn a_shed_request_is_counted_once_and_told_apart() {
    let [mut outside, mut inside] = [Registry::default(), Registry::default()];
    let around_all = Metrics::server().register(&mut outside).expect("new names");
    let around_the_limit = Metrics::server().register(&mut inside).expect("new names");
    let (entered, mut entries) = mpsc::unbounded_channel();
    let leave = Arc::new(Notify::new());
    let work = {
        let leave = Arc::clone(&leave);
        async move || {
            let _ = entered.send(());
            leave.notified().await;
            "done"
        }
    };
    let shedding = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(|_: BoxError| async {
            StatusCode::SERVICE_UNAVAILABLE
        }))
        .layer(around_the_limit.layer(Http::server()))
        .load_shed()
        .concurrency_limit(1);
    let router = Router::new().route("/jobs", get(work)).layer(shedding);
    let server = Server::start(router.layer(around_all.layer(Http::server()))).await;

    let first = async {
        let answered = ask(&server).await;
        assert_eq!(answered, StatusCode::OK);
    };
    let others = async {
        entries.recv().await.expect("the first is there");
        for _ in 0..3 {
            assert_eq!(ask(&server).await, StatusCode::SERVICE_UNAVAILABLE);
        }
        leave.notify_one();
    };
    tokio::join!(first, others);
    server.stop().await;

    let counted = |registry, labels: &str| {
        let line = format!(
            "{COUNT}{{http_request_method=\"GET\",http_route=\"/jobs\",{labels},network_protocol_version=\"1.1\"}}"
        );
        let lines: Vec<String> = lines(registry);
        assert_eq!(
            lines.iter().filter(|line| line.starts_with(COUNT)).count(),
            2,
            "{lines:#?}"
        );
        assert!(
            lines.contains(&"http_server_active_requests{http_request_method=\"GET\"} 0".to_owned()),
            "{lines:#?}"
        );
        let found = lines.iter().find_map(|other| other.strip_prefix(&line));
        found.map(|value| value.trim().to_owned())
    };
    let ok = "http_response_status_code=\"200\"";
    for (registry, shed) in [
        (&outside, "http_response_status_code=\"503\",error_type=\"503\""),
        (&inside, "error_type=\"overloaded\""),
    ] {
        assert_eq!(counted(registry, ok).as_deref(), Some("1"));
        assert_eq!(counted(registry, shed).as_deref(), Some("3"));
    }
}
