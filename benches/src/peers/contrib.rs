//! opentelemetry-instrumentation-tower, with traces alone and with metrics.

use opentelemetry::global;
use opentelemetry_instrumentation_tower::http::extractors::FnRouteExtractor;
use opentelemetry_instrumentation_tower::http::server::{Layer, LayerBuilder};
use opentelemetry_sdk::metrics::{ManualReader, SdkMeterProvider};
use opentelemetry_sdk::propagation::TraceContextPropagator;

use crate::provider::provider;
use crate::stacks::Incoming;
use crate::workload::ROUTE;

/// What it looks for: a provider, and the stock propagator.
pub(crate) fn install() {
    global::set_tracer_provider(provider());
    global::set_text_map_propagator(TraceContextPropagator::new());
}

type Route = fn(&Incoming) -> Option<String>;

/// Told the route.
pub(crate) fn tower() -> Layer<FnRouteExtractor<Route>> {
    let route: Route = |_| Some(ROUTE.to_owned());
    LayerBuilder::builder()
        .with_metrics(false)
        .with_route_extractor_fn(route)
        .build()
        .expect("a layer by default")
}

/// Finds the route in axum.
pub(crate) fn axum() -> Layer {
    LayerBuilder::builder()
        .with_metrics(false)
        .build()
        .expect("a layer by default")
}

/// The same with its metrics, which go to an SDK that nobody reads.
pub(crate) fn with_metrics() -> Layer {
    install();
    let reader = ManualReader::builder().build();
    global::set_meter_provider(SdkMeterProvider::builder().with_reader(reader).build());
    LayerBuilder::builder().build().expect("a layer by default")
}
