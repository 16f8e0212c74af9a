//! What those say of our texts who read them.

use std::process::Command;

use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use tower::{Layer, Service, ServiceExt};
use tower_telemetry::observe::ClassifyHttp;
use tower_telemetry::prometheus::prometheus_client::registry::Registry;
use tower_telemetry::prometheus::{
    Bodies, Buckets, Family, Measured, Metrics, Names, NativeBuckets, SpanCounts, TimeToHead, register_process,
};
use tower_telemetry::semconv::{Grpc, Http, Route};
use tower_telemetry_testkit::{Script, Step};

use crate::page::scraped;
use crate::tools::{feed, program, python, said};

/// All metrics there are, with something in each of them.
pub(crate) async fn registry() -> Registry {
    let mut registry = Registry::default();
    let server = Metrics::server()
        .with_names(Names::Both)
        .with_native_buckets(NativeBuckets::Beside)
        .with_bodies(Bodies::Measured)
        .with_time_to_head(TimeToHead::Kept)
        .register(&mut registry)
        .expect("new names");
    let client = Metrics::client().register(&mut registry).expect("new names");
    let grpc_server = Metrics::grpc_server().register(&mut registry).expect("new names");
    let grpc_client = Metrics::grpc_client().register(&mut registry).expect("new names");
    SpanCounts::register(&mut registry).expect("new names");
    register_process(&mut registry).expect("new names");
    let span = SpanContext::new(
        TraceId::from(7),
        SpanId::from(8),
        TraceFlags::SAMPLED,
        false,
        TraceState::default(),
    );
    let _current = Context::new().with_remote_span_context(span).attach();
    exchange(Http::server(), server, "text/event-stream").await;
    exchange(Http::client(), client, "text/plain").await;
    exchange(Grpc::server(), grpc_server, "application/grpc").await;
    exchange(Grpc::client(), grpc_client, "application/grpc").await;
    let jobs = Family::counters("jobs", "Jobs that were done").with_max_series(1);
    jobs.register(&mut registry).expect("a new name");
    let waits = Family::seconds("job_wait", "Time that jobs have waited", &Buckets::durations());
    waits.register(&mut registry).expect("a new name");
    for queue in ["a\"b\\c\nforged_total 1\r\0\u{2028}", "} 1", "# HELP"] {
        let job = [("queue", queue.to_owned())];
        jobs.get(&job).add(1);
        waits.observe(&job, 0.2);
    }
    registry
}

/// Two calls, one good and one bad.
async fn exchange<C: ClassifyHttp + Send + 'static>(classify: C, metrics: Metrics<C::Facts>, kind: &'static str)
where
    C::Facts: Measured,
{
    let answer = tower::service_fn(move |request: Request<()>| async move {
        let response = Response::builder().header("content-type", kind);
        let response = match request.uri().path() {
            "/a.B/C" => response.body(Script::new([Step::Data(9), Step::trailer("grpc-status", "0")])),
            _ => response.status(StatusCode::NOT_FOUND).body(Script::new([Step::Fail])),
        };
        Ok::<_, std::convert::Infallible>(response.expect("a response"))
    });
    let mut service = metrics.layer(classify).layer(answer);
    for path in ["/a.B/C", "/"] {
        let request = Request::post(format!("http://users.example{path}"))
            .header("content-type", kind)
            .extension(Route::new("/a\"b\\c"))
            .body(())
            .expect("a request");
        let response = service
            .ready()
            .await
            .expect("ready")
            .call(request)
            .await
            .expect("an answer");
        // Whatever becomes of it.
        let _ = response.into_body().collect().await;
    }
}

#[tokio::test]
async fn promtool_finds_nothing_wrong_with_the_text() {
    let Some(promtool) = program("promtool") else { return };
    let text = scraped(registry().await, "text/plain").await;
    let output = feed(Command::new(promtool).args(["check", "metrics"]), &text);
    let found = said(&output);
    // The one name that is not ours to choose.
    let found: Vec<_> = found
        .lines()
        .filter(|line| !line.starts_with("active_spans_total "))
        .collect();
    assert!(found.is_empty(), "{found:#?}\n{text}");
}

const PARSE: &str = "
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
exemplars = queues = 0
names = set()
for family in text_string_to_metric_families(sys.stdin.read()):
    names.add(family.name)
    for sample in family.samples:
        if sample.exemplar:
            exemplars += 1
            assert set(sample.exemplar.labels) == {'trace_id', 'span_id'}, sample
        if family.name == 'jobs' and 'queue' in sample.labels:
            queues += 1
            assert sample.labels['queue'] == 'a\"b\\\\c\\\\nforged_total 1\\\\r\\\\u{0}\\\\u{2028}', sample
assert 'http_server_request_duration_seconds' in names, names
assert 'forged' not in names and 'forged_total' not in names, names
assert queues == 1, queues
print(len(names), exemplars)
";

#[tokio::test]
async fn the_strict_parser_takes_open_metrics_with_exemplars() {
    let Some(python) = python() else { return };
    let text = scraped(registry().await, "application/openmetrics-text; version=1.0.0").await;
    let output = feed(Command::new(python).args(["-X", "utf8", "-c", PARSE]), &text);
    assert!(output.status.success(), "{}\n{text}", said(&output));
    let numbers: Vec<u32> = said(&output)
        .split_whitespace()
        .map(|number| number.parse().expect("a number"))
        .collect();
    // Of both names of a duration, of all kinds of calls.
    assert!(numbers[0] > 30 && numbers[1] >= 5, "{numbers:?}\n{text}");
}
