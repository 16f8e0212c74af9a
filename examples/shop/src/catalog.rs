//! What the shop sells.

use std::convert::Infallible;
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::{self, StreamExt};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use tokio::time::sleep;
use tower_telemetry::prometheus::prometheus_client::registry::Registry;
use tower_telemetry::prometheus::{RegisterError, SlowCounts};
use tower_telemetry::slow::POLL_LIMIT;
use tower_telemetry::{Slow, SlowLayer};

const ITEMS: [(&str, u32); 6] = [
    ("harp", 3_000),
    ("lamp", 40),
    ("piano", 5_000),
    ("rug", 300),
    ("sofa", 900),
    ("vase", 25),
];
const ROWS: u32 = 20;
/// An answer that takes longer is slow.
const SLOW: Duration = Duration::from_millis(200);

pub(crate) fn router(registry: &mut Registry) -> Result<Router, RegisterError> {
    let counts = SlowCounts::new();
    counts.register(registry)?;
    let slow = Slow::from(SLOW).with_poll_limit(POLL_LIMIT).with_slow_counts(&counts);
    Ok(Router::new()
        .route("/items/{item}", get(item))
        .route("/export.csv", get(export))
        .route("/prices", get(prices))
        // Inside the layer that makes spans, whose ids are in its lines.
        .layer(SlowLayer::server(slow)))
}

async fn item(Path(item): Path<String>) -> Response {
    if item == "harp" {
        // Its strings are counted by this thread, and whoever else is on it waits.
        thread::sleep(Duration::from_millis(30));
    }
    if item == "sofa" {
        // The warehouse of large things is slow.
        sleep(Duration::from_millis(400)).await;
    }
    match ITEMS.iter().find(|(name, _)| *name == item) {
        Some((_, price)) => price.to_string().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A download that takes its time.
async fn export() -> Response {
    Response::new(slowly(ROWS, |row| format!("{row},lamp,40\n")))
}

/// Server-sent events.
async fn prices() -> Response {
    let events = slowly(3, |day| format!("data: lamp {}\n\n", 40 + day));
    ([(CONTENT_TYPE, "text/event-stream")], events).into_response()
}

/// So many rows, one every ten milliseconds.
fn slowly(rows: u32, row: impl Fn(u32) -> String + Send + 'static) -> Body {
    let rows = stream::iter(0..rows).then(move |number| {
        let row = row(number);
        async {
            sleep(Duration::from_millis(10)).await;
            Ok::<_, Infallible>(row)
        }
    });
    Body::from_stream(rows)
}
