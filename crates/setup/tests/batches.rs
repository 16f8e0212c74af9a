//! How spans are gathered, and when they leave.

mod blocked;
mod queued;

use std::time::Duration;

use blocked::blocked;
use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use queued::{HOUR, end_spans};
use tower_telemetry_setup::{Batch, InMemory, Telemetry};

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[test]
fn a_full_batch_leaves_at_once_and_the_rest_when_it_is_asked_for() -> Outcome {
    let (exporter, begun, release) = blocked();
    let telemetry = Telemetry::builder("orders")
        .with_exporter(exporter)
        .with_batch(Batch::new().with_max_batch_size(10).with_delay(HOUR))
        .build()?;
    drop(release);
    end_spans(&telemetry, 25);
    assert_eq!((begun.recv()?, begun.recv()?), (10, 10));
    telemetry.flush()?;
    assert_eq!(begun.try_recv()?, 5);
    telemetry.shutdown()?;
    Ok(())
}

#[test]
fn nobody_has_to_ask_for_a_batch_that_is_not_full() -> Outcome {
    for batch in [Batch::immediate(), Batch::new().with_delay(Duration::from_millis(20))] {
        let (exporter, begun, release) = blocked();
        drop(release);
        let telemetry = Telemetry::builder("orders")
            .with_exporter(exporter)
            .with_batch(batch)
            .build()?;
        end_spans(&telemetry, 1);
        assert_eq!(begun.recv()?, 1);
        telemetry.shutdown()?;
    }
    Ok(())
}

#[test]
fn spans_are_exported_in_the_order_they_ended_and_with_the_resource() -> Outcome {
    let memory = InMemory::new();
    let telemetry = Telemetry::builder("orders")
        .with_exporter(memory.clone())
        .with_batch(Batch::new().with_max_batch_size(7).with_delay(HOUR))
        .build()?;
    let tracer = telemetry.tracer_provider().tracer("test");
    let names: Vec<_> = (0..1_000).map(|at| at.to_string()).collect();
    for name in &names {
        tracer.in_span(name.clone(), |_| ());
    }
    telemetry.shutdown()?;
    let exported: Vec<_> = memory.spans().iter().map(|span| span.name.to_string()).collect();
    assert_eq!(exported, names);
    Ok(())
}

#[test]
fn a_wrong_size_is_refused() {
    let built = Telemetry::builder("orders")
        .with_exporter(InMemory::new())
        .with_batch(Batch::new().with_max_queue_size(10).with_max_batch_size(11))
        .build();
    let error = built.expect_err("the batch does not fit").to_string();
    assert!(error.starts_with("Batch::with_max_batch_size is `11`"), "{error}");
}

#[test]
fn endless_times_are_no_overflow() -> Outcome {
    let memory = InMemory::new();
    let batch = Batch::new()
        .with_delay(Duration::MAX)
        .with_export_timeout(Duration::MAX);
    let telemetry = Telemetry::builder("orders")
        .with_exporter(memory.clone())
        .with_batch(batch)
        .with_shutdown_timeout(Duration::MAX)
        .build()?;
    end_spans(&telemetry, 1);
    telemetry.flush()?;
    assert_eq!(memory.take().len(), 1);
    end_spans(&telemetry, 1);
    telemetry.shutdown()?;
    assert_eq!(memory.take().len(), 1);
    Ok(())
}
