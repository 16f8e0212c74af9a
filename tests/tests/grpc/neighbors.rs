//! The layers among what else tonic has.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use tonic::service::Routes;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Server;
use tonic::{Code, Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tower_telemetry_tests::ended;

use crate::proto::Order;
use crate::proto::streams_client::StreamsClient;
use crate::proto::streams_server::StreamsServer;
use crate::service::Service;
use crate::site::{Site, layer, outcome, outcomes};

const FILES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/streams.bin"));

/// Only who has a ticket comes in.
fn doorkeeper(request: Request<()>) -> Result<Request<()>, Status> {
    match request.metadata().contains_key("x-ticket") {
        true => Ok(request),
        false => Err(Status::unauthenticated("no ticket")),
    }
}

fn with_ticket(mut request: Request<()>) -> Result<Request<()>, Status> {
    request
        .metadata_mut()
        .insert("x-ticket", "1".parse().map_err(|_| Status::internal(""))?);
    Ok(request)
}

/// All of it on one server.
async fn site() -> Site {
    let service = Service::default();
    let silent = Arc::clone(&service.silent);
    let (_, health) = tonic_health::server::health_reporter();
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(FILES)
        .build_v1()
        .expect("the files are whole");
    let routes = Routes::new(InterceptedService::new(StreamsServer::new(service), doorkeeper))
        .add_service(health)
        .add_service(reflection);
    Site::serving(Server::builder(), layer, routes, silent).await
}

#[tokio::test]
async fn an_interceptor_on_either_side_works_within_the_span() {
    let site = site().await;
    let mut client = StreamsClient::with_interceptor(site.channel(), with_ticket);
    client.unary(Order::items(1)).await.expect("it is served");
    assert_eq!(outcomes(&site).await, ["OK -"; 2]);
}

#[tokio::test]
async fn an_interceptors_refusal_is_the_clients_error() {
    let site = site().await;
    let error = site.client().unary(Order::items(1)).await.expect_err("no ticket");
    assert_eq!(error.code(), Code::Unauthenticated);
    let expected = ["UNAUTHENTICATED UNAUTHENTICATED", "UNAUTHENTICATED -"];
    assert_eq!(outcomes(&site).await, expected);
}

#[tokio::test]
async fn health_checks_are_calls_like_others() {
    let site = site().await;
    let mut client = HealthClient::new(site.channel());
    client.check(HealthCheckRequest::default()).await.expect("healthy");
    let mut watch = client
        .watch(HealthCheckRequest::default())
        .await
        .expect("a head")
        .into_inner();
    watch.message().await.expect("no error").expect("healthy");
    drop(watch);
    let called = ended(&site.called, 2).await;
    let served = ended(&site.served, 2).await;
    assert_eq!(
        [&*called[0].name, &called[1].name],
        ["grpc.health.v1.Health/Check", "grpc.health.v1.Health/Watch"]
    );
    assert_eq!(outcome(&served[0]), "OK -");
    assert_eq!(outcome(&served[1]), "CANCELLED -");
}

#[tokio::test]
async fn reflection_is_a_stream_both_ways_like_others() {
    let site = site().await;
    let ask = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut client = ServerReflectionClient::new(site.channel());
    let answers = client
        .server_reflection_info(stream::iter([ask]))
        .await
        .expect("a head");
    let answers: Vec<_> = answers.into_inner().collect().await;
    assert!(format!("{answers:?}").contains("tests.v1.Streams"), "{answers:?}");
    let (called, served) = site.spans().await;
    for span in [called, served] {
        assert_eq!(span.name, "grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
        assert_eq!(outcome(&span), "OK -");
    }
}
