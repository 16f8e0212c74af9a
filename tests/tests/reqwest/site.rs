//! A server for reqwest to call.

use std::convert::Infallible;
use std::future::pending;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request};
use axum::response::Redirect;
use axum::routing::any;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, StatusCode, Uri};
use tower::util::MapRequestLayer;
use tower_telemetry_tests::Server;

/// A server with a page for each way to answer.
pub(crate) struct Site {
    pub(crate) server: Server,
    asked: Arc<Mutex<Vec<HeaderMap>>>,
}

impl Site {
    pub(crate) async fn open() -> Self {
        let asked: Arc<Mutex<Vec<HeaderMap>>> = Arc::default();
        let note = Arc::clone(&asked);
        let attempts = Arc::new(AtomicU32::new(0));
        let router = Router::new()
            .route("/items/{id}", any(async || "a lamp"))
            .route("/status/{status}", any(async |Path(status)| code(status)))
            .route("/moved", any(async || Redirect::to("/items/7")))
            .route("/moved-on", any(async || Redirect::temporary("/moved")))
            .route("/round", any(async |round: Uri| Redirect::to(&round.to_string())))
            .route("/elsewhere", any(elsewhere))
            .route("/third-time", any(async move || third_time(&attempts)))
            .route("/silent", any(pending::<StatusCode>))
            .route("/stalling", any(async || body([Part::Row, Part::Stall])))
            .route("/rows", any(async || body([Part::Row, Part::Row])))
            .layer(MapRequestLayer::new(move |request: Request| {
                note.lock().expect("not poisoned").push(request.headers().clone());
                request
            }));
        let server = Server::start(router).await;
        Site { server, asked }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address)
    }

    /// The headers of the requests that came, in that order.
    pub(crate) fn asked(&self) -> Vec<HeaderMap> {
        self.asked.lock().expect("not poisoned").clone()
    }

    /// The `traceparent` of each request that came.
    pub(crate) fn traceparents(&self) -> Vec<String> {
        let asked = self.asked();
        let one = |headers: &HeaderMap| {
            let mut values = headers.get_all("traceparent").iter();
            let value = values.next().expect("a traceparent").to_str().expect("text");
            assert_eq!(values.next(), None, "exactly one on the wire");
            value.to_owned()
        };
        asked.iter().map(one).collect()
    }
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).expect("a status")
}

/// The same server under another name.
async fn elsewhere(headers: HeaderMap) -> Redirect {
    let host = headers["host"].to_str().expect("text");
    Redirect::to(&format!("http://{}/items/7", host.replace("127.0.0.1", "localhost")))
}

/// 500 twice, and 200 from then on.
fn third_time(attempts: &AtomicU32) -> StatusCode {
    match attempts.fetch_add(1, Ordering::Relaxed) {
        0 | 1 => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::OK,
    }
}

enum Part {
    Row,
    Stall,
}

fn body<const N: usize>(parts: [Part; N]) -> Body {
    Body::from_stream(stream::iter(parts).then(async |part| match part {
        Part::Row => Ok::<_, Infallible>(Bytes::from_static(b"a row\n")),
        Part::Stall => pending().await,
    }))
}
