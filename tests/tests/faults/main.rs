//! Random faults over real sockets: whatever goes wrong, each request is one span that has ended once and says what happened.
//!
//! 3,000 requests by default. The long run, with a line for every 10,000:
//!
//! ```sh
//! FAULTS=100000 cargo test --release -p tower-telemetry-tests --test faults
//! ```
//!
//! A failure tells the seed of its plan; `FAULTS_SEED` repeats it. No outcome depends on time: a client goes only when the server has said
//! that it is where the plan wants it.

mod client;
mod plan;
mod server;
mod tally;

use std::collections::BTreeMap;
use std::sync::Arc;

use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tower_telemetry::Extract;
use tower_telemetry::observe::{ObserveLayer, on_end};
use tower_telemetry::semconv::{AllowedHeaders, Http};
use tower_telemetry::span::Spans;
use tower_telemetry_tests::{BOTH, Server, ids};

use crate::client::Client;
use crate::plan::{CALL, Call, Plan};
use crate::tally::Tally;

/// How many clients each protocol has.
const CLIENTS: usize = 4;

fn histogram<T: Ord>(outcomes: impl IntoIterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    for outcome in outcomes {
        *counts.entry(outcome).or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_request_is_one_span_that_ends_once_and_says_what_happened() {
    let (plan, _seed) = Plan::from_env();
    let plan = Arc::new(plan);
    let tally = Tally::default();
    let provider = SdkTracerProvider::builder().with_span_processor(tally.clone()).build();
    let spans = Spans::server()
        .with_tracer_provider(&provider)
        .with_request_headers(AllowedHeaders::new([CALL]).expect("it is no secret"));
    let told = tally.clone();
    let observers = (
        Extract::new().with_spans(spans),
        on_end(move |report| told.report(report)),
    );
    let layer = ObserveLayer::new(Http::server(), observers);
    let server = Server::start(server::router(Arc::clone(&plan)).layer(layer)).await;

    let client = Client {
        plan: Arc::clone(&plan),
        server: server.address,
        made: Arc::default(),
    };
    let clients = BOTH
        .iter()
        .flat_map(|protocol| (0..CLIENTS).map(|first| client.clone().run(*protocol, first, CLIENTS)));
    let clients: Vec<_> = clients.map(tokio::spawn).collect();
    for client in clients {
        client.await.expect("what the clients saw was planned");
    }
    server.stop().await;

    let calls = plan.calls.len();
    // The last streams of HTTP/2 may end a little later than their connection.
    let settled = tally.settle(calls).await;
    let (spans, reports) = (tally.spans(), tally.reports());
    assert_eq!((tally.started(), spans.len(), reports.len()), (calls, calls, calls));
    assert!(settled);
    for (call, span) in plan.calls.iter().zip(&spans) {
        assert_eq!((call.id, call.outcome()), (span.id, span.outcome.clone()), "{call}");
        assert_eq!(span.parent, ids(call.id + 1), "{call}");
        let is_error = call.outcome().1.is_some();
        assert_eq!(
            span.status,
            if is_error { Status::error("") } else { Status::Unset },
            "{call}"
        );
    }
    let planned = histogram(plan.calls.iter().map(Call::outcome));
    assert_eq!(histogram(spans.into_iter().map(|span| span.outcome)), planned);
    assert_eq!(histogram(reports), planned);
}
