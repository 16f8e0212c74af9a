//! Exporters of the user's own, several of them, and those that misbehave.

mod blocked;

use std::sync::mpsc;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use blocked::{Blocked, blocked};
use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SpanData, SpanExporter};
use tower_telemetry_sanitize::{Sanitizer, Secret};
use tower_telemetry_setup::{Error, Telemetry, Trace, Waterfall};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Keeps the names of what it exports.
#[derive(Debug, Clone, Default)]
struct Names(Arc<Mutex<Vec<String>>>);

impl Names {
    fn exported(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl SpanExporter for Names {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let names = batch.into_iter().map(|span| span.name.into_owned());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(names);
        Ok(())
    }
}

fn work(telemetry: &Telemetry, name: &'static str) {
    telemetry.tracer_provider().tracer("test").in_span(name, |_| ());
}

#[test]
fn nothing_to_export_to_is_an_error() {
    let error = Telemetry::builder("orders").build().expect_err("nothing to export to");
    assert!(matches!(error, Error::NoExporter));
    assert!(error.to_string().contains("with_waterfall"), "{error}");
}

#[test]
fn a_waterfall_and_several_exporters_get_every_span() -> Outcome {
    let (first, second) = (Names::default(), Names::default());
    let (send, traces) = mpsc::channel();
    let telemetry = Telemetry::builder("orders")
        .with_exporter(first.clone())
        .with_exporter(second.clone())
        .with_waterfall(Waterfall::to(move |trace: &Trace| {
            let _ = send.send(trace.spans().len());
        }))
        .build()?;
    work(&telemetry, "a");
    work(&telemetry, "b");
    telemetry.shutdown()?;
    assert_eq!(first.exported(), ["a", "b"]);
    assert_eq!(second.exported(), ["a", "b"]);
    assert_eq!(traces.try_iter().collect::<Vec<_>>(), [1, 1]);
    Ok(())
}

#[test]
fn one_policy_guards_each_exporter_and_the_waterfall() -> Outcome {
    let policy = Sanitizer::builder().with_secrets([Secret::Email]).build()?;
    let (first, second) = (Names::default(), Names::default());
    let (send, traces) = mpsc::channel();
    let telemetry = Telemetry::builder("orders")
        .with_exporter(first.clone())
        .with_exporter(second.clone())
        .with_waterfall(Waterfall::to(move |trace: &Trace| {
            let _ = send.send(trace.to_string());
        }))
        .with_sanitizer(policy)
        .build()?;
    work(&telemetry, "mail to ada@example.com");
    telemetry.shutdown()?;
    assert_eq!(first.exported(), ["mail to REDACTED"]);
    assert_eq!(second.exported(), ["mail to REDACTED"]);
    let shown: Vec<_> = traces.try_iter().collect();
    assert!(shown.len() == 1 && shown[0].contains("mail to REDACTED"), "{shown:?}");
    Ok(())
}

#[test]
fn a_sampler_decides() -> Outcome {
    let names = Names::default();
    let telemetry = Telemetry::builder("orders")
        .with_sampler(Sampler::AlwaysOff)
        .with_exporter(names.clone())
        .build()?;
    work(&telemetry, "a");
    telemetry.shutdown()?;
    assert!(names.exported().is_empty());
    Ok(())
}

#[test]
fn spans_after_the_end_do_no_harm() -> Outcome {
    let names = Names::default();
    let telemetry = Telemetry::builder("orders").with_exporter(names.clone()).build()?;
    let tracer = telemetry.tracer_provider().tracer("test");
    let mut open = tracer.start("open at the end");
    work(&telemetry, "in time");
    telemetry.shutdown()?;
    tracer.in_span("afterwards", |_| ());
    open.end();
    assert_eq!(names.exported(), ["in time"]);
    Ok(())
}

#[test]
fn a_provider_that_was_shut_down_by_hand_is_no_error() -> Outcome {
    let telemetry = Telemetry::builder("orders").with_exporter(Names::default()).build()?;
    telemetry.tracer_provider().shutdown()?;
    telemetry.shutdown()?;
    Ok(())
}

#[tokio::test]
async fn an_exporter_that_hangs_holds_up_neither_the_end_nor_the_others() -> Outcome {
    let (exporter, _begun, release) = blocked();
    let names = Names::default();
    let (send, traces) = mpsc::channel();
    let telemetry = Telemetry::builder("orders")
        .with_exporter(exporter)
        .with_exporter(names.clone())
        .with_waterfall(Waterfall::to(move |trace: &Trace| {
            let _ = send.send(trace.spans().len());
        }))
        .with_shutdown_timeout(Duration::from_secs(1))
        .build()?;
    work(&telemetry, "a");
    let shut_down = telemetry.shutdown();
    assert!(matches!(shut_down, Err(Error::Timeout(_))), "{shut_down:?}");
    assert_eq!(names.exported(), ["a"]);
    assert_eq!(traces.try_recv(), Ok(1));
    drop(release);
    Ok(())
}

#[derive(Debug)]
struct Panics;

impl SpanExporter for Panics {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        panic!("on purpose")
    }
}

