//! axum-prometheus and axum-otel-metrics.

use axum_otel_metrics::{HttpMetricsLayer, HttpMetricsLayerBuilder};
use axum_prometheus::PrometheusMetricLayer;
use opentelemetry_0_32::global;
use opentelemetry_sdk_0_32::metrics::{ManualReader, SdkMeterProvider};

/// With the recorder that it installs, which keeps samples until they are asked for.
pub(crate) fn axum_prometheus() -> PrometheusMetricLayer<'static> {
    // It starts a task that tidies up, which is nothing a call pays for.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime needs no more than memory");
    let _entered = runtime.enter();
    let (layer, _) = PrometheusMetricLayer::pair();
    layer
}

/// With a provider that collects when it is asked.
pub(crate) fn axum_otel() -> HttpMetricsLayer {
    let reader = ManualReader::builder().build();
    global::set_meter_provider(SdkMeterProvider::builder().with_reader(reader).build());
    HttpMetricsLayerBuilder::new().build()
}
