//! How telemetry is flushed, and how it ends.

use std::time::Duration;

use opentelemetry_sdk::trace::SpanProcessor as _;

use super::{State, Telemetry};
use crate::{Error, bounded};

/// How much longer than what it waits for a flush or a shutdown may take: so that what it waits for gives up first, and counts.
const SLACK: Duration = Duration::from_millis(250);

impl Telemetry {
    /// Hands over every span that has ended, and waits until that is done, at most for the shutdown timeout. Blocks.
    ///
    /// # Errors
    ///
    /// When an exporter failed or did not finish in time.
    pub fn flush(&self) -> Result<(), Error> {
        let pipeline = self.running.pipeline.clone();
        #[cfg(feature = "otlp-logs")]
        let logger_provider = self.running.logger_provider.clone();
        bounded::run(self.running.timeout.saturating_add(SLACK), move || {
            let flushed = pipeline.force_flush();
            #[cfg(feature = "otlp-logs")]
            if let Some(logger_provider) = logger_provider {
                return flushed.and(logger_provider.force_flush());
            }
            flushed
        })?
        .map_err(Error::from)
    }

    /// Flushes and ends telemetry, at most for the shutdown timeout. Blocks. Spans that end later are not recorded; how many were
    /// still open is logged as a `tracing` warning.
    ///
    /// # Errors
    ///
    /// When an exporter failed or did not finish in time.
    pub fn shutdown(mut self) -> Result<(), Error> {
        self.end()
    }

    fn end(&mut self) -> Result<(), Error> {
        self.state = State::ShutDown;
        let running = &self.running;
        let (provider, pipeline, timeout) = (running.provider.clone(), running.pipeline.clone(), running.timeout);
        #[cfg(feature = "otlp-logs")]
        let logger_provider = running.logger_provider.clone();
        bounded::run(timeout.saturating_add(SLACK), move || {
            let ended = pipeline.shutdown_with_timeout(timeout);
            let open = pipeline.open();
            if open > 0 {
                tracing::warn!("{open} sampled spans were still open when telemetry ended, and are lost");
            }
            // So that it makes no more spans. What the pipeline has to say was said.
            let _ = provider.shutdown_with_timeout(timeout);
            // Last, since what happened so far is logged.
            #[cfg(feature = "otlp-logs")]
            if let Some(logger_provider) = logger_provider {
                return ended.and(logger_provider.shutdown_with_timeout(timeout));
            }
            ended
        })?
        .map_err(Error::from)
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if self.state == State::ShutDown {
            return;
        }
        if let Err(error) = self.end() {
            tracing::warn!("telemetry ended badly: {error}");
        }
    }
}
