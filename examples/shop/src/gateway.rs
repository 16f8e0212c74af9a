//! The shop's door: takes orders, asks the catalog, has payments charge.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::TryStreamExt;
use http::{Method, StatusCode};
use http_body_util::BodyExt;
use hyper_util::client::legacy::{Client, Error, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use tonic::Code;
use tonic::transport::{Channel, Endpoint};
use tower::{Layer, ServiceExt};
use tower_telemetry::Inject;
use tower_telemetry::observe::{self, ObserveLayer};
use tower_telemetry::prometheus::Metrics;
use tower_telemetry::prometheus::prometheus_client::registry::Registry;
use tower_telemetry::semconv::{Client as ClientSide, Grpc, GrpcCall, Http, HttpCall, UrlTemplate};
use tower_telemetry::setup::Telemetry;
use tower_telemetry::span::Spans;

use crate::proto::payments_client::PaymentsClient;
use crate::proto::{ChargeRequest, ReceiptRequest};

/// No customer waits longer for payments.
const CHARGE_WITHIN: Duration = Duration::from_millis(300);

/// Where the services behind the gateway listen.
pub(crate) struct Upstreams {
    pub(crate) catalog: SocketAddr,
    pub(crate) payments: Endpoint,
}

/// A client whose calls have spans and metrics.
type Observed<S, C, F> = observe::Observed<S, C, (Inject<F>, Metrics<F>)>;

#[derive(Clone)]
struct Gateway {
    client: Observed<Client<HttpConnector, Body>, Http<ClientSide>, HttpCall<ClientSide>>,
    payments: PaymentsClient<Observed<Channel, Grpc<ClientSide>, GrpcCall<ClientSide>>>,
    catalog: SocketAddr,
}

pub(crate) fn router(telemetry: &Telemetry, registry: &mut Registry, upstreams: Upstreams) -> anyhow::Result<Router> {
    let provider = telemetry.tracer_provider();
    let observers = (
        Inject::new().with_spans(Spans::client().with_tracer_provider(provider)),
        Metrics::client().register(registry)?,
    );
    let client = ObserveLayer::new(Http::client(), observers).layer(Client::builder(TokioExecutor::new()).build_http());
    let observers = (
        Inject::new().with_spans(Spans::new().with_tracer_provider(provider)),
        Metrics::grpc_client().register(registry)?,
    );
    let grpc = Grpc::client().with_target(upstreams.payments.uri());
    let channel = ObserveLayer::new(grpc, observers).layer(upstreams.payments.connect_lazy());
    Ok(Router::new()
        .route("/orders/{item}", post(order))
        .route("/export.csv", get(export))
        .route("/receipts/{number}", get(receipt))
        .with_state(Gateway {
            client,
            payments: PaymentsClient::new(channel),
            catalog: upstreams.catalog,
        }))
}

async fn order(State(mut shop): State<Gateway>, Path(item): Path<String>) -> Result<Response, Upstream> {
    let found = shop
        .ask_catalog(Method::GET, &format!("/items/{item}"), "/items/{item}")
        .await?;
    let price = found
        .into_body()
        .collect()
        .await
        .map_err(|_| Upstream::Broke)?
        .to_bytes();
    let price = std::str::from_utf8(&price).map_err(|_| Upstream::Broke)?;
    let amount = price.parse().map_err(|_| Upstream::Broke)?;
    let mut charge = tonic::Request::new(ChargeRequest { amount });
    charge.set_timeout(CHARGE_WITHIN);
    shop.payments.charge(charge).await?;
    Ok((StatusCode::CREATED, format!("one {item} for {price}, paid\n")).into_response())
}

/// Hands the catalog's rows on as they come. axum answers `HEAD` with it, too.
async fn export(State(shop): State<Gateway>, request: Request) -> Result<Response, Upstream> {
    let signed = request.uri().path_and_query().ok_or(Upstream::Broke)?.as_str();
    let method = request.method().clone();
    let rows = shop.ask_catalog(method, signed, "/export.csv").await?;
    Ok(Response::new(rows.into_body()))
}

/// Hands the lines on as they come.
async fn receipt(State(mut shop): State<Gateway>, Path(number): Path<u32>) -> Result<Response, Upstream> {
    let lines = shop.payments.receipt(ReceiptRequest { number }).await?.into_inner();
    let lines = lines.map_ok(|line| line.text + "\n");
    Ok(Response::new(Body::from_stream(lines)))
}

impl Gateway {
    async fn ask_catalog(&self, method: Method, path: &str, template: &'static str) -> Result<Response, Upstream> {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.catalog))
            .extension(UrlTemplate::new(template))
            .body(Body::empty())
            .map_err(|_| Upstream::Broke)?;
        let response = self.client.clone().oneshot(request).await?;
        if !response.status().is_success() {
            return Err(Upstream::Broke);
        }
        Ok(response.map(Body::new))
    }
}

/// A service behind the gateway did not do as it was asked. The spans say which, and how.
enum Upstream {
    Broke,
    Declined,
    TookTooLong,
}

impl From<Error> for Upstream {
    fn from(_: Error) -> Self {
        Upstream::Broke
    }
}

impl From<tonic::Status> for Upstream {
    fn from(status: tonic::Status) -> Self {
        match status.code() {
            Code::FailedPrecondition => Upstream::Declined,
            // tonic's channel and its server call it a cancellation when time is up.
            Code::DeadlineExceeded | Code::Cancelled => Upstream::TookTooLong,
            _ => Upstream::Broke,
        }
    }
}

impl IntoResponse for Upstream {
    fn into_response(self) -> Response {
        let status = match self {
            Upstream::Broke => StatusCode::BAD_GATEWAY,
            Upstream::Declined => StatusCode::PAYMENT_REQUIRED,
            Upstream::TookTooLong => StatusCode::GATEWAY_TIMEOUT,
        };
        status.into_response()
    }
}
