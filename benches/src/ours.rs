//! This family's layers, as the cases need them.

use std::time::Duration;

use http::uri::Scheme;
use opentelemetry::global;
use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use prometheus_client::registry::Registry;
use tower::layer::util::Stack;
use tower_telemetry::observe::{Observe, ObserveLayer, Plain, on_end};
use tower_telemetry::prometheus::{Metrics, MetricsLayer};
use tower_telemetry::propagate::Propagation;
use tower_telemetry::reqwest::ReqwestMiddleware;
use tower_telemetry::semconv::{Http, HttpCall, Server};
use tower_telemetry::span::Spans;
use tower_telemetry::{Extract, ExtractLayer, Inject, InjectLayer, Slow, SlowLayer};

use crate::provider::provider;

pub(crate) const GIVEN: &str = "tower-telemetry, tracer given";
pub(crate) const GIVEN_AXUM: &str = "tower-telemetry, tracer given (axum)";
pub(crate) const REQWEST: &str = "tower-telemetry-reqwest (its chain subtracted)";
pub(crate) const GLOBAL: &str = "tower-telemetry, tracer found globally";
pub(crate) const FOREIGN: &str = "tower-telemetry, foreign global propagator";
pub(crate) const OFF: &str = "tower-telemetry, propagation off";
pub(crate) const OFF_AXUM: &str = "tower-telemetry, propagation off (axum)";
pub(crate) const UNTOLD: &str = "tower-telemetry, by default";
pub(crate) const UNTOLD_AXUM: &str = "tower-telemetry, by default (axum)";
pub(crate) const EXPORTED: &str = "tower-telemetry, before the exporter";
pub(crate) const SET: &str = "tower-telemetry, when they are set";
pub(crate) const SLOW: &str = "tower-telemetry";
pub(crate) const SLOW_PLAIN: &str = "tower-telemetry, a service of any kind";
pub(crate) const FUSED: &str = "tower-telemetry, fused";
pub(crate) const FUSED_AXUM: &str = "tower-telemetry, fused (axum)";
pub(crate) const STACKED: &str = "tower-telemetry, as three layers";
pub(crate) const STACKED_AXUM: &str = "tower-telemetry, as three layers (axum)";
pub(crate) const FRAME: &str = "tower-telemetry";
pub(crate) const METRICS: &str = "tower-telemetry, metrics";
pub(crate) const METRICS_AXUM: &str = "tower-telemetry, metrics (axum)";
pub(crate) const FUNCTION: &str = "tower-telemetry, #[traced]";
pub(crate) const ASYNC_FUNCTION: &str = "tower-telemetry, #[traced] async";
pub(crate) const BUSINESS_SPAN: &str = "tower-telemetry, business_span";

/// The server layer that knows its tracer.
pub(crate) fn server() -> ExtractLayer {
    server_untold().with_spans(Spans::server().with_tracer_provider(&provider()))
}

/// The server layer that has to look for a tracer.
pub(crate) fn server_untold() -> ExtractLayer {
    ExtractLayer::new().with_http(http())
}

/// The server layer where nothing is installed, and nothing passed on.
pub(crate) fn server_off() -> ExtractLayer {
    server_untold().with_propagation(Propagation::off())
}

/// The client layer that knows its tracer.
pub(crate) fn client() -> InjectLayer {
    InjectLayer::new().with_spans(Spans::client().with_tracer_provider(&provider()))
}

/// The same as a middleware of reqwest-middleware.
pub(crate) fn middleware() -> ReqwestMiddleware {
    let inject = Inject::new().with_spans(Spans::client().with_tracer_provider(&provider()));
    ReqwestMiddleware::new(Http::client(), inject)
}

/// The server layer that counts and times.
pub(crate) fn metrics() -> MetricsLayer<Http<Server>> {
    counting().layer(http())
}

/// What reads the server's requests.
pub(crate) fn http() -> Http<Server> {
    Http::server().with_scheme(Scheme::HTTP)
}

/// The layer that warns of slow calls, while they run.
pub(crate) fn slow() -> SlowLayer {
    SlowLayer::server(Duration::from_secs(1))
}

/// The same for a service of any kind, whose calls end with its answer.
pub(crate) fn slow_plain() -> SlowLayer<Plain<&'static str>> {
    SlowLayer::plain("users", Duration::from_secs(1))
}

/// The observers of [`all`].
pub(crate) type All = (Extract, Metrics<HttpCall<Server>>, Slow);

/// Spans, metrics and warnings in one layer, each with its policy.
pub(crate) fn all() -> ObserveLayer<Http<Server>, All> {
    let spans = Spans::server().with_tracer_provider(&provider());
    let slow = Slow::from(Duration::from_secs(1));
    ObserveLayer::new(http(), (Extract::new().with_spans(spans), counting(), slow))
}

/// The same as three layers.
pub(crate) fn stacked() -> Stack<SlowLayer, Stack<MetricsLayer<Http<Server>>, ExtractLayer>> {
    Stack::new(slow(), Stack::new(metrics(), server()))
}

fn counting() -> Metrics<HttpCall<Server>> {
    let metrics = Metrics::server().register(&mut Registry::default());
    metrics.expect("an empty registry takes any name")
}

/// A layer that watches calls, and does nothing else.
pub(crate) fn watching() -> ObserveLayer<Http<Server>, impl Observe<HttpCall<Server>, Watch: Send + Sync> + Send + Sync>
{
    ObserveLayer::new(http(), on_end(|_| {}))
}

/// Installs a provider for everybody.
pub(crate) fn install_provider() {
    global::set_tracer_provider(provider());
}

/// Installs a propagator that is not ours: the SDK's for traces and baggage.
pub(crate) fn install_foreign_propagator() {
    global::set_text_map_propagator(TextMapCompositePropagator::new(vec![
        Box::new(TraceContextPropagator::new()),
        Box::new(BaggagePropagator::new()),
    ]));
}

#[cfg(test)]
mod tests {
    use opentelemetry_sdk::trace::SpanData;

    use super::*;
    use crate::drive::Pair;
    use crate::provider::ENDED;
    use crate::workload::Caller::{self, Sampled, Unsampled};
    use crate::{floors, stacks};

    fn spans(pair: &Pair) -> Vec<SpanData> {
        (pair.with)()(1);
        ENDED.take()
    }

    fn assert_same(pair: fn(Caller) -> Pair, by_hand: fn(Caller) -> Pair) {
        let [said, said_by_hand] = [pair, by_hand].map(|pair| {
            let spans = spans(&pair(Sampled));
            assert_eq!(spans.len(), 1);
            assert!(spans[0].parent_span_is_remote);
            let attributes = spans[0].attributes.iter();
            let mut said: Vec<_> = attributes
                .map(|said| format!("{} = {:?}", said.key, said.value))
                .collect();
            said.sort();
            said.push(format!("{:?} {}", spans[0].span_kind, spans[0].name));
            said
        });
        let texts = |said: Vec<String>| {
            said.join("\n")
                .replace("Static(", "Owned(")
                .replace("RefCounted(", "Owned(")
        };
        assert_eq!(texts(said), texts(said_by_hand));
        assert!(spans(&pair(Unsampled)).is_empty());
    }

    #[test]
    fn a_server_span_says_what_the_one_by_hand_says() {
        assert_same(
            |caller| stacks::tower(caller, &server()),
            |caller| stacks::instead(caller, floors::Server::stock()),
        );
    }

    #[test]
    fn a_client_span_says_what_the_one_by_hand_says() {
        assert_same(
            |caller| stacks::client(caller, &client()),
            |caller| stacks::client(caller, &floors::Client::stock()),
        );
    }
}
