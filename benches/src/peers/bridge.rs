//! Layers that make `tracing` spans, and the bridge from there to OpenTelemetry.

use http::Request;
use http::header::{HOST, USER_AGENT};
use opentelemetry::global;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tower_http::classify::{ServerErrorsAsFailures, SharedClassifier};
use tower_http::trace::TraceLayer;
use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::SubscriberExt;

use crate::provider::provider;
use crate::workload::ROUTE;

/// What the bridge adds to each span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extras {
    /// Source location, thread, target and idle times.
    Default,
    /// None of it.
    None,
}

/// Installs the stock propagator, and the bridge as the subscriber for everybody.
pub(crate) fn install(extras: Extras) {
    let extras = extras == Extras::Default;
    global::set_text_map_propagator(TraceContextPropagator::new());
    let bridge = tracing_opentelemetry::layer()
        .with_tracer(provider().tracer("benches"))
        .with_location(extras)
        .with_threads(extras)
        .with_target(extras)
        .with_tracked_inactivity(extras);
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(bridge)).expect("the first subscriber");
}

type MakeSpan<B> = fn(&Request<B>) -> Span;

/// tower-http's layer with the `make_span_with` that its users write to get a parent and attributes.
pub(crate) fn trace_layer<B>() -> TraceLayer<SharedClassifier<ServerErrorsAsFailures>, MakeSpan<B>> {
    TraceLayer::new_for_http().make_span_with(make_span)
}

fn make_span<B>(request: &Request<B>) -> Span {
    let header = |name| request.headers().get(name)?.to_str().ok();
    let span = tracing::info_span!(
        "request",
        otel.name = "GET /users/{id}",
        otel.kind = "server",
        http.request.method = request.method().as_str(),
        http.route = ROUTE,
        url.path = request.uri().path(),
        url.scheme = "http",
        server.address = header(HOST),
        user_agent.original = header(USER_AGENT),
        network.protocol.version = ?request.version(),
        http.response.status_code = Empty,
    );
    let parent = global::get_text_map_propagator(|global| global.extract(&HeaderExtractor(request.headers())));
    span.set_parent(parent).expect("the bridge is there");
    span
}
