//! Functions and tasks below a server: each request's spans are its own, also on one connection, and also after its end.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use http::Request;
use opentelemetry::global;
use opentelemetry::trace::{SpanId, SpanKind};
use opentelemetry_sdk::trace::SpanData;
use tower_telemetry::server;
use tower_telemetry::traced::{TracedExt, in_span, spawn, spawn_blocking, traced};
use tower_telemetry_testkit::spans::{Recorder, is_parent, text};
use tower_telemetry_tests::{BOTH, Connection, Goodbye, Protocol, Server, ended, ids, traceparent};

const REQUESTS: usize = 1_000;
/// The spans of each: the server's, and the handler's four.
const SPANS: usize = 5;

/// `#[traced]` knows the global provider alone.
static RECORDER: LazyLock<Recorder> = LazyLock::new(|| {
    let recorder = Recorder::new();
    global::set_tracer_provider(recorder.provider.clone());
    recorder
});

#[traced(args(number))]
async fn handle(Path(number): Path<u64>) -> String {
    in_span("step", |span| span.attr("number", number));
    // Nobody waits for these: they may go on when the next request is there already.
    spawn(work(number));
    spawn_blocking(move || in_span("blocking", |span| span.attr("number", number)));
    number.to_string()
}

async fn work(number: u64) {
    for _ in 0..number % 4 {
        tokio::task::yield_now().await;
    }
    async { tower_telemetry::traced::record("number", number) }
        .traced("task")
        .await;
}

/// The caller of this request: every other one has one.
fn caller(number: usize) -> Option<u64> {
    number.is_multiple_of(2).then_some(number as u64 + 1)
}

async fn one_connection(protocol: Protocol) {
    let recorder = &*RECORDER;
    let before = recorder.spans().len();
    let app = Router::new().route("/orders/{number}", get(handle)).layer(server());
    let server = Server::start(app).await;
    let connection = Connection::open(protocol, server.address, Goodbye::Fin).await;
    for number in 0..REQUESTS {
        let mut request = Request::get(protocol.target(&format!("/orders/{number}")));
        if let Some(caller) = caller(number) {
            request = request.header("traceparent", traceparent(caller));
        }
        assert_eq!(connection.fetch(request).await.body(), &number.to_string());
    }
    drop(connection);
    server.stop().await;
    let spans = ended(recorder, before + REQUESTS * SPANS).await;
    check(&spans[before..]);
}

fn check(spans: &[SpanData]) {
    assert_eq!(spans.len(), REQUESTS * SPANS);
    let mut by_parent: HashMap<_, Vec<_>> = HashMap::new();
    for span in spans {
        by_parent.entry(span.parent_span_id).or_default().push(span);
    }
    let served: Vec<_> = spans.iter().filter(|span| span.span_kind == SpanKind::Server).collect();
    let traces: HashSet<_> = served.iter().map(|span| span.span_context.trace_id()).collect();
    assert_eq!((served.len(), traces.len()), (REQUESTS, REQUESTS));
    for served in served {
        let path = text(served, "url.path").expect("a path");
        let number: usize = path.trim_start_matches("/orders/").parse().expect("a number");
        let parent = caller(number).map_or(SpanId::INVALID, |caller| ids(caller).1);
        assert_eq!(served.parent_span_id, parent);
        let [handler] = by_parent[&served.span_context.span_id()][..] else {
            panic!("more than the handler below {served:#?}");
        };
        let below = &by_parent[&handler.span_context.span_id()];
        let mut names: Vec<_> = below.iter().map(|span| &*span.name).collect();
        names.sort_unstable();
        assert_eq!(names, ["blocking", "step", "task"]);
        for span in below.iter().chain([&handler]) {
            assert_eq!(text(span, "number"), Some(number.to_string()), "{span:#?}");
            assert!(is_parent(handler, span) || is_parent(served, span));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_requests_on_one_connection_keep_to_themselves() {
    for protocol in BOTH {
        one_connection(protocol).await;
    }
}
