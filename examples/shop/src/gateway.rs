//! The shop's door: takes orders, asks the catalog, has payments charge.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::TryStreamExt;
use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use tonic::Code;
use tonic::transport::{Channel, Endpoint};
use tower::Layer;
use tower_telemetry::Inject;
use tower_telemetry::observe::{ObserveLayer, Observed};
use tower_telemetry::prometheus::Metrics;
use tower_telemetry::prometheus::prometheus_client::registry::Registry;
use tower_telemetry::reqwest::ReqwestMiddleware;
use tower_telemetry::semconv::{Client as ClientSide, Grpc, GrpcCall, Http, UrlTemplate};
use tower_telemetry::setup::Telemetry;
use tower_telemetry::span::Spans;

use crate::proto::payments_client::PaymentsClient;
use crate::proto::{ChargeRequest, ReceiptRequest};
use crate::{payments, serve};

/// No customer waits longer for payments.
const CHARGE_WITHIN: Duration = Duration::from_millis(500);

/// Where the services behind the gateway listen.
pub(crate) struct Upstreams {
    pub(crate) catalog: SocketAddr,
    /// Asks the catalog.
    pub(crate) client: reqwest::Client,
    pub(crate) payments: Endpoint,
}

/// Spans, and metrics that find in them examples.
type WithMetrics<F> = (Inject<F>, Metrics<F>);

#[derive(Clone)]
struct Gateway {
    client: ClientWithMiddleware,
    payments: PaymentsClient<Observed<Channel, Grpc<ClientSide>, WithMetrics<GrpcCall<ClientSide>>>>,
    catalog: SocketAddr,
}

pub(crate) fn router(telemetry: &Telemetry, registry: &mut Registry, upstreams: &Upstreams) -> anyhow::Result<Router> {
    let provider = telemetry.tracer_provider();
    let observers = (
        Inject::new().with_spans(Spans::client().with_tracer_provider(provider)),
        serve::all(Metrics::client()).register(registry)?,
    );
    let client = ClientBuilder::new(upstreams.client.clone())
        .with(ReqwestMiddleware::new(Http::client(), observers))
        .build();
    let observers = (
        Inject::new().with_spans(Spans::new().with_tracer_provider(provider)),
        serve::all(Metrics::grpc_client())
            .with_stream_test(|call, _| call.method() == payments::STREAM)
            .register(registry)?,
    );
    let grpc = Grpc::client().with_target(upstreams.payments.uri());
    let channel = ObserveLayer::new(grpc, observers).layer(upstreams.payments.connect_lazy());
    Ok(Router::new()
        .route("/orders/{item}", post(order))
        .route("/export.csv", get(export))
        .route("/prices", get(prices))
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
    let price = found.text().await?;
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
    Ok(Response::new(Body::new(reqwest::Body::from(rows))))
}

/// Hands the catalog's events on as they come.
async fn prices(State(shop): State<Gateway>) -> Result<Response, Upstream> {
    let events = shop.ask_catalog(Method::GET, "/prices", "/prices").await?;
    let events = Body::new(reqwest::Body::from(events));
    Ok(([(CONTENT_TYPE, "text/event-stream")], events).into_response())
}

/// Hands the lines on as they come.
async fn receipt(State(mut shop): State<Gateway>, Path(number): Path<u32>) -> Result<Response, Upstream> {
    let lines = shop.payments.receipt(ReceiptRequest { number }).await?.into_inner();
    let lines = lines.map_ok(|line| line.text + "\n");
    Ok(Response::new(Body::from_stream(lines)))
}

impl Gateway {
    async fn ask_catalog(
        &self,
        method: Method,
        path: &str,
        template: &'static str,
    ) -> Result<reqwest::Response, Upstream> {
        let url = format!("http://{}{path}", self.catalog);
        let request = self.client.request(method, url);
        let response = request.with_extension(UrlTemplate::new(template)).send().await?;
        Ok(response.error_for_status()?)
    }
}

/// A service behind the gateway did not do as it was asked. The spans say which, and how.
enum Upstream {
    Broke,
    Declined,
    TookTooLong,
}

impl From<reqwest_middleware::Error> for Upstream {
    fn from(_: reqwest_middleware::Error) -> Self {
        Upstream::Broke
    }
}

impl From<reqwest::Error> for Upstream {
    fn from(_: reqwest::Error) -> Self {
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
