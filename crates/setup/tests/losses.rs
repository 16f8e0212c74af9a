//! What becomes of every span, whatever the exporter does.

mod blocked;
mod queued;

use std::future::pending;
use std::panic::panic_any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use blocked::blocked;
use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter, SpanProcessor as _};
use queued::{HOUR, end_spans};
use tower_telemetry_setup::{Batch, BatchProcessor, Error, ExportCounts, InMemory, Telemetry};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn counts(telemetry: &Telemetry) -> ExportCounts {
    telemetry.exports()[0].counts()
}

#[test]
fn a_blocked_exporter_holds_a_queue_and_a_batch_and_the_rest_is_lost_to_the_span() -> Outcome {
    const SPANS: u64 = 200_000;
    let (exporter, begun, release) = blocked();
    let telemetry = Telemetry::builder("orders")
        .with_exporter(exporter)
        .with_shutdown_timeout(Duration::from_millis(50))
        .build()?;
    end_spans(&telemetry, 512);
    assert_eq!(begun.recv()?, 512, "a full batch leaves at once");
    end_spans(&telemetry, SPANS as usize - 512);

    let exports = telemetry.exports()[0].clone();
    let counts = exports.counts();
    assert_eq!(counts.received, SPANS);
    assert_eq!(counts.pending, 2_048 + 512);
    assert_eq!(counts.lost.queue_full, SPANS - 2_048 - 512);
    assert_eq!(counts.lost.total() + counts.pending, SPANS);

    let shut_down = telemetry.shutdown();
    assert!(matches!(shut_down, Err(Error::Timeout(_))), "{shut_down:?}");
    let counts = exports.counts();
    assert_eq!((counts.exported, counts.pending), (0, 0));
    assert_eq!(counts.lost.shutdown, 2_048 + 512);
    assert_eq!(counts.lost.total(), SPANS);

    // The batch that was under way arrives after all, and is no longer counted as lost.
    release.send(())?;
    while exports.counts().exported == 0 {
        thread::yield_now();
    }
    let counts = exports.counts();
    assert_eq!((counts.exported, counts.lost.total()), (512, SPANS - 512));
    Ok(())
}

/// Does with each batch what the script says, the last entry again and again.
#[derive(Debug)]
struct Scripted {
    script: &'static [Does],
    batches: AtomicU64,
    arrived: InMemory,
}

#[derive(Debug, Clone, Copy)]
enum Does {
    Export,
    Fail,
    Panic,
    Hang,
}

/// What a panic throws that is not over with one panic.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("on purpose");
    }
}

fn scripted(script: &'static [Does]) -> (Scripted, InMemory) {
    let arrived = InMemory::new();
    let exporter = Scripted {
        script,
        batches: AtomicU64::new(0),
        arrived: arrived.clone(),
    };
    (exporter, arrived)
}

impl SpanExporter for Scripted {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let at = self.batches.fetch_add(1, Ordering::Relaxed) as usize;
        match self.script[at.min(self.script.len() - 1)] {
            Does::Export => self.arrived.export(batch).await,
            Does::Fail => Err(OTelSdkError::InternalFailure("no such luck".into())),
            Does::Panic => panic_any(Bomb),
            Does::Hang => pending().await,
        }
    }
}

#[test]
fn an_exporter_that_panics_loses_its_batch_and_exports_the_next() -> Outcome {
    let (exporter, arrived) = scripted(&[Does::Panic, Does::Panic, Does::Export]);
    let telemetry = Telemetry::builder("orders").with_exporter(exporter).build()?;
    for lost in [2, 5] {
        end_spans(&telemetry, lost);
        let error = telemetry.flush().expect_err("it panicked").to_string();
        assert!(error.contains("panicked"), "{error}");
    }
    end_spans(&telemetry, 3);
    telemetry.flush()?;
    let counts = counts(&telemetry);
    assert_eq!((counts.exported, counts.lost.panicked), (3, 7));
    assert_eq!(counts.lost.total(), 7);
    assert_eq!(arrived.spans().len(), 3);
    telemetry.shutdown()?;
    Ok(())
}

#[test]
fn failures_and_batches_that_take_too_long_are_told_apart() -> Outcome {
    let (exporter, _arrived) = scripted(&[Does::Fail, Does::Hang, Does::Export]);
    let telemetry = Telemetry::builder("orders")
        .with_exporter(exporter)
        .with_batch(Batch::new().with_export_timeout(Duration::from_millis(1)))
        .build()?;
    for (spans, why) in [(1, "no such luck"), (2, "not exported within 1ms")] {
        end_spans(&telemetry, spans);
        let error = telemetry.flush().expect_err(why).to_string();
        assert!(error.contains(why), "{error}");
        assert_eq!(
            telemetry.exports()[0]
                .last_failure()
                .as_deref()
                .map(|last| last.contains(why)),
            Some(true)
        );
    }
    end_spans(&telemetry, 4);
    telemetry.flush()?;
    let counts = counts(&telemetry);
    assert_eq!((counts.lost.failed, counts.lost.timed_out, counts.exported), (1, 2, 4));
    assert_eq!(counts.received, 7);
    telemetry.shutdown()?;
    Ok(())
}

/// Fails every third batch and panics on every fifth.
#[derive(Debug, Default)]
struct Moody(AtomicU64);

impl SpanExporter for Moody {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        match self.0.fetch_add(1, Ordering::Relaxed) {
            batch if batch % 5 == 4 => panic!("on purpose"),
            batch if batch % 3 == 2 => Err(OTelSdkError::InternalFailure("no such luck".into())),
            _ => Ok(()),
        }
    }
}

#[test]
fn the_counts_add_up_under_load_from_many_threads() -> Outcome {
    const THREADS: usize = 8;
    const EACH: usize = 10_000;
    let telemetry = Telemetry::builder("orders")
        .with_exporter(Moody::default())
        .with_batch(Batch::new().with_max_queue_size(64).with_max_batch_size(16))
        .with_shutdown_timeout(HOUR)
        .build()?;
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                end_spans(&telemetry, EACH);
                let counts = counts(&telemetry);
                assert_eq!(counts.received, counts.exported + counts.pending + counts.lost.total());
            });
        }
    });
    let exports = telemetry.exports()[0].clone();
    // Whether the last batches failed is up to chance.
    let _ = telemetry.shutdown();
    let counts = exports.counts();
    assert_eq!(counts.received, (THREADS * EACH) as u64);
    assert_eq!(counts.pending, 0);
    assert_eq!(counts.exported + counts.lost.total(), counts.received);
    assert!(
        counts.exported > 0 && counts.lost.failed > 0 && counts.lost.panicked > 0,
        "{counts:?}"
    );
    Ok(())
}

#[test]
fn spans_that_end_after_the_shutdown_are_counted() -> Outcome {
    let memory = InMemory::new();
    let processor = Arc::new(BatchProcessor::start(memory.clone(), Batch::new())?);
    let provider = SdkTracerProvider::builder()
        .with_span_processor(BatchProcessor::start(memory.clone(), Batch::new())?)
        .build();
    provider.tracer("test").in_span("a", |_| ());
    provider.shutdown()?;
    let span = memory.take().remove(0);

    processor.shutdown()?;
    processor.shutdown()?;
    processor.on_end(span);
    let counts = processor.exports().counts();
    assert_eq!((counts.received, counts.lost.after_shutdown), (1, 1));
    assert!(memory.spans().is_empty());
    Ok(())
}
