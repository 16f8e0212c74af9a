//! This family's layers, as the cases need them.

use http::uri::Scheme;
use opentelemetry::global;
use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use tower_telemetry::propagate::Propagation;
use tower_telemetry::semconv::Http;
use tower_telemetry::span::Spans;
use tower_telemetry::{ExtractLayer, InjectLayer};

use crate::workload::provider;

pub(crate) const GIVEN: &str = "tower-telemetry, tracer given";
pub(crate) const GIVEN_AXUM: &str = "tower-telemetry, tracer given (axum)";
pub(crate) const GLOBAL: &str = "tower-telemetry, tracer found globally";
pub(crate) const FOREIGN: &str = "tower-telemetry, foreign global propagator";
pub(crate) const OFF: &str = "tower-telemetry, propagation off";
pub(crate) const OFF_AXUM: &str = "tower-telemetry, propagation off (axum)";
pub(crate) const UNTOLD: &str = "tower-telemetry, by default";
pub(crate) const UNTOLD_AXUM: &str = "tower-telemetry, by default (axum)";
pub(crate) const FRAME: &str = "tower-telemetry";

/// The server layer that knows its tracer.
pub(crate) fn server() -> ExtractLayer {
    server_untold().with_spans(Spans::server().with_tracer_provider(&provider()))
}

/// The server layer that has to look for a tracer.
pub(crate) fn server_untold() -> ExtractLayer {
    ExtractLayer::new().with_http(Http::server().with_scheme(Scheme::HTTP))
}

/// The server layer where nothing is installed, and nothing passed on.
pub(crate) fn server_off() -> ExtractLayer {
    server_untold().with_propagation(Propagation::off())
}

/// The client layer that knows its tracer.
pub(crate) fn client() -> InjectLayer {
    InjectLayer::new().with_spans(Spans::client().with_tracer_provider(&provider()))
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
