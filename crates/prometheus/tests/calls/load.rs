use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use http::Request;
use tower::Service;
use tower_telemetry_prometheus::{Metrics, Scrape};
use tower_telemetry_testkit::Step;

use crate::scrapes::scraped;
use crate::server::{Counted, get, script};

const DURATION: &str = "http_server_request_duration_seconds";

/// All samples of a scrape.
fn samples(text: &str) -> HashMap<String, f64> {
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples
        .map(|line| {
            let (series, value) = line.rsplit_once(' ').expect("a sample");
            (series.to_owned(), value.parse().expect("a number"))
        })
        .collect()
}

#[test]
fn scrapes_under_load_are_whole_and_counters_never_go_back() {
    let Counted { registry, metrics } = Counted::new(Metrics::server());
    let (registry, over) = (Arc::new(registry), AtomicBool::new(false));
    thread::scope(|scope| {
        let callers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let counted = Counted {
                        registry: Default::default(),
                        metrics: metrics.clone(),
                    };
                    for _ in 0..5_000 {
                        counted.exchange(get("/a"), script([Step::Data(1)]));
                    }
                })
            })
            .collect();
        for _ in 0..64 {
            scope.spawn(|| {
                let mut before = HashMap::new();
                while !over.load(Ordering::Relaxed) {
                    let request = Request::get("/metrics").body(()).expect("a request");
                    let (_, text) = scraped(Scrape::new(Arc::clone(&registry)).call(request));
                    let now = samples(&text);
                    for (series, value) in &now {
                        let counts =
                            series.contains("_count") || series.contains("_bucket") || series.contains("_total");
                        let earlier = before.get(series).copied().unwrap_or(0.0);
                        assert!(!counts || *value >= earlier, "{series} went from {earlier} to {value}");
                    }
                    let count = now
                        .iter()
                        .find(|(series, _)| series.starts_with(&format!("{DURATION}_count")));
                    let infinite = now.iter().find(|(series, _)| series.contains("le=\"+Inf\""));
                    assert_eq!(
                        count.map(|(_, value)| value),
                        infinite.map(|(_, value)| value),
                        "{text}"
                    );
                    before = now;
                }
            });
        }
        for caller in callers {
            caller.join().expect("calls");
        }
        over.store(true, Ordering::Relaxed);
    });
    let request = Request::get("/metrics").body(()).expect("a request");
    let (_, text) = scraped(Scrape::new(registry).call(request));
    let count = samples(&text)
        .into_iter()
        .find(|(series, _)| series.starts_with(&format!("{DURATION}_count")));
    assert_eq!(count.map(|(_, value)| value), Some(10_000.0));
}
