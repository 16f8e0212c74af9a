//! Metrics on an axum router: requests, a count of one's own, and `/metrics`.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use http::uri::Scheme;
use tower_telemetry::prometheus::prometheus_client::registry::Registry;
use tower_telemetry::prometheus::{Counter, Family, Http, Metrics, Scrape};

/// What was sold: never more than 100 series, whatever people ask for.
type Sold = Family<[(&'static str, String); 1], Counter>;

async fn sell(State(sold): State<Sold>, Path(item): Path<String>) -> String {
    sold.get(&[("item", item.clone())]).add(1);
    format!("one {item}\n")
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut registry = Registry::default();
    let requests = Metrics::server().register(&mut registry)?;
    let sold = Sold::counters("sold", "Items that were sold").with_max_series(100);
    sold.register(&mut registry)?;

    let app = Router::new()
        .route("/sell/{item}", get(sell))
        .with_state(sold)
        .layer(requests.layer(Http::server().with_scheme(Scheme::HTTP)))
        // Behind the layer, and so not counted itself.
        .route_service("/metrics", Scrape::new(registry));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let shop = format!("http://{}", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, app).into_future());

    for path in ["/sell/lamp", "/sell/lamp", "/sell/rug", "/steal/rug"] {
        reqwest::get(format!("{shop}{path}")).await?.bytes().await?;
    }
    let metrics = reqwest::get(format!("{shop}/metrics")).await?.text().await?;
    for line in metrics.lines().filter(|line| !line.contains("_bucket")) {
        println!("{line}");
    }
    Ok(())
}
