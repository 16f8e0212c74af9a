//! A traced client, and servers for it.

use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::routing::any;
use http::{Request, StatusCode};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tower::Layer;
use tower_telemetry::semconv::{Client as ClientSide, HttpCall};
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

fn spans(recorder: &Recorder) -> Spans<HttpCall<ClientSide>> {
    Spans::client().with_tracer_provider(&recorder.provider)
}

/// The layer, with its default end.
pub(crate) fn layer(recorder: &Recorder) -> InjectLayer {
    client().with_spans(spans(recorder))
}

pub(crate) fn traced(recorder: &Recorder, protocol: Protocol, end: SpanEnd) -> Traced {
    client()
        .with_spans(spans(recorder).with_end(end))
        .layer(hyper(protocol))
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

/// Reads one request, sends these bytes, and hangs up.
pub(crate) async fn hanging_up(after: &'static str) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await?;
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            stream.read_line(&mut line).await?;
        }
        stream.write_all(after.as_bytes()).await
    });
    address
}
