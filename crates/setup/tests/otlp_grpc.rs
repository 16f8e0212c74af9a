//! Spans that leave by OTLP over gRPC, over real connections and under every runtime.
#![cfg(feature = "otlp-grpc")]

mod grpc_receiver;
mod otlp;
mod requests;

use grpc_receiver::{Request, start as collector};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use otlp::{Outcome, nobody, told_when_nobody_listens};
use tower_telemetry_setup::{Compression, Otlp};

fn otlp() -> Otlp {
    Otlp::grpc()
}

fn body(request: &Request) -> ExportTraceServiceRequest {
    request.body.clone()
}

/// What its message is compressed with.
fn encoding(request: &Request) -> Option<&str> {
    request.headers.get("grpc-encoding")?.to_str().ok()
}

#[test]
fn messages_are_as_they_are_unless_compression_is_asked_for() -> Outcome {
    otlp::sent_with(None, None)
}

#[test]
fn messages_are_compressed_with_gzip() -> Outcome {
    otlp::sent_with(Some(Compression::Gzip), Some("gzip"))
}

#[cfg(feature = "zstd-grpc")]
#[test]
fn messages_are_compressed_with_zstd() -> Outcome {
    otlp::sent_with(Some(Compression::Zstd), Some("zstd"))
}

#[tokio::test]
async fn a_collector_that_is_down_is_an_error_of_the_flush_and_nothing_else() -> Outcome {
    let address = nobody()?;
    let reason = told_when_nobody_listens(otlp().with_endpoint(&address))?;
    assert!(reason.starts_with(&address), "{reason}");
    Ok(())
}
