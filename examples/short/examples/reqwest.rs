//! reqwest with retries: a span for each attempt, one more for each connection, and errors in one word.

use std::time::Duration;

use axum::{Router, http::StatusCode, routing::get};
use reqwest_middleware::ClientBuilder;
use reqwest_retry::{RetryTransientMiddleware, policies::ExponentialBackoff};
use tower_telemetry::observe::{ObserveLayer, Plain};
use tower_telemetry::opentelemetry::trace::{FutureExt, TraceContextExt, Tracer};
use tower_telemetry::opentelemetry::{Context, global};
use tower_telemetry::reqwest::{ReqwestMiddleware, error_type};
use tower_telemetry::semconv::UrlTemplate;
use tower_telemetry::setup::{Telemetry, Waterfall};
use tower_telemetry::span::{SpanObserver, Spans};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let _telemetry = Telemetry::builder("visitor")
        .with_waterfall(Waterfall::stdout())
        .install()?;

    // It is never well.
    let app = Router::new().route("/items/{id}", get(|| async { StatusCode::SERVICE_UNAVAILABLE }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, app).await });

    let connecting = ObserveLayer::new(Plain::new("connect"), SpanObserver::new(Spans::plain()));
    let reqwest = reqwest::Client::builder()
        .no_proxy()
        .connector_layer(connecting)
        .build()?;

    // The retry stands outside, so that each attempt is a span: the second and third have an `http.request.resend_count`.
    let soon = Duration::from_millis(5);
    let backoff = ExponentialBackoff::builder()
        .retry_bounds(soon, soon)
        .build_with_max_retries(2);
    let client = ClientBuilder::new(reqwest)
        .with(RetryTransientMiddleware::new_with_policy(backoff))
        .with(ReqwestMiddleware::default())
        .build();

    // What they have in common is the span around them, as it would be a server's.
    let visit = Context::current_with_span(global::tracer("visitor").start("visit"));
    let visited = async {
        let request = client.get(format!("http://{address}/items/7?sig=SECRET"));
        let response = request.with_extension(UrlTemplate::new("/items/{id}")).send().await?;
        println!("{}", response.status());

        // Nobody listens on port 1. The error's own text has the URL in it, and with it the signature; this word has not.
        if let Err(error) = client.get("http://127.0.0.1:1/?sig=SECRET").send().await {
            println!("{}", error_type(&error));
        }
        Ok(())
    };
    visited.with_context(visit).await
}
