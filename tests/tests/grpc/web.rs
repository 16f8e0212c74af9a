//! gRPC-Web, whose status stands in the body: no layer may take it for OK.

use axum::Router;
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use opentelemetry_sdk::trace::SpanData;
use tonic::Code;
use tonic::service::Routes;
use tonic_web::GrpcWebLayer;
use tower_telemetry::span::Spans;
use tower_telemetry::{server_grpc, server_http_or_grpc};
use tower_telemetry_testkit::spans::{Recorder, keys, text};
use tower_telemetry_tests::{Connection, Goodbye, Protocol, Server, ended};

use crate::proto::Order;
use crate::proto::streams_server::StreamsServer;
use crate::raw::framed;
use crate::service::Service;
use crate::site::outcome;

/// The span of a call over gRPC-Web that fails, on a server with these layers around tonic's services.
async fn failed(method: &str, layered: impl FnOnce(Router, &Recorder) -> Router) -> SpanData {
    let recorder = Recorder::new();
    let services = Routes::new(StreamsServer::new(Service::default())).into_axum_router();
    let server = Server::start(layered(services, &recorder)).await;
    let connection = Connection::open(Protocol::Http1, server.address, Goodbye::Fin).await;
    let request = Request::post(format!("/tests.v1.Streams/{method}"))
        .header("host", "h")
        .header("content-type", "application/grpc-web+proto")
        .body(Body::from(framed(&Order::with_code(Code::Internal))))
        .expect("a request");
    let answer = connection.send(request).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let (head, body) = answer.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    let status = head
        .headers
        .get("grpc-status")
        .map_or(&body[..], |status| status.as_bytes());
    assert!(String::from_utf8_lossy(status).contains("13"), "it failed: {body:?}");
    ended(&recorder, 1).await.remove(0)
}

#[tokio::test]
async fn within_the_translation_a_layer_sees_plain_grpc() {
    for method in ["Unary", "Pull"] {
        let span = failed(method, |services, recorder| {
            let spans = Spans::new().with_tracer_provider(&recorder.provider);
            services
                .layer(server_grpc().with_spans(spans))
                .layer(GrpcWebLayer::new())
        })
        .await;
        assert_eq!(outcome(&span), "INTERNAL INTERNAL");
    }
}

#[tokio::test]
async fn around_the_translation_a_call_is_one_of_http() {
    for method in ["Unary", "Pull"] {
        let span = failed(method, |services, recorder| {
            let spans = Spans::new().with_tracer_provider(&recorder.provider);
            services
                .layer(GrpcWebLayer::new())
                .layer(server_http_or_grpc().with_spans(spans))
        })
        .await;
        assert!(!keys(&span).iter().any(|key| key.starts_with("rpc.")), "{span:#?}");
        assert_eq!(text(&span, "http.response.status_code").as_deref(), Some("200"));
    }
}

#[tokio::test]
async fn a_layer_of_grpc_around_the_translation_says_no_status_that_it_does_not_see() {
    let span = failed("Pull", |services, recorder| {
        let spans = Spans::new().with_tracer_provider(&recorder.provider);
        services
            .layer(GrpcWebLayer::new())
            .layer(server_grpc().with_spans(spans))
    })
    .await;
    assert_eq!(text(&span, "rpc.response.status_code"), None);
    assert_eq!(text(&span, "rpc.system.name").as_deref(), Some("grpc"));
}
