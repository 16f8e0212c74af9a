//! `tracing` and these layers side by side: spans of `#[tracing::instrument]` and of the layers are parents of each other.
//!
//! All it takes is tracing-opentelemetry's layer, with a tracer of the same provider. That the layers see its spans is due to its *context
//! activation*: while a `tracing` span is entered, its OpenTelemetry context is the current one. It is on by default; with
//! `with_context_activation(false)` outgoing calls are children of the server's span instead, as a test shows.
//!
//! The level filter is for h2, whose own spans would otherwise be exported, too.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::get;
use futures_util::future::join_all;
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use opentelemetry::trace::{SpanKind, TracerProvider};
use opentelemetry_sdk::trace::SpanData;
use tokio::runtime;
use tokio::sync::Barrier;
use tower::{Layer, ServiceExt};
use tower_telemetry::span::Spans;
use tower_telemetry::{InjectLayer, client};
use tower_telemetry_testkit::spans::{Recorder, is_parent, named};
use tower_telemetry_tests::{
    Connection, Goodbye, Protocol, Server, ended, ids, traced_client, traced_server, traceparent,
};
use tracing::Dispatch;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::layer::SubscriberExt;

type HttpClient = <InjectLayer as Layer<Client<HttpConnector, Body>>>::Service;

/// Records spans of `tracing` and of the layers alike.
fn subscriber(recorder: &Recorder) -> Dispatch {
    let spans = tracing_opentelemetry::layer().with_tracer(recorder.provider.tracer("app"));
    Dispatch::new(tracing_subscriber::registry().with(spans.with_filter(LevelFilter::INFO)))
}

/// A service whose handler asks another one, which answers with the `traceparent` that it was sent.
struct Services {
    recorder: Recorder,
    front: Server,
    _back: Server,
}

#[derive(Clone)]
struct Front {
    client: HttpClient,
    back: String,
    /// Where handlers wait for each other.
    meeting: Arc<Barrier>,
}

impl Services {
    /// Handlers wait until so many requests are in one.
    async fn start(recorder: Recorder, client: InjectLayer, at_once: usize) -> Self {
        let layer = traced_server(&recorder);
        let echo = async |headers: HeaderMap| {
            headers["traceparent"]
                .clone()
                .to_str()
                .map(str::to_owned)
                .expect("text")
        };
        let back = Server::start(Router::new().route("/back", get(echo)).layer(layer.clone())).await;
        let state = Front {
            client: client.layer(Client::builder(TokioExecutor::new()).build_http()),
            back: format!("http://{}/back", back.address),
            meeting: Arc::new(Barrier::new(at_once)),
        };
        let handler = async |State(front): State<Front>| ask(&front).await;
        let front = Server::start(Router::new().route("/", get(handler)).with_state(state).layer(layer)).await;
        Services {
            recorder,
            front,
            _back: back,
        }
    }

    /// Sends a request of this caller to the front, and returns the `traceparent` that the back was sent.
    async fn visit(&self, caller: u64) -> String {
        let connection = Connection::open(Protocol::Http1, self.front.address, Goodbye::Fin).await;
        let request = Request::get("/").header("traceparent", traceparent(caller));
        let body = connection.fetch(request).await.into_body();
        String::from_utf8(body.to_vec()).expect("text")
    }
}

#[tracing::instrument(skip_all)]
async fn ask(front: &Front) -> String {
    front.meeting.wait().await;
    let request = Request::get(&front.back).body(Body::empty()).expect("a request");
    let answer = front.client.clone().oneshot(request).await.expect("an answer");
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    front.meeting.wait().await;
    String::from_utf8(body.to_vec()).expect("text")
}

/// Whether this is the `traceparent` of that span.
fn carries(traceparent: &str, span: &SpanData) -> bool {
    let context = &span.span_context;
    traceparent == format!("00-{}-{}-01", context.trace_id(), context.span_id())
}

