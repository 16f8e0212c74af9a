//! The shop's door: takes orders, asks the catalog, has payments charge.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{Method, StatusCode};
use http_body_util::BodyExt;
use hyper_util::client::legacy::{Client, Error, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use tower::{Layer, ServiceExt};
use tower_telemetry::semconv::UrlTemplate;
use tower_telemetry::setup::Telemetry;
use tower_telemetry::span::Spans;
use tower_telemetry::{InjectLayer, client};

/// Where the services behind the gateway listen.
#[derive(Clone, Copy)]
pub(crate) struct Upstreams {
    pub(crate) catalog: SocketAddr,
    pub(crate) payments: SocketAddr,
}

#[derive(Clone)]
struct Gateway {
    client: <InjectLayer as Layer<Client<HttpConnector, Body>>>::Service,
    upstreams: Upstreams,
}

pub(crate) fn router(telemetry: &Telemetry, upstreams: Upstreams) -> Router {
    let client = client()
        .with_spans(Spans::client().with_tracer_provider(telemetry.tracer_provider()))
        .layer(Client::builder(TokioExecutor::new()).build_http());
    Router::new()
        .route("/orders/{item}", post(order))
        .route("/export.csv", get(export))
        .route("/receipts/{number}", get(receipt))
        .with_state(Gateway { client, upstreams })
}

async fn order(State(shop): State<Gateway>, Path(item): Path<String>) -> Result<Response, Upstream> {
    let catalog = shop.upstreams.catalog;
    let found = shop
        .call(Method::GET, catalog, &format!("/items/{item}"), "/items/{item}")
        .await?;
    let price = found.into_body().collect().await.map_err(|_| Upstream)?.to_bytes();
    let price = std::str::from_utf8(&price).map_err(|_| Upstream)?;
    let payments = shop.upstreams.payments;
    shop.call(
        Method::POST,
        payments,
        &format!("/charges/{price}"),
        "/charges/{amount}",
    )
    .await?;
    Ok((StatusCode::CREATED, format!("one {item} for {price}, paid\n")).into_response())
}

/// Hands the catalog's rows on as they come. axum answers `HEAD` with it, too.
async fn export(State(shop): State<Gateway>, request: Request) -> Result<Response, Upstream> {
    let method = request.method().clone();
    let rows = shop
        .call(method, shop.upstreams.catalog, "/export.csv", "/export.csv")
        .await?;
    Ok(Response::new(rows.into_body()))
}

async fn receipt(State(shop): State<Gateway>, request: Request) -> Result<Response, Upstream> {
    let signed = request.uri().path_and_query().ok_or(Upstream)?.as_str();
    let payments = shop.upstreams.payments;
    shop.call(Method::GET, payments, signed, "/receipts/{number}").await
}

impl Gateway {
    async fn call(
        &self,
        method: Method,
        service: SocketAddr,
        path: &str,
        template: &'static str,
    ) -> Result<Response, Upstream> {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{service}{path}"))
            .extension(UrlTemplate::new(template))
            .body(Body::empty())
            .map_err(|_| Upstream)?;
        let response = self.client.clone().oneshot(request).await?;
        if !response.status().is_success() {
            return Err(Upstream);
        }
        Ok(response.map(Body::new))
    }
}

/// A service behind the gateway failed. The spans say which, and how.
struct Upstream;

impl From<Error> for Upstream {
    fn from(_: Error) -> Self {
        Upstream
    }
}

impl IntoResponse for Upstream {
    fn into_response(self) -> Response {
        StatusCode::BAD_GATEWAY.into_response()
    }
}
