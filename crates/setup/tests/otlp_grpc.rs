//! Spans that leave by OTLP over gRPC, over real connections and under every runtime.
#![cfg(feature = "otlp-grpc")]

mod grpc_receiver;
mod otlp;
mod requests;

use grpc_receiver::{Request, start as collector, start_answering};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use otlp::{Outcome, nobody, telemetry, told_when_nobody_listens, work};
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

#[test]
fn spans_that_the_collector_refuses_in_a_batch_that_it_takes_are_counted() -> Outcome {
    let (address, _requests) = start_answering(|| {
        let refused = ExportTracePartialSuccess {
            rejected_spans: 1,
            error_message: "too old".into(),
        };
        Ok(ExportTraceServiceResponse {
            partial_success: Some(refused),
        })
    })?;
    let telemetry = telemetry(otlp().with_endpoint(address))?;
    work(&telemetry);
    let flushed = telemetry.flush().expect_err("one was refused").to_string();
    assert!(flushed.contains("refused 1 span of"), "{flushed}");
    let counts = telemetry.exports()[0].counts();
    assert_eq!((counts.exported, counts.lost.refused, counts.lost.total()), (1, 1, 1));
    telemetry.shutdown()?;
    Ok(())
}

#[tokio::test]
async fn a_collector_that_is_down_is_an_error_of_the_flush_and_nothing_else() -> Outcome {
    let address = nobody()?;
    let reason = told_when_nobody_listens(otlp().with_endpoint(&address))?;
    assert!(reason.starts_with(&address), "{reason}");
    Ok(())
}
