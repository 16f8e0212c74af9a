//! HTTP and gRPC on one port, with one layer.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use opentelemetry_sdk::trace::SpanData;
use tonic::service::Routes;
use tower::Layer;
use tower_telemetry::span::Spans;
use tower_telemetry::{InjectLayer, server_http_or_grpc};
use tower_telemetry_testkit::spans::{Recorder, is_parent, keys, text};
use tower_telemetry_tests::{BOTH, Connection, Goodbye, Protocol, Server, ended};

use crate::proto::Order;
use crate::proto::streams_client::StreamsClient;
use crate::proto::streams_server::StreamsServer;
use crate::service::Service;
use crate::site::{endpoint, outcome, traced};

async fn start(recorder: &Recorder) -> Server {
    let routes = Routes::new(StreamsServer::new(Service::default())).into_axum_router();
    let router = Router::new()
        .route("/hello/{name}", get(async || "hello"))
        .route("/teapot", get(async || StatusCode::IM_A_TEAPOT))
        .merge(routes);
    let spans = Spans::new().with_tracer_provider(&recorder.provider);
    Server::start(router.layer(server_http_or_grpc().with_spans(spans))).await
}

fn systems(span: &SpanData) -> (bool, bool) {
    let has = |start| keys(span).iter().any(|key| key.starts_with(start));
    (has("http."), has("rpc."))
}

#[tokio::test]
async fn each_request_is_classified_by_its_content_type() {
    let (served, called) = (Recorder::new(), Recorder::new());
    let server = start(&served).await;

    for protocol in BOTH {
        let connection = Connection::open(protocol, server.address, Goodbye::Fin).await;
        for path in ["/hello/you", "/teapot"] {
            let uri = match protocol {
                Protocol::Http1 => path.to_owned(),
                Protocol::Http2 => format!("http://h{path}"),
            };
            let request = Request::get(uri)
                .header("host", "h")
                .body(Body::empty())
                .expect("a request");
            let answer = connection.send(request).await.expect("an answer");
            answer.into_body().collect().await.expect("a body");
        }
    }
    let mut client = StreamsClient::new(traced(&called, &endpoint(server.address)));
    client.unary(Order::items(1)).await.expect("it is served");
    client
        .unary(Order::with_code(tonic::Code::Internal))
        .await
        .expect_err("it fails");

    let spans = ended(&served, 6).await;
    for http in &spans[..4] {
        assert_eq!(systems(http), (true, false), "{http:#?}");
    }
    for (plain, name) in spans
        .iter()
        .zip(["GET /hello/{name}", "GET /teapot"].into_iter().cycle().take(4))
    {
        assert_eq!((&*plain.name, text(plain, "error.type")), (name, None));
    }
    let outcomes = [("OK", "-"), ("INTERNAL", "INTERNAL")].map(|(code, kind)| (code.to_owned(), kind.to_owned()));
    for (grpc, expected) in spans[4..].iter().zip(outcomes) {
        assert_eq!(systems(grpc), (false, true), "{grpc:#?}");
        assert_eq!((&*grpc.name, outcome(grpc)), ("tests.v1.Streams/Unary", expected));
        assert_eq!(text(grpc, "network.peer.address").as_deref(), Some("127.0.0.1"));
    }
    assert!(is_parent(&ended(&called, 2).await[0], &spans[4]));
}

#[tokio::test]
async fn a_client_of_both_reads_its_calls_alike() {
    let (served, called) = (Recorder::new(), Recorder::new());
    let server = start(&served).await;
    let spans = Spans::new().with_tracer_provider(&called.provider);
    let channel = InjectLayer::http_or_grpc()
        .with_spans(spans)
        .layer(endpoint(server.address).connect_lazy());
    StreamsClient::new(channel)
        .unary(Order::items(1))
        .await
        .expect("it is served");
    let span = ended(&called, 1).await.remove(0);
    assert_eq!((&*span.name, systems(&span)), ("tests.v1.Streams/Unary", (false, true)));
}
