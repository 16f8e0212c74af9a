//! Native histograms, as a Prometheus server takes them.

use axum::Router;
use tower_telemetry::prometheus::Scrape;
use tower_telemetry_tests::Server;

use crate::formats::registry;
use crate::scraper::{Prometheus, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prometheus_server_takes_protobuf_with_native_histograms_beside_classic_ones() {
    let metrics = Router::new().route_service("/metrics", Scrape::new(registry().await));
    let server = Server::start(metrics).await;
    let services = [("page".to_owned(), server.address.to_string())];
    let Some(prometheus) = Prometheus::start("native", &services, "native-histograms,exemplar-storage") else {
        return;
    };
    // Kept beside classic ones, of which Prometheus then takes the native ones; and not kept.
    let (native, classic) = (
        "http_server_request_duration_seconds",
        "http_client_request_duration_seconds",
    );
    let one = |query: &str| {
        eprintln!("asking for {query}");
        until(query, || prometheus.value(query))
    };
    assert_eq!(one(&format!("sum(histogram_count({native}))")), "2");
    let median: f64 = one(&format!("histogram_quantile(0.5, sum({native}))"))
        .parse()
        .expect("a number");
    assert!(median > 0.0 && median < 60.0, "{median}");
    assert_eq!(one(&format!("sum({classic}_bucket{{le=\"+Inf\"}})")), "2");
    let exemplar = prometheus.exemplar(&format!("{classic}_bucket"));
    assert_eq!(exemplar, format!("{:032x}", 7));
}
