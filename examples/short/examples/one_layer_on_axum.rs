//! One layer alone on an axum router: each request is a SERVER span.

use axum::extract::Path;
use axum::{Router, routing::get};
use http::Request;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tower_telemetry_extract::ExtractLayer;
use tower_telemetry_setup::{Telemetry, Waterfall};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // The guard flushes what is left when main ends.
    let _telemetry = Telemetry::builder("greeter")
        .with_waterfall(Waterfall::stdout())
        .install()?;

    let app = Router::new()
        .route(
            "/hello/{name}",
            get(|Path(name): Path<String>| async move { format!("hello {name}") }),
        )
        // Below the routes, so that the layer sees which one matched.
        .layer(ExtractLayer::new());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, app).await });

    let client = Client::builder(TokioExecutor::new()).build_http::<axum::body::Body>();
    for path in ["/hello/ada", "/nothing/here"] {
        let request = Request::get(format!("http://{address}{path}")).body(axum::body::Body::empty())?;
        println!("{path}: {}", client.request(request).await?.status());
    }
    Ok(())
}
