//! Metadata is recorded by allow-list, and nothing else of what a peer sends.

use opentelemetry::{Array, Value};
use tonic::metadata::MetadataValue;
use tower::Layer;
use tower_telemetry::client_grpc;
use tower_telemetry::semconv::{AllowedHeaders, Grpc};
use tower_telemetry::span::Spans;
use tower_telemetry_testkit::spans::{keys, value};
use tower_telemetry_tests::{Connection, Goodbye, Protocol, SECRET, ended};

use crate::proto::Order;
use crate::proto::streams_client::StreamsClient;
use crate::raw::request;
use crate::site::{Site, layer};

fn one(text: &str) -> Option<Value> {
    Some(Value::Array(Array::String(vec![text.to_owned().into()])))
}

#[tokio::test]
async fn what_is_allowed_is_recorded_on_both_sides_and_nothing_else() {
    let allowed = || AllowedHeaders::new(["x-tenant", "x-region"]).expect("no credentials");
    let site = Site::with_layer(tonic::transport::Server::builder(), |recorder| {
        let spans = Spans::new().with_tracer_provider(&recorder.provider);
        layer(recorder).with_spans(spans.with_request_headers(allowed()).with_response_headers(allowed()))
    })
    .await;
    let spans = Spans::new().with_tracer_provider(&site.called.provider);
    let channel = client_grpc()
        .with_grpc(Grpc::client().with_target(site.endpoint().uri()))
        .with_spans(spans.with_request_headers(allowed()).with_response_headers(allowed()))
        .layer(site.endpoint().connect_lazy());

    let mut order = tonic::Request::new(Order::items(1));
    for (name, text) in [("x-tenant", "blue"), ("authorization", SECRET), ("x-other", SECRET)] {
        order
            .metadata_mut()
            .insert(name, MetadataValue::try_from(text).expect("a value"));
    }
    StreamsClient::new(channel).unary(order).await.expect("it is served");

    let (called, served) = site.spans().await;
    for span in [&called, &served] {
        assert_eq!(value(span, "rpc.request.metadata.x-tenant"), one("blue"));
        assert_eq!(value(span, "rpc.response.metadata.x-region"), one("eu"));
        let metadata = keys(span).into_iter().filter(|key| key.contains("metadata"));
        assert_eq!(metadata.count(), 2);
    }
}

#[tokio::test]
async fn an_errors_message_is_not_recorded() {
    let site = Site::open().await;
    let error = site
        .client()
        .unary(Order::with_code(tonic::Code::Internal))
        .await
        .expect_err("it fails");
    assert!(error.message().contains(SECRET), "{error:?}");
    // Looked for by `ended`.
    site.spans().await;
}

#[tokio::test]
async fn binary_metadata_that_is_none_does_no_harm() {
    let site = Site::with_layer(tonic::transport::Server::builder(), |recorder| {
        let allowed = AllowedHeaders::new(["x-allowed-bin"]).expect("no credentials");
        let spans = Spans::new().with_tracer_provider(&recorder.provider);
        layer(recorder).with_spans(spans.with_request_headers(allowed))
    })
    .await;
    let connection = Connection::open(Protocol::Http2, site.address, Goodbye::Fin).await;
    let headers: [(_, &'static [u8]); 2] = [("x-allowed-bin", b"!\xff!"), ("x-other-bin", b"not base64")];
    let request = request("/tests.v1.Streams/Unary", &headers, &Order::items(0));
    let answer = connection.send(request).await;
    assert_eq!(answer.expect("an answer").status(), 200);
    let span = ended(&site.served, 1).await.remove(0);
    assert_eq!(value(&span, "rpc.request.metadata.x-allowed-bin"), one(r"!\xff!"));
    assert!(!keys(&span).contains(&"rpc.request.metadata.x-other-bin"));
}
