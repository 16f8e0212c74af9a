//! The guard that keeps telemetry alive and flushes it at the end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry_sdk::trace::{SdkTracerProvider, SpanProcessor as _};

use crate::pipeline::Pipeline;
use crate::{Error, TelemetryBuilder, bounded};

/// A service's tracing, for as long as this lives.
///
/// When it is dropped, everything is flushed and shut down, within the
/// [shutdown timeout](TelemetryBuilder::with_shutdown_timeout): on a current-thread runtime of tokio, a multi-thread one, or
/// none. It blocks its thread for that time and needs nothing that runs on it. What went wrong is logged as a `tracing` warning;
/// [`shutdown`](Self::shutdown) returns it.
#[derive(Debug)]
#[must_use = "telemetry ends when this is dropped: keep it until the end of `main`"]
pub struct Telemetry {
    provider: SdkTracerProvider,
    pipeline: Pipeline,
    timeout: Duration,
    state: State,
    _reach: Reach,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    ShutDown,
}

/// Who finds the provider.
#[derive(Debug)]
pub(crate) enum Reach {
    /// Whoever has the guard.
    Handle,
    /// Everybody in the process.
    Process(Installed),
}

/// The one permission per process to be the global provider; given back when dropped.
#[derive(Debug)]
pub(crate) struct Installed(());

static INSTALLED: AtomicBool = AtomicBool::new(false);

impl Installed {
    pub(crate) fn claim() -> Result<Self, Error> {
        match INSTALLED.swap(true, Ordering::AcqRel) {
            false => Ok(Self(())),
            true => Err(Error::AlreadyInstalled),
        }
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        INSTALLED.store(false, Ordering::Release);
    }
}

impl Telemetry {
    /// Settings for the service of this name, which is final: no variable overrides what is said in code.
    pub fn builder(service: impl Into<String>) -> TelemetryBuilder {
        TelemetryBuilder::new(service.into())
    }

    /// Sets telemetry up as the standard environment variables say, and installs it for the process.
    ///
    /// With an endpoint in the environment, spans are exported there by OTLP; without one, traces are printed to standard error
    /// as [waterfalls](crate::Waterfall). The given name is the default.
    ///
    /// | variable | meaning | read by |
    /// |---|---|---|
    /// | `OTEL_SERVICE_NAME`, or `service.name` in `OTEL_RESOURCE_ATTRIBUTES` | the service's name | this function |
    /// | `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, or `OTEL_EXPORTER_OTLP_ENDPOINT` | export by OTLP, to here; over HTTP `/v1/traces` is added to the second | this function |
    /// | `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL`, or `OTEL_EXPORTER_OTLP_PROTOCOL` | `http/protobuf` (the default) or `grpc` | this function |
    /// | `OTEL_EXPORTER_OTLP_TRACES_TIMEOUT`, or `OTEL_EXPORTER_OTLP_TIMEOUT` | milliseconds for one batch | every OTLP exporter |
    /// | `OTEL_EXPORTER_OTLP_TRACES_HEADERS`, or `OTEL_EXPORTER_OTLP_HEADERS` | headers for the collector | the SDK, in every OTLP exporter |
    /// | `OTEL_RESOURCE_ATTRIBUTES` | further resource attributes | the SDK, always |
    /// | `OTEL_TRACES_SAMPLER`, `OTEL_TRACES_SAMPLER_ARG` | which traces are recorded | the SDK, unless there is a sampler in code |
    /// | `OTEL_BSP_MAX_QUEUE_SIZE`, `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`, `OTEL_BSP_SCHEDULE_DELAY` | the batches | the SDK, for every exporter |
    /// | `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT`, `OTEL_SPAN_EVENT_COUNT_LIMIT`, `OTEL_SPAN_LINK_COUNT_LIMIT` | limits of a span | the SDK, always |
    /// | `NO_COLOR` | printed waterfalls have no colors | [`Waterfall`](crate::Waterfall) |
    ///
    /// An empty variable counts as unset. Of the names in one line the first that is set counts. `OTEL_SDK_DISABLED`,
    /// `OTEL_TRACES_EXPORTER` and `OTEL_PROPAGATORS` are not read.
    ///
    /// # Errors
    ///
    /// When a variable read by this crate has a value that cannot be honored, which the error names together with what is allowed
    /// (what the SDK reads and does not understand, it ignores with a `tracing` warning), when telemetry is already installed, or
    /// when a thread cannot be started.
    pub fn from_env(service: impl Into<String>) -> Result<Self, Error> {
        TelemetryBuilder::from_environment(service.into())?.install()
    }

    pub(crate) fn new(provider: SdkTracerProvider, pipeline: Pipeline, timeout: Duration, reach: Reach) -> Self {
        Self {
            provider,
            pipeline,
            timeout,
            state: State::Running,
            _reach: reach,
        }
    }

    /// The tracer provider, to make tracers or layers with.
    pub fn tracer_provider(&self) -> &SdkTracerProvider {
        &self.provider
    }

    /// Hands over every span that has ended, and waits until that is done, at most for the shutdown timeout. Blocks.
    ///
    /// # Errors
    ///
    /// When an exporter failed or did not finish in time.
    pub fn flush(&self) -> Result<(), Error> {
        let pipeline = self.pipeline.clone();
        bounded::run(self.timeout, move || pipeline.force_flush())?.map_err(Error::from)
    }

    /// Flushes and ends telemetry, at most for the shutdown timeout. Blocks. Spans that end later are not recorded.
    ///
    /// # Errors
    ///
    /// When an exporter failed or did not finish in time.
    pub fn shutdown(mut self) -> Result<(), Error> {
        self.end()
    }

    fn end(&mut self) -> Result<(), Error> {
        self.state = State::ShutDown;
        let (provider, pipeline) = (self.provider.clone(), self.pipeline.clone());
        let timeout = self.timeout;
        bounded::run(timeout, move || {
            let ended = pipeline.shutdown_with_timeout(timeout);
            // So that it makes no more spans. What the pipeline has to say was said.
            let _ = provider.shutdown_with_timeout(timeout);
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
