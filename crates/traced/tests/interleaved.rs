//! 100,000 requests that take turns, on one thread and on many: no wrong parent.
#![allow(clippy::unwrap_used)]

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use futures_util::future::join;
use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry::{Context, Value, global};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, Span, SpanData, SpanProcessor};
use tokio::runtime::Builder;
use tokio::task::{JoinSet, yield_now};
use tower_telemetry_traced::{TracedExt, business_span, in_span, spawn, traced};

const REQUESTS: i64 = 100_000;
/// So many are under way at a time.
const TOGETHER: usize = 1_000;

/// What is kept of a span.
struct Row {
    request: i64,
    name: String,
    trace: TraceId,
    id: SpanId,
    parent: SpanId,
}

#[derive(Clone, Default)]
struct Rows(Arc<Mutex<Vec<Row>>>);

impl SpanProcessor for Rows {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        let [attribute] = &span.attributes[..] else {
            panic!("each span tells its request: {span:#?}");
        };
        let Value::I64(request) = attribute.value else {
            panic!("a number: {span:#?}");
        };
        self.0.lock().unwrap().push(Row {
            request,
            name: span.name.into_owned(),
            trace: span.span_context.trace_id(),
            id: span.span_context.span_id(),
            parent: span.parent_span_id,
        });
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rows")
    }
}

static ROWS: LazyLock<Rows> = LazyLock::new(|| {
    let rows = Rows::default();
    global::set_tracer_provider(SdkTracerProvider::builder().with_span_processor(rows.clone()).build());
    rows
});

/// Each span, and the one it is below.
const TREE: [(&str, &str); 6] = [
    ("request", ""),
    ("validate", "request"),
    ("price", "request"),
    ("stock", "request"),
    ("look up", "stock"),
    ("ship", "request"),
];

#[traced(name = "request", args(request))]
async fn request(request: i64) {
    yield_now().await;
    in_span(business_span("validate").attr("request", request), |_| ());
    join(price(request), stock(request)).await;
    yield_now().await;
    let shipped = async { yield_now().await }.traced(business_span("ship").attr("request", request));
    spawn(shipped).await.unwrap();
}

#[traced(name = "price", args(request))]
async fn price(request: i64) {
    for _ in 0..request % 3 {
        yield_now().await;
    }
}

#[traced(name = "stock", args(request))]
async fn stock(request: i64) {
    yield_now().await;
    look_up(request);
    yield_now().await;
}

#[traced(name = "look up", args(request))]
fn look_up(request: i64) {
    let _ = request;
}

async fn all(requests: std::ops::Range<i64>) {
    let mut tasks = JoinSet::new();
    for number in requests {
        if tasks.len() == TOGETHER {
            tasks.join_next().await.unwrap().unwrap();
        }
        tasks.spawn(request(number));
    }
    tasks.join_all().await;
}

/// The requests' spans, each below the right one of the same request.
fn check(requests: std::ops::Range<i64>) {
    let rows: Vec<_> = {
        let mut rows = ROWS.0.lock().unwrap();
        let (ours, others) = rows.drain(..).partition(|row| requests.contains(&row.request));
        *rows = others;
        ours
    };
    assert_eq!(rows.len(), TREE.len() * (requests.end - requests.start) as usize);
    let by_id: HashMap<_, _> = rows.iter().map(|row| (row.id, row)).collect();
    let tree = HashMap::from(TREE);
    for row in &rows {
        let name = match by_id.get(&row.parent) {
            Some(parent) => {
                assert_eq!(
                    (parent.request, parent.trace),
                    (row.request, row.trace),
                    "{} of {}",
                    row.name,
                    row.request
                );
                &*parent.name
            }
            None => "",
        };
        assert_eq!(name, tree[&*row.name], "the parent of {} of {}", row.name, row.request);
    }
    let traces: HashSet<_> = rows.iter().map(|row| (row.request, row.trace)).collect();
    assert_eq!(traces.len(), rows.len() / TREE.len(), "one trace for each request");
}

#[test]
fn no_wrong_parent_on_one_thread() {
    LazyLock::force(&ROWS);
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(all(0..REQUESTS));
    check(0..REQUESTS);
}

#[test]
fn no_wrong_parent_on_many_threads() {
    LazyLock::force(&ROWS);
    let runtime = Builder::new_multi_thread().worker_threads(8).build().unwrap();
    runtime.block_on(all(REQUESTS..2 * REQUESTS));
    check(REQUESTS..2 * REQUESTS);
}
