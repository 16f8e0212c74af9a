//! Spans that leave by OTLP over HTTP, over real connections and under every runtime.
#![cfg(feature = "otlp-http")]

mod http_receiver;
mod otlp;
mod requests;

use http_receiver::{Request, start as collector};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use otlp::{Outcome, nobody, telemetry, told_when_nobody_listens, work};
#[cfg(any(feature = "gzip", feature = "zstd"))]
use tower_telemetry_setup::Compression;
use tower_telemetry_setup::Otlp;

fn otlp() -> Otlp {
    Otlp::http()
}

fn body(request: &Request) -> ExportTraceServiceRequest {
    request.traces().expect("spans")
}

/// What its body is compressed with.
fn encoding(request: &Request) -> Option<&str> {
    request.headers.get("content-encoding").map(String::as_str)
}

#[test]
fn bodies_are_as_they_are_unless_compression_is_asked_for() -> Outcome {
    otlp::sent_with(None, None)
}

#[cfg(feature = "gzip")]
#[test]
fn bodies_are_compressed_with_gzip() -> Outcome {
    otlp::sent_with(Some(Compression::Gzip), Some("gzip"))
}

#[cfg(feature = "zstd")]
#[test]
fn bodies_are_compressed_with_zstd() -> Outcome {
    otlp::sent_with(Some(Compression::Zstd), Some("zstd"))
}

#[test]
fn a_request_is_a_post_of_protobuf() -> Outcome {
    let (address, requests) = collector()?;
    let telemetry = telemetry(otlp().with_endpoint(address))?;
    work(&telemetry);
    telemetry.shutdown()?;
    let request = requests.try_recv()?;
    assert_eq!(request.line, "POST /v1/traces HTTP/1.1");
    let content_type = request.headers.get("content-type").map(String::as_str);
    assert_eq!(content_type, Some("application/x-protobuf"));
    Ok(())
}

#[tokio::test]
async fn a_collector_that_is_down_is_an_error_of_the_flush_and_nothing_else() -> Outcome {
    let address = nobody()?;
    let reason = told_when_nobody_listens(otlp().with_endpoint(format!("{address}?api-key=secret")))?;
    assert!(reason.starts_with(&format!("{address}/v1/traces did not")), "{reason}");
    assert!(!reason.contains("secret"), "{reason}");
    Ok(())
}