#[tokio::test]
async fn an_instrumented_function_in_a_handler_is_a_child_of_the_server_span() {
    let recorder = Recorder::new();
    let _subscriber = tracing::dispatcher::set_default(&subscriber(&recorder));
    let services = Services::start(recorder.clone(), traced_client(&recorder), 1).await;
    services.visit(7).await;

    let spans = ended(&services.recorder, 4).await;
    let front = named(&spans, "GET /");
    assert_eq!((front.span_context.trace_id(), front.parent_span_id), ids(7));
    assert!(is_parent(front, named(&spans, "ask")));
}

#[tokio::test]
async fn a_call_out_of_an_instrumented_function_is_its_child_and_the_headers_say_so() {
    let recorder = Recorder::new();
    let _subscriber = tracing::dispatcher::set_default(&subscriber(&recorder));
    let services = Services::start(recorder.clone(), traced_client(&recorder), 1).await;
    let traceparent = services.visit(7).await;

    let spans = ended(&services.recorder, 4).await;
    let call = named(&spans, "GET");
    assert_eq!(call.span_kind, SpanKind::Client);
    assert!(is_parent(named(&spans, "ask"), call));
    assert!(carries(&traceparent, call), "{traceparent}");
    assert!(is_parent(call, named(&spans, "GET /back")));
}

#[tokio::test]
async fn a_call_without_a_span_of_its_own_carries_the_instrumented_functions_context() {
    // The first is left out by its filter; the second has no provider, its own or global.
    for untraced in [client().with_spans(Spans::client().with_filter(|_| false)), client()] {
        let recorder = Recorder::new();
        let _subscriber = tracing::dispatcher::set_default(&subscriber(&recorder));
        let services = Services::start(recorder, untraced, 1).await;
        let traceparent = services.visit(7).await;

        let spans = ended(&services.recorder, 3).await;
        let ask = named(&spans, "ask");
        assert!(carries(&traceparent, ask), "{traceparent}");
        assert!(is_parent(ask, named(&spans, "GET /back")));
    }
}

#[tokio::test]
async fn without_context_activation_a_call_is_a_sibling_of_the_instrumented_function() {
    let recorder = Recorder::new();
    let spans = tracing_opentelemetry::layer()
        .with_tracer(recorder.provider.tracer("app"))
        .with_context_activation(false);
    let subscriber = tracing_subscriber::registry().with(spans.with_filter(LevelFilter::INFO));
    let _subscriber = tracing::subscriber::set_default(subscriber);
    let services = Services::start(recorder.clone(), traced_client(&recorder), 1).await;
    services.visit(7).await;

    let spans = ended(&services.recorder, 4).await;
    assert!(is_parent(named(&spans, "GET /"), named(&spans, "ask")));
    assert!(is_parent(named(&spans, "GET /"), named(&spans, "GET")));
}

/// As many requests at once as wait for each other in the middle, twice: each trace is one chain of four spans.
async fn interleaved(recorder: Recorder) {
    const AT_ONCE: u32 = 50;
    let services = Services::start(recorder.clone(), traced_client(&recorder), AT_ONCE as usize).await;
    join_all((1..=AT_ONCE).map(|caller| services.visit(caller.into()))).await;

    let mut traces: HashMap<_, Vec<_>> = HashMap::new();
    for span in ended(&services.recorder, AT_ONCE as usize * 4).await {
        traces.entry(span.span_context.trace_id()).or_default().push(span);
    }
    for caller in 1..=AT_ONCE {
        let spans = &traces[&ids(caller.into()).0];
        let chain = ["GET /", "ask", "GET", "GET /back"].map(|name| named(spans, name));
        assert!(chain.windows(2).all(|pair| is_parent(pair[0], pair[1])), "{spans:#?}");
        assert_eq!(spans.len(), chain.len());
    }
}

#[test]
fn requests_that_interleave_on_one_thread_keep_to_their_own_spans() {
    let recorder = Recorder::new();
    let _subscriber = tracing::dispatcher::set_default(&subscriber(&recorder));
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(interleaved(recorder));
}

#[test]
fn requests_that_move_between_threads_keep_to_their_own_spans() {
    let recorder = Recorder::new();
    let subscriber = subscriber(&recorder);
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        // For as long as the thread lives.
        .on_thread_start(move || std::mem::forget(tracing::dispatcher::set_default(&subscriber)))
        .build()
        .expect("a runtime");
    runtime.block_on(interleaved(recorder));
}
