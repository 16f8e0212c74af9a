//! Exports that leave through clients which are traced themselves. One test, because there is one provider per process.

use std::sync::mpsc::{self, Receiver};

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry::trace::{SpanKind, Tracer as _};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use tower::{Layer as _, ServiceExt as _};
use tower_telemetry::Inject;
use tower_telemetry::observe::Observed;
use tower_telemetry::reqwest::ReqwestMiddleware;
use tower_telemetry::semconv::{Client as ClientSide, Http};
use tower_telemetry::setup::opentelemetry_http::{self, Bytes, HttpClient, HttpError};
use tower_telemetry::setup::{InMemory, Otlp, Telemetry};
use tower_telemetry_tests::Server;

/// reqwest, with the middleware.
#[derive(Debug, Clone)]
struct Reqwest(ClientWithMiddleware);

#[async_trait]
impl HttpClient for Reqwest {
    async fn send_bytes(
        &self,
        request: opentelemetry_http::Request<Bytes>,
    ) -> Result<opentelemetry_http::Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let request = self.0.request(head.method, head.uri.to_string());
        let answer = request.headers(head.headers).body(body).send().await?;
        let status = answer.status();
        let mut response = http::Response::new(answer.bytes().await?);
        *response.status_mut() = status;
        Ok(response)
    }
}

/// hyper-util's client, inside the layer.
#[derive(Debug, Clone)]
struct Tower(Observed<Client<HttpConnector, Body>, Http<ClientSide>, Inject>);

#[async_trait]
impl HttpClient for Tower {
    async fn send_bytes(
        &self,
        request: opentelemetry_http::Request<Bytes>,
    ) -> Result<opentelemetry_http::Response<Bytes>, HttpError> {
        let (head, body) = self.0.clone().oneshot(request.map(Body::from)).await?.into_parts();
        Ok(http::Response::from_parts(head, body.collect().await?.to_bytes()))
    }
}

/// A collector, its address, and of each request whether it carries a trace.
async fn collector() -> (Server, String, Receiver<bool>) {
    let (send, arrived) = mpsc::channel();
    let router = Router::new().fallback(async move |request: Request| {
        let _ = send.send(request.headers().contains_key("traceparent"));
    });
    let server = Server::start(router).await;
    let address = format!("http://{}", server.address);
    (server, address, arrived)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exporter_s_own_calls_are_not_traced_although_its_client_is() -> anyhow::Result<()> {
    let plain = reqwest::Client::builder().no_proxy().build()?;
    let reqwest = Reqwest(ClientBuilder::new(plain).with(ReqwestMiddleware::default()).build());
    let client = Client::builder(TokioExecutor::new()).build_http();
    let tower = Tower(tower_telemetry::client().layer(client));

    let (_first, to_reqwest, by_reqwest) = collector().await;
    let (_second, to_tower, by_tower) = collector().await;
    let memory = InMemory::new();
    let telemetry = Telemetry::builder("orders")
        .with_otlp(Otlp::http_with(reqwest.clone()).with_endpoint(&to_reqwest))
        .with_otlp(Otlp::http_with(tower.clone()).with_endpoint(&to_tower))
        .with_exporter(memory.clone())
        .install()?;

    // Whoever else calls by these clients is traced.
    let call = |address: &str| http::Request::get(address).body(Bytes::new());
    reqwest
        .send_bytes(call(&to_reqwest)?)
        .await
        .map_err(anyhow::Error::from_boxed)?;
    tower
        .send_bytes(call(&to_tower)?)
        .await
        .map_err(anyhow::Error::from_boxed)?;
    assert!(by_reqwest.recv()? && by_tower.recv()?, "calls carry their trace");

    for _ in 0..20 {
        opentelemetry::global::tracer("test").in_span("work", |_| ());
        telemetry.flush()?;
    }
    let exports = telemetry.exports().to_vec();
    telemetry.shutdown()?;

    let spans = memory.spans();
    let calls = spans.iter().filter(|span| span.span_kind == SpanKind::Client);
    assert_eq!((spans.len(), calls.count()), (20 + 2, 2));
    for export in exports {
        let counts = export.counts();
        assert_eq!((counts.received, counts.exported), (22, 22), "{}", export.name());
    }
    for arrived in [by_reqwest, by_tower] {
        let exports: Vec<_> = arrived.try_iter().collect();
        assert!(exports.len() >= 20, "one for each flush: {exports:?}");
        assert!(exports.iter().all(|carries_a_trace| !carries_a_trace));
    }
    Ok(())
}
