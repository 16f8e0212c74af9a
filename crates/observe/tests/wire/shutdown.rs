//! A server that shuts down while calls are under way.

use std::sync::Arc;

use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::select;
use tokio::sync::{Notify, Semaphore};
use tower::{Layer, service_fn};
use tower_telemetry_observe::ObserveLayer;
use tower_telemetry_testkit::{EndFlag, Journal, MethodAndStatus, Outcome, Script, Step};

use crate::peers::{Answer, Client, Protocol, begun, endings, request};

/// Starts 100 calls, shuts the server down, and then lets `finish` of them answer before the connection is dropped.
async fn outcomes_of_a_shutdown(finish: usize) -> Vec<Outcome> {
    let journal = Journal::new();
    let (shutdown, abandon) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let go = Arc::new(Semaphore::new(0));

    let waits = Arc::clone(&go);
    let handler = service_fn(move |_: Request<Incoming>| {
        let waits = Arc::clone(&waits);
        async move {
            waits.acquire().await.expect("open").forget();
            let body = Script::new([Step::Data(5)]).with_end_flag(EndFlag::AfterLastStep);
            Answer::Ok(Response::new(body))
        }
    });
    let service = ObserveLayer::new(MethodAndStatus, journal.clone()).layer(handler);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let (shutting, abandoning) = (Arc::clone(&shutdown), Arc::clone(&abandon));
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        let mut connection = Box::pin(
            http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)),
        );
        select! {
            _ = &mut connection => unreachable!("calls are under way"),
            () = shutting.notified() => connection.as_mut().graceful_shutdown(),
        }
        select! {
            drained = connection => drained.expect("drained"),
            () = abandoning.notified() => {}
        }
    });

    let mut client = Client::connect(Protocol::Http2, address).await;
    let mut answers = Vec::new();
    for _ in 0..100 {
        answers.push(client.start(request("GET", "/")).await.expect("sent"));
    }
    begun(&journal, 100).await;
    shutdown.notify_one();
    go.add_permits(finish);
    for answer in answers.drain(..finish) {
        let response = answer.await.expect("an answer");
        response.into_body().collect().await.expect("a body");
    }
    if finish < 100 {
        abandon.notify_one();
    }
    server.await.expect("no panic");
    let endings = endings(&journal, 100).await;
    endings.into_iter().map(|ending| ending.outcome).collect()
}

#[tokio::test]
async fn calls_that_are_drained_are_complete() {
    assert_eq!(outcomes_of_a_shutdown(100).await, vec![Outcome::COMPLETE; 100]);
}

#[tokio::test]
async fn calls_that_are_not_drained_are_dropped() {
    assert_eq!(outcomes_of_a_shutdown(0).await, vec![Outcome::Dropped; 100]);
}
