//! What is written down beside spans: lines of a log, and metrics.

use tokio::runtime::Builder;
use tower_telemetry::prometheus::prometheus_client::encoding::text::encode;
use tower_telemetry::prometheus::prometheus_client::registry::Registry;
use tower_telemetry_testkit::Log;

/// The lines that are logged while this runs on a runtime with one thread.
///
/// # Panics
///
/// When something else than text is logged.
pub fn logged(scenario: impl Future<Output = ()>) -> Vec<String> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    Log::of(|| runtime.block_on(scenario))
}

/// The registry's metrics as text.
///
/// # Panics
///
/// When one of them cannot be written.
pub fn page(registry: &Registry) -> String {
    let mut page = String::new();
    encode(&mut page, registry).expect("text");
    page
}
