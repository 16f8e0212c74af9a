//! The usual layers, whose spans a recorder keeps.

use tower_telemetry::span::Spans;
use tower_telemetry::{ExtractLayer, InjectLayer, client, server};
use tower_telemetry_testkit::spans::Recorder;

/// The server's.
pub fn traced_server(recorder: &Recorder) -> ExtractLayer {
    server().with_spans(Spans::server().with_tracer_provider(&recorder.provider))
}

/// The client's.
pub fn traced_client(recorder: &Recorder) -> InjectLayer {
    client().with_spans(Spans::client().with_tracer_provider(&recorder.provider))
}
