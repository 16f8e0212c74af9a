//! The runtime an exporter runs on, so that the service's own does not matter.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, mpsc};
use std::{io, thread};

use opentelemetry::Context;
use opentelemetry_otlp::{ExporterBuildError, SpanExporter as OtlpExporter};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use tokio::runtime::{Builder, EnterGuard, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing::Dispatch;
use tracing::instrument::WithSubscriber as _;

use super::listener::Listener;
use crate::Error;
use crate::batch::Refusals;
use crate::error::reason;

/// A thread with a small tokio runtime, on which nothing is traced. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Driver {
    handle: Handle,
    _stop: oneshot::Sender<Infallible>,
}

impl Driver {
    pub(super) fn start() -> Result<Self, Error> {
        let (started, start) = mpsc::sync_channel(1);
        let (stop, stopped) = oneshot::channel::<Infallible>();
        thread::Builder::new()
            .name("otlp-export".into())
            .spawn(move || {
                let runtime = match Builder::new_current_thread().enable_all().build() {
                    Ok(runtime) => runtime,
                    Err(error) => return drop(started.send(Err(error))),
                };
                if started.send(Ok(runtime.handle().clone())).is_ok() {
                    let _suppressed = Context::enter_telemetry_suppressed_scope();
                    // Nothing is ever sent: this ends when the driver is dropped.
                    let _ = runtime.block_on(stopped);
                }
                // A name lookup that hangs would hold up the usual shutdown.
                runtime.shutdown_background();
            })
            .map_err(Error::Thread)?;
        match start.recv() {
            Ok(Ok(handle)) => Ok(Self { handle, _stop: stop }),
            Ok(Err(error)) => Err(Error::Thread(error)),
            Err(_) => Err(Error::Thread(io::Error::other("it ended before it was ready"))),
        }
    }

    /// Makes its runtime the current one.
    pub(super) fn enter(&self) -> EnterGuard<'_> {
        self.handle.enter()
    }

    /// Runs `work` on the driver's thread; the future returned here may be awaited anywhere. It ends with that future.
    async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, tokio::task::JoinError> {
        let mut task = Task(self.handle.spawn(work));
        (&mut task.0).await
    }
}

/// Work that goes on only as long as somebody waits for it: what is given up counts as lost, and had better not arrive.
struct Task<T>(JoinHandle<T>);

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// An OTLP exporter on a [`Driver`].
pub(crate) struct Driven {
    exporter: Arc<OtlpExporter>,
    driver: Driver,
    /// Where it sends to, and how, for messages.
    destination: String,
    about: String,
    /// Hears what the exporter says while it exports.
    listener: Dispatch,
    refusals: Refusals,
}

impl Driven {
    /// Builds an exporter inside a runtime of its own.
    pub(crate) fn new(
        destination: String,
        about: String,
        build: impl FnOnce() -> Result<OtlpExporter, ExporterBuildError>,
    ) -> Result<Self, Error> {
        let driver = Driver::start()?;
        let entered = driver.enter();
        let exporter = build().map_err(|error| Error::Exporter(error.to_string()))?;
        drop(entered);
        let refusals = Refusals::default();
        Ok(Self {
            exporter: Arc::new(exporter),
            driver,
            destination,
            about,
            listener: Dispatch::new(Listener::new(refusals.clone())),
            refusals,
        })
    }

    /// Where it sends to.
    pub(crate) fn destination(&self) -> &str {
        &self.destination
    }

    /// How it sends.
    pub(crate) fn about(&self) -> &str {
        &self.about
    }

    /// Where refused spans are noted.
    pub(crate) fn refusals(&self) -> Refusals {
        self.refusals.clone()
    }
}

impl fmt::Debug for Driven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.exporter.fmt(f)
    }
}

impl SpanExporter for Driven {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let (exporter, refusals) = (Arc::clone(&self.exporter), self.refusals.clone());
        let export = async move {
            // A batch that was given up may have noted some late.
            refusals.take();
            exporter.export(batch).await
        };
        let exported = self.driver.run(export.with_subscriber(self.listener.clone()));
        let why = match exported.await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => reason(error),
            Err(error) => error.to_string(),
        };
        Err(OTelSdkError::InternalFailure(format!(
            "{} did not take them ({why}); check that a collector runs there and can be reached from here",
            self.destination
        )))
    }

    fn set_resource(&mut self, resource: &Resource) {
        // Only an export shares the exporter, and the SDK sets the resource before the first one.
        if let Some(exporter) = Arc::get_mut(&mut self.exporter) {
            exporter.set_resource(resource);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_runs_elsewhere_untraced_and_with_timers() -> Result<(), Box<dyn std::error::Error>> {
        let driver = Driver::start()?;
        let here = thread::current().id();
        let (there, suppressed) = driver
            .run(async {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                (thread::current().id(), Context::current().is_telemetry_suppressed())
            })
            .await?;
        assert_ne!(here, there);
        assert!(suppressed);
        Ok(())
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_is_stopped() -> Result<(), Box<dyn std::error::Error>> {
        let driver = Driver::start()?;
        let (held, dropped) = oneshot::channel::<()>();
        let (begin, begun) = oneshot::channel();
        let mut work = Box::pin(driver.run(async move {
            let _ = begin.send(());
            let _held = held;
            std::future::pending::<()>().await;
        }));
        tokio::select! {
            _ = &mut work => unreachable!("it never ends"),
            begun = begun => begun?,
        }
        drop(work);
        assert!(dropped.await.is_err(), "what the work held is dropped");
        Ok(())
    }

    #[tokio::test]
    async fn a_panic_stays_with_the_work() -> Result<(), Box<dyn std::error::Error>> {
        let driver = Driver::start()?;
        let panicked = driver.run(async { panic!("on purpose") }).await;
        assert!(matches!(panicked, Err::<(), _>(error) if error.is_panic()));
        assert_eq!(driver.run(async { 7 }).await?, 7);
        Ok(())
    }
}
