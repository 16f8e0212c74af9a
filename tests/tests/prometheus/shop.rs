//! The shop, as a Prometheus server sees it.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::thread;

use tower_telemetry::prometheus::catalog::{
    CALLS, CLASSIC_DURATION, CLASSIC_REQUESTS, Metric, SANITIZED_VALUES, SLOW, SPANS,
};
use tower_telemetry_tests::nobody;

use crate::page::get;
use crate::scraper::{Prometheus, Running, until};
use crate::tools::program;

/// The shop, after its tour, and where its services listen.
fn shop() -> (Running, Vec<(String, String)>) {
    eprintln!("building and starting the shop");
    let mut shop = Command::new(env!("CARGO"));
    shop.args(["run", "--quiet", "-p", "shop", "--"]);
    for (variable, _) in std::env::vars().filter(|(variable, _)| variable.starts_with("OTEL_")) {
        shop.env_remove(variable);
    }
    // Of what is lost there is a metric, too.
    shop.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}", nobody()));
    shop.args(["--gateway", "0", "--catalog", "0", "--payments", "0"]);
    let mut shop = Running(shop.stdout(Stdio::piped()).spawn().expect("the shop starts"));
    let mut lines = BufReader::new(shop.0.stdout.take().expect("piped")).lines();
    let mut addresses = Vec::new();
    for line in lines.by_ref().map_while(Result::ok) {
        if let Some((name, address)) = line.split_once("http://").filter(|_| addresses.len() < 3) {
            addresses.push((name.trim().to_owned(), address.to_owned()));
        }
        if line.starts_with("The shop is open") {
            // Else it would wait for its reader.
            thread::spawn(move || lines.for_each(drop));
            return (shop, addresses);
        }
    }
    panic!("the shop closed early");
}

/// What to ask for to see all that a page of metrics has registered: of a histogram its parts.
fn queries(page: &str) -> Vec<String> {
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let types = types.filter_map(|line| line.split_once(' '));
    let parts = types.flat_map(|(name, kind)| {
        let suffixes: &[&str] = match kind {
            "histogram" => &["_count", "_sum", "_bucket"],
            _ => &[""],
        };
        suffixes.iter().map(move |suffix| format!("{name}{suffix}"))
    });
    parts.collect()
}

/// All metrics that the code can register.
fn catalog() -> impl Iterator<Item = Metric> {
    let calls = CALLS.into_iter().flat_map(|names| names.metrics());
    let others = [CLASSIC_REQUESTS, CLASSIC_DURATION, SANITIZED_VALUES];
    calls.chain(SPANS).chain(SLOW).chain(others)
}

#[test]
fn a_prometheus_server_scrapes_the_shop_and_shows_exemplars() {
    if program("prometheus").is_none() {
        return;
    }
    let (_shop, services) = shop();
    let pages: Vec<_> = services
        .iter()
        .map(|(job, address)| {
            let page = get(address, "/metrics").unwrap_or_else(|error| panic!("{job}: {error}"));
            (job, page)
        })
        .collect();
    let Some(prometheus) = Prometheus::start("shop", &services, "exemplar-storage") else {
        return;
    };
    let mut answered = BTreeSet::new();
    for (job, page) in &pages {
        for metric in queries(page) {
            let of_job = format!("{metric}{{job=\"{job}\"}}");
            until(&of_job, || prometheus.series(&of_job));
            answered.insert(metric);
        }
        eprintln!("{} series of {job} are there", queries(page).len());
    }
    for metric in catalog() {
        let name = metric.full_name();
        let known = answered.contains(&name) || answered.contains(&format!("{name}_count"));
        assert!(known, "the shop has no {name}");
    }
    let one = |expression: &str| {
        let value = prometheus.value(expression);
        value.unwrap_or_else(|| panic!("nothing for {expression}"))
    };
    let failed = "sum(http_server_request_duration_seconds_count{job=\"gateway\",error_type=\"cancelled\"})";
    assert_eq!(one(failed), "1", "the client that hung up");
    assert_eq!(one("sum(http_server_active_requests)"), "0");
    assert_eq!(one("count(up == 1)"), "3");
    for (counter, job) in [
        ("tower_telemetry_slow_calls_total", "catalog"),
        ("tower_telemetry_blocking_calls_total", "catalog"),
        ("http_requests_total", "gateway"),
    ] {
        let counted = format!("sum({counter}{{job=\"{job}\"}}) > bool 0");
        assert_eq!(one(&counted), "1", "{counter}");
    }
    let method = "count(http_server_request_duration_seconds_count{job=\"gateway\",http_request_method=\"_OTHER\"})";
    assert_eq!(one(method), "1", "BREW");

    for name in [
        "http_server_request_duration_seconds_bucket",
        "http_client_request_duration_seconds_bucket",
        "rpc_server_call_duration_seconds_bucket",
        "rpc_client_call_duration_seconds_bucket",
    ] {
        let exemplar = prometheus.exemplar(name);
        assert_eq!(exemplar.len(), 32, "{exemplar}");
    }
    let rules = prometheus.data("rules", &[]).expect("rules");
    let rules = rules["groups"][0]["rules"].as_array().expect("rules").clone();
    assert_eq!(rules.len(), 9);
    assert!(rules.iter().all(|rule| rule["health"] != "err"), "{rules:?}");
}
