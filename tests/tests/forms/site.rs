//! A real server, and its spans.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use http::header::{CONNECTION, UPGRADE};
use http::{Method, StatusCode};
use hyper_util::rt::TokioIo;
use opentelemetry_sdk::trace::SpanData;
use tokio::io::{copy, split};
use tower_telemetry::semconv::{Http, Server as ServerSide};
use tower_telemetry_testkit::spans::{Recorder, text};
use tower_telemetry_tests::{Answer, Raw, Server, ended, traced_server};

pub(crate) struct Site {
    pub(crate) recorder: Recorder,
    pub(crate) server: Server,
}

impl Site {
    pub(crate) async fn open() -> Self {
        Self::reading(Http::server()).await
    }

    /// A site whose layer reads requests like this.
    pub(crate) async fn reading(http: Http<ServerSide>) -> Self {
        let recorder = Recorder::new();
        let layer = traced_server(&recorder).with_http(http);
        let server = Server::start(router().layer(layer)).await;
        Site { recorder, server }
    }

    pub(crate) async fn connect(&self) -> Raw {
        Raw::connect(self.server.address).await
    }

    /// Sends these bytes, which are one request, on a connection of their own.
    pub(crate) async fn visit(&self, request: impl AsRef<[u8]>) -> (Answer, SpanData) {
        let mut client = self.connect().await;
        client.send(request).await;
        (client.answer().await, self.span().await)
    }

    /// The only span.
    pub(crate) async fn span(&self) -> SpanData {
        ended(&self.recorder, 1).await.remove(0)
    }
}

/// Sends these bytes, which are one request, to a site of its own.
pub(crate) async fn visit(request: impl AsRef<[u8]>) -> (Answer, SpanData) {
    Site::open().await.visit(request).await
}

/// The values of these attributes, as text.
pub(crate) fn said<const N: usize>(span: &SpanData, keys: [&str; N]) -> [Option<String>; N] {
    keys.map(|key| text(span, key))
}

/// What [`said`] returns.
pub(crate) fn values<const N: usize>(values: [&str; N]) -> [Option<String>; N] {
    values.map(|value| Some(value.to_owned()).filter(|value| value != "-"))
}

fn router() -> Router {
    let users = Router::new().route("/{id}", get(answer));
    Router::new()
        .route("/", any(answer))
        .route("/full", any(answer))
        .route("/read", get(answer))
        .route("/w/{*rest}", get(answer))
        .route("/upload", post(async |body: Bytes| body.len().to_string()))
        .route("/switch", any(echo))
        .nest("/n", Router::new().nest("/u", users))
        .fallback(fallback)
}

async fn answer() -> &'static str {
    "ok"
}

/// Grants every `CONNECT`, and knows nothing else.
async fn fallback(request: Request) -> Response {
    match *request.method() {
        Method::CONNECT => echo(request).await,
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Switches to a protocol in which everything is said twice: once by each side.
async fn echo(mut request: Request) -> Response {
    let switch = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let (mut from, mut to) = split(TokioIo::new(switch.await?));
        // Until the client hangs up.
        let _ = copy(&mut from, &mut to).await;
        Ok::<_, hyper::Error>(())
    });
    let switching = match request.method() {
        &Method::CONNECT => Response::builder(),
        _ => Response::builder()
            .status(StatusCode::SWITCHING_PROTOCOLS)
            .header(CONNECTION, "upgrade")
            .header(UPGRADE, "echo"),
    };
    switching.body(Body::empty()).expect("a response")
}
