//! Where the money is: a tonic service.

use std::future::pending;
use std::time::Duration;

use axum::Router;
use futures_util::stream::{self, BoxStream, StreamExt};
use tokio::net::TcpListener;
use tokio::time::sleep;
use tonic::service::{LayerExt, Routes};
use tonic::transport::{Server, server::TcpIncoming};
use tonic::{Request, Response, Status};
use tower_telemetry::Extract;
use tower_telemetry::observe::ObserveLayer;
use tower_telemetry::prometheus::prometheus_client::registry::Registry;
use tower_telemetry::prometheus::{Metrics, Scrape};
use tower_telemetry::semconv::Grpc;
use tower_telemetry::setup::Telemetry;
use tower_telemetry::span::Spans;

use crate::proto::payments_server::{self, PaymentsServer};
use crate::proto::{ChargeRequest, ChargeResponse, ReceiptLine, ReceiptRequest};
use crate::serve;

/// The method that streams.
pub(crate) const STREAM: &str = "shop.Payments/Receipt";

struct Payments;

/// Serves until the shop closes.
pub(crate) fn serve(
    listener: TcpListener,
    telemetry: &Telemetry,
    mut registry: Registry,
) -> anyhow::Result<impl Future<Output = Result<(), tonic::transport::Error>> + use<>> {
    // Of these methods the spans have the names; of whatever else is asked for they do not.
    let grpc = Grpc::server().with_service(payments_server::SERVICE_NAME, ["Charge", "Receipt"]);
    let spans = Spans::new().with_tracer_provider(telemetry.tracer_provider());
    let metrics = serve::all(Metrics::grpc_server()).with_stream_test(|call, _| call.method() == STREAM);
    let observers = (Extract::new().with_spans(spans), metrics.register(&mut registry)?);
    let payments = ObserveLayer::new(grpc, observers).named_layer(PaymentsServer::new(Payments));
    // What is asked by HTTP/1 is `/metrics` alone.
    let metrics = Router::new().route_service("/metrics", Scrape::new(registry));
    Ok(Server::builder()
        .accept_http1(true)
        .add_routes(Routes::from(metrics).add_service(payments))
        .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true))))
}

#[tonic::async_trait]
impl payments_server::Payments for Payments {
    type ReceiptStream = BoxStream<'static, Result<ReceiptLine, Status>>;

    async fn charge(&self, request: Request<ChargeRequest>) -> Result<Response<ChargeResponse>, Status> {
        match request.into_inner().amount {
            25 => Err(Status::unavailable(
                "the bank that vases are paid through is down today",
            )),
            300 => Err(Status::failed_precondition("the card is declined")),
            5_000 => pending().await,
            _ => Ok(Response::new(ChargeResponse {})),
        }
    }

    async fn receipt(&self, request: Request<ReceiptRequest>) -> Result<Response<Self::ReceiptStream>, Status> {
        let line = |text: &str| Ok(ReceiptLine { text: text.to_owned() });
        let last = match request.into_inner().number {
            13 => Err(Status::internal("the printer is out of paper")),
            _ => line("paid"),
        };
        let printed = stream::iter([line("receipt"), line("one lamp  40"), last]).then(async |line| {
            sleep(Duration::from_millis(10)).await;
            line
        });
        Ok(Response::new(printed.boxed()))
    }
}
