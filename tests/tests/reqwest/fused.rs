//! The observers of any client's calls around reqwest: spans, metrics and slow calls, on one future.

use std::time::Duration;

use http::Request;
use tower_telemetry::Slow;
use tower_telemetry::prometheus::Metrics;
use tower_telemetry::prometheus::prometheus_client::registry::Registry;
use tower_telemetry::semconv::UrlTemplate;
use tower_telemetry::slow::{Limits, Warnings};
use tower_telemetry_testkit::spans::Recorder;
use tower_telemetry_tests::{ended, logged, page};

use crate::caller::{BOTH_WAYS, inject, plain};
use crate::site::Site;

#[test]
fn a_call_is_a_span_and_is_counted_and_warned_of() {
    for way in BOTH_WAYS {
        let mut registry = Registry::default();
        let metrics = Metrics::client().register(&mut registry).expect("an empty registry");
        // Whatever takes any time is slow.
        let slow = Slow::new()
            .with_limits(Limits::total(Duration::ZERO))
            .with_warnings(Warnings::AtEnd);
        let lines = logged(async {
            let site = Site::open().await;
            let recorder = Recorder::new();
            let request = Request::get(site.url("/items/7")).extension(UrlTemplate::new("/items/{id}"));
            let observers = (inject(&recorder), metrics, slow);
            let answer = way.observed(observers, plain(), request).await.expect("an answer");
            answer.text().await.expect("its body");
            assert_eq!(ended(&recorder, 1).await[0].name, "GET /items/{id}");
        });
        let page = page(&registry);
        let counted = |line: &&str| line.starts_with("http_client_request_duration_seconds_count{");
        let counted: Vec<_> = page.lines().filter(counted).collect();
        let [counted] = counted[..] else {
            panic!("{page}");
        };
        assert!(
            counted.contains("http_response_status_code=\"200\"") && counted.ends_with(" 1"),
            "{counted}"
        );
        let warned = lines
            .iter()
            .filter(|line| line.contains("WARN") && line.contains("/items/{id}"));
        assert_eq!(warned.count(), 1, "{way:?}: {lines:#?}");
    }
}
