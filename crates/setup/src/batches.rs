//! Spans in batches, and whether they arrived.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{BatchSpanProcessor, Span, SpanData, SpanExporter, SpanProcessor};

use crate::error::reason;

/// The SDK's batches, with a time limit for flushes that can be set and a result that tells of every batch: the SDK's own waits
/// 5 seconds, tells of the last batch of a flush, and of none at a shutdown.
#[derive(Debug)]
pub(crate) struct Batches {
    processor: BatchSpanProcessor,
    failures: Arc<Mutex<Failures>>,
    flush_timeout: Duration,
}

#[derive(Debug, Default)]
struct Failures {
    count: u64,
    last: String,
}

impl Batches {
    pub(crate) fn start(exporter: impl SpanExporter + 'static, flush_timeout: Duration) -> Self {
        let failures = Arc::default();
        let watched = Watched {
            exporter,
            failures: Arc::clone(&failures),
        };
        Self {
            processor: BatchSpanProcessor::builder(watched).build(),
            failures,
            flush_timeout,
        }
    }

    /// The result of this work, or else the last batch that failed meanwhile.
    fn watch(&self, work: impl FnOnce() -> OTelSdkResult) -> OTelSdkResult {
        let failures = || self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let before = failures().count;
        let result = work();
        let failures = failures();
        match failures.count == before {
            true => result,
            false => Err(OTelSdkError::InternalFailure(failures.last.clone())),
        }
    }
}

impl SpanProcessor for Batches {
    fn on_start(&self, span: &mut Span, cx: &Context) {
        self.processor.on_start(span, cx);
    }

    fn on_end(&self, span: SpanData) {
        self.processor.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        let start = Instant::now();
        self.watch(|| {
            loop {
                match self.processor.force_flush() {
                    // The SDK gave up waiting; the export goes on.
                    Err(OTelSdkError::Timeout(_)) if start.elapsed() < self.flush_timeout => (),
                    flushed => return flushed,
                }
            }
        })
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.watch(|| self.processor.shutdown_with_timeout(timeout))
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.processor.set_resource(resource);
    }
}

/// An exporter whose failures are written down.
#[derive(Debug)]
struct Watched<E> {
    exporter: E,
    failures: Arc<Mutex<Failures>>,
}

impl<E: SpanExporter> SpanExporter for Watched<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let Err(error) = self.exporter.export(batch).await else {
            return Ok(());
        };
        let why = reason(error);
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.count += 1;
        failures.last.clone_from(&why);
        // Never a timeout, which would look as if the SDK had given up waiting.
        Err(OTelSdkError::InternalFailure(why))
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Fails;

    impl SpanExporter for Fails {
        async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
            Err(OTelSdkError::Timeout(Duration::from_secs(1)))
        }
    }

    #[test]
    fn a_failed_batch_is_told_though_a_later_one_arrived() -> std::io::Result<()> {
        let batches = Batches::start(Fails, Duration::from_secs(30));
        let exporter = Watched {
            exporter: Fails,
            failures: Arc::clone(&batches.failures),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let fail = || runtime.block_on(exporter.export(Vec::new()));
        assert!(matches!(fail(), Err(OTelSdkError::InternalFailure(_))));
        assert!(batches.watch(|| Ok(())).is_ok(), "that was before");
        let told = batches.watch(|| {
            let _ = fail();
            Ok(())
        });
        assert!(matches!(told, Err(OTelSdkError::InternalFailure(why)) if why.contains("1s")));
        Ok(())
    }
}