#[test]
fn an_exporter_that_panics_is_an_error_of_the_flush_and_nothing_else() -> Outcome {
    let telemetry = Telemetry::builder("orders").with_exporter(Panics).build()?;
    work(&telemetry, "a");
    assert!(telemetry.flush().is_err());
    work(&telemetry, "b");
    assert!(telemetry.flush().is_err());
    drop(telemetry);
    Ok(())
}

/// Fails once it may go on.
#[derive(Debug)]
struct FailsLate(Blocked);

impl SpanExporter for FailsLate {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.export(batch).await?;
        Err(OTelSdkError::Timeout(Duration::from_secs(5)))
    }
}

#[test]
fn a_flush_waits_for_an_export_and_tells_of_its_failure() -> Outcome {
    let (exporter, begun, release) = blocked();
    let telemetry = Telemetry::builder("orders")
        .with_exporter(FailsLate(exporter))
        .build()?;
    work(&telemetry, "a");
    let flushed = thread::scope(|scope| {
        let flush = scope.spawn(|| telemetry.flush());
        let released = begun.recv().map(|_| release.send(()));
        (flush.join(), released)
    });
    assert!(
        matches!(flushed, (Ok(Err(Error::Export(_))), Ok(Ok(())))),
        "{flushed:?}"
    );
    telemetry.flush()?;
    telemetry.shutdown()?;
    Ok(())
}

#[test]
fn an_end_waits_for_an_export() -> Outcome {
    let (exporter, begun, release) = blocked();
    let telemetry = Telemetry::builder("orders").with_exporter(exporter).build()?;
    let exports = telemetry.exports()[0].clone();
    work(&telemetry, "a");
    let end = thread::spawn(|| telemetry.shutdown());
    begun.recv()?;
    release.send(())?;
    assert!(matches!(end.join(), Ok(Ok(()))));
    assert_eq!(exports.counts().exported, 1);
    Ok(())
}

#[derive(Debug)]
struct Fails;

impl SpanExporter for Fails {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        Err(OTelSdkError::InternalFailure("no such luck".into()))
    }
}

#[test]
fn an_end_tells_of_a_failure() -> Outcome {
    let telemetry = Telemetry::builder("orders").with_exporter(Fails).build()?;
    work(&telemetry, "a");
    let error = telemetry.shutdown().expect_err("the export failed").to_string();
    assert_eq!(error, "spans were lost: no such luck");
    Ok(())
}

/// Makes a span of its own for each export.
#[derive(Debug)]
struct Traced {
    tracer: Arc<OnceLock<SdkTracer>>,
    recorded: mpsc::Sender<bool>,
}

impl SpanExporter for Traced {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        let span = self.tracer.get().map(|tracer| tracer.start("export"));
        let _ = self.recorded.send(span.is_some_and(|span| span.is_recording()));
        Ok(())
    }
}

#[test]
fn what_an_exporter_does_is_not_traced() -> Outcome {
    let tracer: Arc<OnceLock<SdkTracer>> = Arc::default();
    let (recorded, was_recorded) = mpsc::channel();
    let exporter = Traced {
        tracer: Arc::clone(&tracer),
        recorded,
    };
    let telemetry = Telemetry::builder("orders").with_exporter(exporter).build()?;
    assert!(tracer.set(telemetry.tracer_provider().tracer("test")).is_ok());
    work(&telemetry, "a");
    telemetry.flush()?;
    telemetry.flush()?;
    assert_eq!(was_recorded.try_iter().collect::<Vec<_>>(), [false]);
    Ok(())
}
