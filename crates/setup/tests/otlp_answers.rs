//! What a collector answers, and what that does to the counts.
#![cfg(feature = "otlp-http")]

mod http_receiver;

use std::time::Duration;

use http_receiver::{Answer, start_answering};
use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse};
use prost::Message as _;
use tower_telemetry_setup::{Exports, Otlp, Telemetry};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Ends three spans, and returns what the flush said and what was counted.
fn exported(otlp: Otlp) -> Result<(Result<(), String>, Exports), Box<dyn std::error::Error>> {
    let telemetry = Telemetry::builder("orders")
        .with_otlp(otlp)
        .with_shutdown_timeout(Duration::from_secs(60))
        .build()?;
    let tracer = telemetry.tracer_provider().tracer("test");
    for name in ["a", "b", "c"] {
        tracer.in_span(name, |_| ());
    }
    let flushed = telemetry.flush().map_err(|error| error.to_string());
    let exports = telemetry.exports()[0].clone();
    telemetry.shutdown()?;
    Ok((flushed, exports))
}

#[test]
fn spans_that_the_collector_refuses_in_a_batch_that_it_takes_are_counted() -> Outcome {
    let (address, _requests) = start_answering(|_| {
        let partial_success = Some(ExportTracePartialSuccess {
            rejected_spans: 2,
            error_message: "too old".into(),
        });
        Answer::ok(ExportTraceServiceResponse { partial_success }.encode_to_vec())
    })?;
    let (flushed, exports) = exported(Otlp::http().with_endpoint(address))?;
    let counts = exports.counts();
    assert_eq!((counts.exported, counts.lost.refused, counts.lost.total()), (1, 2, 2));
    let error = flushed.expect_err("some were refused");
    assert!(error.contains("refused 2 spans"), "{error}");
    Ok(())
}

#[test]
fn a_collector_that_has_enough_is_asked_again() -> Outcome {
    for busy in [Answer::too_many_requests, Answer::service_unavailable] {
        let (address, requests) = start_answering(move |asked| match asked {
            0 => busy(),
            _ => Answer::ok(Vec::new()),
        })?;
        let (flushed, exports) = exported(Otlp::http().with_endpoint(address))?;
        assert_eq!(flushed, Ok(()));
        assert_eq!((exports.counts().exported, exports.counts().lost.total()), (3, 0));
        assert_eq!(requests.try_iter().count(), 2);
    }
    Ok(())
}

#[test]
fn a_collector_that_never_has_room_costs_its_batches_and_no_more() -> Outcome {
    let (address, _requests) = start_answering(|_| Answer::service_unavailable())?;
    let otlp = Otlp::http()
        .with_endpoint(&address)
        .with_timeout(Duration::from_millis(20));
    let (flushed, exports) = exported(otlp)?;
    let error = flushed.expect_err("it never took them");
    assert!(error.contains(&address), "{error}");
    assert_eq!((exports.counts().exported, exports.counts().lost.failed), (0, 3));
    Ok(())
}

#[cfg(feature = "otlp-logs")]
mod logs {
    use tracing_subscriber::Registry;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[test]
    fn events_leave_as_logs_with_the_ids_of_their_span() -> Outcome {
        let (address, requests) = http_receiver::start()?;
        let telemetry = Telemetry::builder("orders")
            .with_exporter(tower_telemetry_setup::InMemory::new())
            .with_otlp_logs(Otlp::http().with_endpoint(address))
            .with_shutdown_timeout(Duration::from_secs(60))
            .build()?;
        let subscriber = Registry::default().with(telemetry.log_bridge());
        let trace = tracing::subscriber::with_default(subscriber, || {
            telemetry.tracer_provider().tracer("test").in_span("place order", |cx| {
                use opentelemetry::trace::TraceContextExt as _;
                tracing::info!("an order was placed");
                cx.span().span_context().trace_id()
            })
        });
        telemetry.shutdown()?;
        let http_receiver::Request { line, body, .. } = requests.try_recv()?;
        assert_eq!(line, "POST /v1/logs HTTP/1.1");
        let has = |part: &[u8]| body.windows(part.len()).any(|window| window == part);
        assert!(has(b"an order was placed") && has(b"orders"));
        assert!(has(&trace.to_bytes()), "the log names its trace");
        Ok(())
    }
}
