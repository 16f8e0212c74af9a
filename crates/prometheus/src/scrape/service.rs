//! The service that answers scrapes.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tower_service::Service;

use super::lines::Lines;
use super::{Encoding, Format};
use crate::NotMeasured;
use crate::beside;

/// Answers scrapes of a registry: a tower service, for `/metrics`.
///
/// It speaks `OpenMetrics` and Prometheus text, with the feature `protobuf` also that, compressed as the scraper likes. An answer is whole
/// before its first byte is sent: nobody who records waits for a slow reader. Its own calls are not measured by layers around it.
///
/// All metrics of the registry are shown, whoever has made them; those of this crate with their exemplars, where the format has such.
/// (`prometheus_client::encoding::text::encode` shows the same without exemplars.)
///
/// ```
/// use axum::Router;
/// use prometheus_client::registry::Registry;
/// use tower_telemetry_prometheus::Scrape;
///
/// let registry = Registry::default();
/// let app: Router = Router::new().route_service("/metrics", Scrape::new(registry));
/// ```
#[derive(Clone, Debug)]
pub struct Scrape {
    registry: Arc<Registry>,
}

impl Scrape {
    /// Shows what is in this registry: everything is to be registered before.
    pub fn new(registry: impl Into<Arc<Registry>>) -> Self {
        Scrape {
            registry: registry.into(),
        }
    }
}

/// The answer to a scrape with these headers: for a handler of your own.
///
/// ```
/// use std::sync::Arc;
///
/// use axum::Router;
/// use axum::extract::State;
/// use axum::routing::get;
/// use http::HeaderMap;
/// use prometheus_client::registry::Registry;
/// use tower_telemetry_prometheus::scrape;
///
/// let handler = async |State(registry): State<Arc<Registry>>, headers: HeaderMap| {
///     scrape(&registry, &headers).map(axum::body::Body::new)
/// };
/// let app: Router = Router::new()
///     .route("/metrics", get(handler))
///     .with_state(Arc::new(Registry::default()));
/// ```
///
/// Status 500, with an empty body, when a metric in the registry cannot be encoded.
pub fn scrape(registry: &Registry, headers: &HeaderMap) -> Response<Full<Bytes>> {
    let format = Format::accepted(headers);
    let mut response = match format.write(registry) {
        Ok(plain) => {
            let (body, encoding) = Encoding::accepted(headers).apply(plain);
            let mut response = Response::new(Full::from(body));
            let content_type = HeaderValue::from_static(format.content_type());
            response.headers_mut().insert(CONTENT_TYPE, content_type);
            if let Some(encoding) = encoding.content_encoding() {
                let encoding = HeaderValue::from_static(encoding);
                response.headers_mut().insert(CONTENT_ENCODING, encoding);
            }
            response
        }
        Err(std::fmt::Error) => {
            tracing::error!("a metric could not be encoded, so this scrape has none");
            status(StatusCode::INTERNAL_SERVER_ERROR)
        }
    };
    response
        .headers_mut()
        .insert(VARY, HeaderValue::from_static("accept, accept-encoding"));
    response
}

impl Format {
    fn write(self, registry: &Registry) -> Result<Vec<u8>, std::fmt::Error> {
        #[cfg(feature = "protobuf")]
        if self == Format::Protobuf {
            return super::protobuf::delimited(registry);
        }
        let mut lines = Lines::new(self);
        beside::listen_by_line(|| encode(&mut lines, registry))?;
        Ok(lines.into_text().into_bytes())
    }
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

impl<B> Service<Request<B>> for Scrape {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let mut response = match *request.method() {
            Method::GET => scrape(&self.registry, request.headers()),
            Method::HEAD => scrape(&self.registry, request.headers()).map(|_| Full::default()),
            _ => {
                let mut response = status(StatusCode::METHOD_NOT_ALLOWED);
                response
                    .headers_mut()
                    .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
                response
            }
        };
        response.extensions_mut().insert(NotMeasured);
        ready(Ok(response))
    }
}
