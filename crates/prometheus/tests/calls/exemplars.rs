use http::Request;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use tower::Service;
use tower_telemetry_prometheus::{Exemplars, Metrics, Scrape};
use tower_telemetry_testkit::Step;

use crate::scrapes::scraped;
use crate::server::{Counted, get, script};

fn within(flags: TraceFlags, call: impl FnOnce()) {
    let span = SpanContext::new(
        TraceId::from(0xabc),
        SpanId::from(0xdef),
        flags,
        false,
        TraceState::default(),
    );
    let _current = Context::new().with_remote_span_context(span).attach();
    call();
}

fn open_metrics(counted: Counted<impl tower_telemetry_prometheus::AppLabels>) -> String {
    let request = Request::get("/metrics").header("accept", "application/openmetrics-text");
    let mut service = Scrape::new(counted.registry);
    scraped(service.call(request.body(()).expect("a request"))).1
}

#[test]
fn a_sampled_trace_is_an_example() {
    let counted = Counted::new(Metrics::server());
    within(TraceFlags::SAMPLED, || {
        counted.exchange(get("/a"), script([Step::Data(1)]));
    });
    let text = open_metrics(counted);
    let exemplars: Vec<_> = text.lines().filter(|line| line.contains(" # {")).collect();
    assert_eq!(exemplars.len(), 1, "{text}");
    let (bucket, exemplar) = exemplars[0].split_once(" # ").expect("an exemplar");
    assert!(
        bucket.starts_with("http_server_request_duration_seconds_bucket{le=\"0.005\","),
        "{bucket}"
    );
    let ids = "{trace_id=\"00000000000000000000000000000abc\",span_id=\"0000000000000def\"} ";
    assert!(exemplar.starts_with(ids), "{exemplar}");
    assert!(!bucket.contains("trace_id"), "never a label");
}

#[test]
fn neither_an_unsampled_trace_nor_none_is_an_example() {
    let counted = Counted::new(Metrics::server());
    within(TraceFlags::default(), || counted.exchange(get("/a"), script([])));
    counted.exchange(get("/a"), script([]));
    assert!(!open_metrics(counted).contains(" # {"));
}

#[test]
fn exemplars_can_be_switched_off() {
    let counted = Counted::new(Metrics::server().with_exemplars(Exemplars::None));
    within(TraceFlags::SAMPLED, || counted.exchange(get("/a"), script([])));
    assert!(!open_metrics(counted).contains(" # {"));
}

#[test]
fn the_plain_encoder_shows_the_same_without_them() {
    let counted = Counted::new(Metrics::server());
    within(TraceFlags::SAMPLED, || counted.exchange(get("/a"), script([])));
    let plain = counted.lines();
    let ours = open_metrics(counted);
    let ours = ours.lines().filter(|line| !line.starts_with('#'));
    let without: Vec<_> = ours.map(|line| line.split(" # ").next().unwrap_or(line)).collect();
    assert_eq!(plain, without);
}
