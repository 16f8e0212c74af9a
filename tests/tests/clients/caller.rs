//! A traced client, and servers for it.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::routing::any;
use http::{Request, StatusCode};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use tokio::sync::Notify;
use tower::Layer;
use tower_telemetry::span::{SpanEnd, Spans};
use tower_telemetry::{InjectLayer, client};
use tower_telemetry_testkit::spans::Recorder;
use tower_telemetry_tests::{Protocol, Server};

pub(crate) type Hyper = Client<HttpConnector, Body>;
pub(crate) type Traced = <InjectLayer as Layer<Hyper>>::Service;

pub(crate) const ENDS: [SpanEnd; 2] = [SpanEnd::Head, SpanEnd::Body];

pub(crate) fn hyper(protocol: Protocol) -> Hyper {
    Client::builder(TokioExecutor::new())
        .http2_only(protocol == Protocol::Http2)
        .build_http()
}

pub(crate) fn traced(recorder: &Recorder, protocol: Protocol, end: SpanEnd) -> Traced {
    let spans = Spans::client().with_tracer_provider(&recorder.provider);
    client().with_spans(spans.with_end(end)).layer(hyper(protocol))
}

pub(crate) fn get(server: SocketAddr, path: &str) -> Request<Body> {
    Request::get(format!("http://{server}{path}"))
        .body(Body::empty())
        .expect("a request")
}

/// Answers with the status that the path says.
pub(crate) async fn statuses() -> Server {
    let answer = async |axum::extract::Path(status): axum::extract::Path<u16>| {
        (StatusCode::from_u16(status).expect("a status"), "said")
    };
    Server::start(Router::new().route("/{status}", any(answer))).await
}

/// Never answers; says when it has been asked.
pub(crate) async fn silent() -> (Server, Arc<Notify>) {
    let asked = Arc::new(Notify::new());
    let ask = Arc::clone(&asked);
    let never = move || {
        ask.notify_one();
        pending::<()>()
    };
    (Server::start(Router::new().fallback(never)).await, asked)
}
