//! HTTP and gRPC on one port, with one layer.

use axum::Router;
use axum::routing::get;
use http::{Request, StatusCode};
use opentelemetry_sdk::trace::SpanData;
use tonic::service::Routes;
use tower::Layer;
use tower_telemetry::observe::ObserveLayer;
use tower_telemetry::prometheus::Metrics;
use tower_telemetry::prometheus::prometheus_client::registry::Registry;
use tower_telemetry::semconv::{Grpc, HttpOrGrpc};
use tower_telemetry::span::Spans;
use tower_telemetry::{Extract, Inject, InjectLayer, server_http_or_grpc};
use tower_telemetry_testkit::spans::{Recorder, is_parent, keys, text};
use tower_telemetry_tests::{BOTH, Connection, Goodbye, Protocol, Server, ended, page};

use crate::proto::Order;
use crate::proto::streams_client::StreamsClient;
use crate::proto::streams_server::StreamsServer;
use crate::service::Service;
use crate::site::{endpoint, outcome, traced};

fn router() -> Router {
    let routes = Routes::new(StreamsServer::new(Service::default())).into_axum_router();
    Router::new()
        .route("/hello/{name}", get(async || "hello"))
        .route("/teapot", get(async || StatusCode::IM_A_TEAPOT))
        .merge(routes)
}

async fn start(recorder: &Recorder) -> Server {
    let spans = Spans::new().with_tracer_provider(&recorder.provider);
    Server::start(router().layer(server_http_or_grpc().with_spans(spans))).await
}

/// Asks for a page.
async fn ask(server: &Server, protocol: Protocol, path: &str) {
    let connection = Connection::open(protocol, server.address, Goodbye::Fin).await;
    connection.fetch(Request::get(protocol.target(path))).await;
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
        for path in ["/hello/you", "/teapot"] {
            ask(&server, protocol, path).await;
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
    for (grpc, expected) in spans[4..].iter().zip(["OK -", "INTERNAL INTERNAL"]) {
        assert_eq!(systems(grpc), (false, true), "{grpc:#?}");
        assert_eq!((&*grpc.name, &*outcome(grpc)), ("tests.v1.Streams/Unary", expected));
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

#[tokio::test]
async fn each_kind_has_metrics_of_its_own() {
    let (served, called, mut registry) = (Recorder::new(), Recorder::new(), Registry::default());
    // Who makes spans comes first: once these have ended, all is counted.
    let observers = (
        Extract::new().with_spans(Spans::new().with_tracer_provider(&served.provider)),
        Metrics::http_or_grpc_server()
            .register(&mut registry)
            .expect("new names"),
    );
    let server = Server::start(router().layer(ObserveLayer::new(HttpOrGrpc::server(), observers))).await;
    let observers = (
        Inject::new().with_spans(Spans::new().with_tracer_provider(&called.provider)),
        Metrics::http_or_grpc_client()
            .register(&mut registry)
            .expect("new names"),
    );
    let endpoint = endpoint(server.address);
    let target = HttpOrGrpc::client().with_grpc(Grpc::client().with_target(endpoint.uri()));
    let mut client = StreamsClient::new(ObserveLayer::new(target, observers).layer(endpoint.connect_lazy()));

    for path in ["/hello/you", "/hello/me", "/teapot"] {
        ask(&server, Protocol::Http1, path).await;
    }
    client.unary(Order::items(1)).await.expect("it is served");
    let failing = Order::with_code(tonic::Code::Internal);
    client.unary(failing).await.expect_err("it fails");
    ended(&served, 5).await;
    ended(&called, 2).await;

    let text = page(&registry);
    let http = "http_server_request_duration_seconds_count{http_request_method=\"GET\",http_route=";
    let rpc = "rpc_method=\"tests.v1.Streams/Unary\",rpc_response_status_code=";
    let at = format!("server_address=\"127.0.0.1\",server_port=\"{}\"", server.address.port());
    let mut expected = vec![
        format!("{http}\"/hello/{{name}}\",http_response_status_code=\"200\",network_protocol_version=\"1.1\"}} 2"),
        format!("{http}\"/teapot\",http_response_status_code=\"418\",network_protocol_version=\"1.1\"}} 1"),
        "http_server_active_requests{http_request_method=\"GET\"} 0".to_owned(),
        "rpc_server_active_calls{rpc_system_name=\"grpc\"} 0".to_owned(),
        format!("rpc_client_active_calls{{rpc_system_name=\"grpc\",{at}}} 0"),
    ];
    for outcome in ["\"OK\"} 1", "\"INTERNAL\",error_type=\"INTERNAL\"} 1"] {
        expected.push(format!(
            "rpc_server_call_duration_seconds_count{{rpc_system_name=\"grpc\",{rpc}{outcome}"
        ));
        expected.push(format!(
            "rpc_client_call_duration_seconds_count{{rpc_system_name=\"grpc\",{at},{rpc}{outcome}"
        ));
    }
    let told = text
        .lines()
        .filter(|line| line.contains("_duration_seconds_count{") || line.contains("_active_"));
    let mut told: Vec<_> = told
        .filter(|line| !line.starts_with('#') && !line.contains("_active_streams"))
        .collect();
    told.sort_unstable();
    expected.sort_unstable();
    assert_eq!(told, expected, "{text}");
}
