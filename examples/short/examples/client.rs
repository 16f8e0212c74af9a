//! A client whose calls are CLIENT spans, and what the other side receives.

use axum::{Router, routing::get};
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tower::{Layer, Service, ServiceExt};
use tower_telemetry::semconv::UrlTemplate;
use tower_telemetry::setup::{Telemetry, Waterfall};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let _telemetry = Telemetry::builder("visitor")
        .with_waterfall(Waterfall::stdout())
        .install()?;

    // Not traced itself: it answers with the trace header that it got.
    let echo = |headers: HeaderMap| async move { format!("{:?}", headers.get("traceparent")) };
    let app = Router::new().route("/items/{id}", get(echo));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, app).await });

    let hyper = Client::builder(TokioExecutor::new()).build_http::<axum::body::Body>();
    let mut client = tower_telemetry::client().layer(hyper);

    // The template gives the span a name of low cardinality; the signature is redacted in `url.full`.
    let request = Request::get(format!("http://{address}/items/7?sig=SECRET"))
        .extension(UrlTemplate::new("/items/{id}"))
        .body(axum::body::Body::empty())?;
    let response = client.ready().await?.call(request).await?;
    println!(
        "{}",
        String::from_utf8(response.into_body().collect().await?.to_bytes().to_vec())?
    );

    // Nobody listens on port 1: the span has `error.type = connect`.
    let refused = Request::get("http://127.0.0.1:1/").body(axum::body::Body::empty())?;
    println!("{}", client.ready().await?.call(refused).await.is_err());
    Ok(())
}
