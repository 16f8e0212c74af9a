//! tonic: one layer on the server, one around the channel.

use tonic::transport::server::TcpIncoming;
use tonic::transport::{Endpoint, Server};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tower::Layer;
use tower_telemetry::semconv::Grpc;
use tower_telemetry::setup::{Telemetry, Waterfall};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let _telemetry = Telemetry::builder("health")
        .with_waterfall(Waterfall::stdout())
        .install()?;

    // Any service will do; this one comes with tonic.
    let (_reporter, health) = tonic_health::server::health_reporter();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = Server::builder()
        .layer(tower_telemetry::server_grpc())
        .add_service(health);
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true))));

    // A request that has not come to the channel yet does not say where it goes: the target does.
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?;
    let channel = tower_telemetry::client_grpc()
        .with_grpc(Grpc::client().with_target(endpoint.uri()))
        .layer(endpoint.connect().await?);
    let mut client = HealthClient::new(channel);
    let ask = |service: &str| HealthCheckRequest {
        service: service.to_owned(),
    };

    println!("{:?}\n", client.check(ask("")).await?.into_inner());

    // A stream that its reader drops is CANCELLED, which is nobody's error.
    let mut changes = client.watch(ask("")).await?.into_inner();
    println!("{:?}\n", changes.message().await?);
    drop(changes);

    // NOT_FOUND is an error for whom asked, not for whom was asked.
    let unknown = client.check(ask("bakery")).await;
    println!("{:?}\n", unknown.map_err(|status| status.code()));
    Ok(())
}
