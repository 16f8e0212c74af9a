//! Slow calls: a warning while they run, from a server's routes and from a function.

use std::time::Duration;

use axum::body::Body;
use axum::{Router, routing::get};
use http::Request;
use tokio::time::sleep;
use tower::ServiceExt;
use tower_telemetry_slow::{Limits, POLL_LIMIT, Slow, SlowLayer, WarnIfSlow};

async fn load_cart() -> &'static str {
    sleep(Duration::from_millis(120)).await;
    "a cart"
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().init();

    // A response head takes no longer than 50 ms, a report's may take longer, and no poll takes longer than 10 ms.
    let slow = Slow::from(Limits::to_head(Duration::from_millis(50)))
        .with_route("/report/{year}", Limits::to_head(Duration::from_secs(5)))
        .with_poll_limit(POLL_LIMIT)
        .with_counter(|call| println!("counted: {:?} of {:?}", call.finding, call.label.route()));
    let app = Router::new()
        .route(
            "/cart/{id}",
            get(|| load_cart().warn_if_slow("load cart", Duration::from_millis(100))),
        )
        .route("/report/{year}", get(load_cart))
        .route(
            "/blocking",
            get(|| async { std::thread::sleep(Duration::from_millis(20)) }),
        )
        .layer(SlowLayer::server(slow));

    for path in ["/cart/7", "/report/2026", "/blocking"] {
        println!("GET {path}");
        let response = app.clone().oneshot(Request::get(path).body(Body::empty())?).await?;
        println!("answered: {}", response.status());
        axum::body::to_bytes(response.into_body(), usize::MAX).await?;
    }
    Ok(())
}
