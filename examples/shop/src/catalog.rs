//! What the shop sells.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream;
use http::StatusCode;
use tokio::time::sleep;
use tower_telemetry::SlowLayer;

const ITEMS: [(&str, u32); 5] = [
    ("lamp", 40),
    ("piano", 5_000),
    ("rug", 300),
    ("sofa", 900),
    ("vase", 25),
];
const ROWS: u32 = 20;
/// An answer that takes longer is slow.
const SLOW: Duration = Duration::from_millis(200);

pub(crate) fn router() -> Router {
    Router::new()
        .route("/items/{item}", get(item))
        .route("/export.csv", get(export))
        // Inside the layer that makes spans, whose ids are in its lines.
        .layer(SlowLayer::server(SLOW))
}

async fn item(Path(item): Path<String>) -> Response {
    if item == "sofa" {
        // The warehouse of large things is slow.
        sleep(Duration::from_millis(400)).await;
    }
    match ITEMS.iter().find(|(name, _)| *name == item) {
        Some((_, price)) => price.to_string().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A download that takes its time: a row every ten milliseconds.
async fn export() -> Response {
    let rows = stream::unfold(0, |row| async move {
        if row == ROWS {
            return None;
        }
        sleep(Duration::from_millis(10)).await;
        Some((Ok::<_, Infallible>(format!("{row},lamp,40\n")), row + 1))
    });
    Response::new(Body::from_stream(rows))
}
