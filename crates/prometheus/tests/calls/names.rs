use http::StatusCode;
use tower_telemetry_prometheus::{Buckets, HttpCall, Metrics, MetricsBuilder, Names, Server, TimeToHead};
use tower_telemetry_testkit::Step;

use crate::server::{Counted, get, hang_up, script};

#[test]
fn classic_names_tell_the_same_numbers() {
    let counted = Counted::new(Metrics::server().with_names(Names::Classic));
    counted.exchange(get("/a"), script([Step::Data(1)]));
    counted.exchange(get("/a"), script([Step::Data(1), Step::Fail]));
    let mut failed = script([]);
    *failed.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    counted.exchange(get("/a"), failed);
    counted.exchange(get(""), script([]));
    hang_up(&counted.layer());
    counted.assert_lines(
        "http_requests_total",
        &[
            "{method=\"GET\",endpoint=\"/a\",status=\"200\"} 2",
            "{method=\"GET\",endpoint=\"/a\",status=\"500\"} 1",
            "{method=\"GET\",endpoint=\"/a\",status=\"cancelled\"} 1",
            "{method=\"GET\",endpoint=\"unknown\",status=\"200\"} 1",
        ],
    );
    counted.assert_lines(
        "http_request_duration_seconds_count",
        &[
            "{method=\"GET\",endpoint=\"/a\"} 4",
            "{method=\"GET\",endpoint=\"unknown\"} 1",
        ],
    );
    counted.assert_lines("http_server", &[]);
}

#[test]
fn both_names_can_be_shown_at_once() {
    let counted = Counted::new(Metrics::server().with_names(Names::Both));
    counted.exchange(get("/a"), script([]));
    counted.assert_lines(
        "http_requests_total",
        &["{method=\"GET\",endpoint=\"/a\",status=\"200\"} 1"],
    );
    counted.assert_lines("http_server_active_requests", &["{http_request_method=\"GET\"} 0"]);
}

/// The bounds of the buckets after one call.
fn bounds(builder: MetricsBuilder<HttpCall<Server>>) -> Vec<f64> {
    let counted = Counted::new(builder);
    counted.exchange(get("/a"), script([]));
    let lines = counted.lines();
    let bounds = lines
        .iter()
        .filter_map(|line| line.split_once("le=\"")?.1.split_once('"'));
    bounds.filter_map(|(bound, _)| bound.parse().ok()).collect()
}

#[test]
fn buckets_are_the_conventions_or_the_callers() {
    let conventions = [
        0.005,
        0.01,
        0.025,
        0.05,
        0.075,
        0.1,
        0.25,
        0.5,
        0.75,
        1.0,
        2.5,
        5.0,
        7.5,
        10.0,
        f64::INFINITY,
    ];
    assert_eq!(bounds(Metrics::server()), conventions);
    let own = Metrics::server().with_buckets(Buckets::new([0.5, 60.0]));
    assert_eq!(bounds(own), [0.5, 60.0, f64::INFINITY]);
}

#[test]
fn the_time_to_the_head_is_a_metric_of_its_own() {
    let counted = Counted::new(Metrics::server().with_time_to_head(TimeToHead::Kept));
    counted.exchange(get("/a"), script([Step::Data(1)]));
    hang_up(&counted.layer());
    let begin = "{http_request_method=\"GET\",http_route=\"/a\",";
    // What had no head has no time to it.
    let ok = format!(
        "http_server_time_to_head_seconds_count{begin}http_response_status_code=\"200\",network_protocol_version=\"1.1\"}}"
    );
    assert_eq!(counted.value(&ok), Some(1.0));
    let cancelled = format!(
        "http_server_time_to_head_seconds_count{begin}error_type=\"cancelled\",network_protocol_version=\"1.1\"}}"
    );
    assert_eq!(counted.value(&cancelled), Some(0.0));
}
