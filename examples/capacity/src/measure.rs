//! What a span of this family takes: real requests, real servers and clients, real encoding.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use prost::Message as _;
use tokio::net::TcpListener;
use tower::{Layer as _, ServiceExt as _};
use tower_telemetry::setup::opentelemetry_sdk::Resource;
use tower_telemetry::setup::{InMemory, Telemetry};
use tower_telemetry::span::Spans;
use tower_telemetry::{client, server};

/// The standard batch: a server span and a client span for each of half as many requests.
const SPANS: usize = 512;

/// A batch, as it is sent.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) spans: usize,
    pub(crate) bytes: usize,
    pub(crate) gzipped: usize,
}

impl Measured {
    pub(crate) fn bytes_per_span(&self) -> f64 {
        self.bytes as f64 / self.spans as f64
    }

    pub(crate) fn gzipped_bytes_per_span(&self) -> f64 {
        self.gzipped as f64 / self.spans as f64
    }
}

/// Sends requests over loopback, and encodes the spans of both sides.
pub(crate) async fn measure() -> anyhow::Result<Measured> {
    let memory = InMemory::new();
    let telemetry = Telemetry::builder("orders")
        .with_service_version("1.2.3")
        .with_environment("production")
        .with_exporter(memory.clone())
        .build()?;
    let provider = telemetry.tracer_provider();
    let app = Router::new()
        .route("/orders/{id}", get(|| async { "an order" }))
        .route("/checkout", post(|| async { StatusCode::CREATED }))
        .route("/receipts/{id}", get(|| async { StatusCode::NOT_FOUND }))
        .layer(server().with_spans(Spans::server().with_tracer_provider(provider)));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let served = tokio::spawn(async move {
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, app).await
    });

    let client = client()
        .with_spans(Spans::client().with_tracer_provider(provider))
        .layer(Client::builder(TokioExecutor::new()).build_http::<Body>());
    for number in 0..SPANS / 2 {
        let (method, path) = match number % 4 {
            0 => (Method::POST, "/checkout".to_owned()),
            1 => (Method::GET, format!("/receipts/{number}")),
            _ => (Method::GET, format!("/orders/{number}?page={}", number % 7)),
        };
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{address}{path}"))
            .header("user-agent", "orders-client/1.2.3 (linux; x86_64)")
            .body(Body::empty())?;
        client.clone().oneshot(request).await?.into_body().collect().await?;
    }
    telemetry.shutdown()?;
    served.abort();

    let spans = memory.take();
    let count = spans.len();
    let resource = Resource::builder().with_service_name("orders").build();
    let request = ExportTraceServiceRequest {
        resource_spans: group_spans_by_resource_and_scope(spans, &ResourceAttributesWithSchema::from(&resource)),
    };
    let encoded = request.encode_to_vec();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&encoded)?;
    Ok(Measured {
        spans: count,
        bytes: encoded.len(),
        gzipped: gzip.finish()?.len(),
    })
}

#[cfg(test)]
mod tests {
    use tower_telemetry::setup::plan::{BYTES_PER_SPAN, GZIPPED_BYTES_PER_SPAN};

    use super::*;

    /// What the plan counts with is what is measured, give or take what a machine's names make of it.
    #[tokio::test]
    async fn the_plan_s_default_is_what_was_measured() -> anyhow::Result<()> {
        let measured = measure().await?;
        assert_eq!(measured.spans, SPANS);
        for (default, measured) in [
            (BYTES_PER_SPAN, measured.bytes_per_span()),
            (GZIPPED_BYTES_PER_SPAN, measured.gzipped_bytes_per_span()),
        ] {
            let off = measured / default;
            assert!(
                (0.85..1.15).contains(&off),
                "{measured} were measured, and {default} are the default"
            );
        }
        Ok(())
    }
}
