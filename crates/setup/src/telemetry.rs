//! The guard that keeps telemetry alive and flushes it at the end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::global;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanProcessor as _};

use crate::check::{Checker, provider_is_there};
use crate::keep::Shelves;
use crate::pipeline::Pipeline;
use crate::report::Configuration;
#[cfg(feature = "sampling-file")]
use crate::samplers::Watched;
use crate::{Error, Exports, Finding, KeepCounts, Report, TelemetryBuilder, bounded};

/// How much longer than what it waits for a flush or a shutdown may take: so that what it waits for gives up first, and counts.
const SLACK: Duration = Duration::from_millis(250);

/// A service's tracing, for as long as this lives.
///
/// When it is dropped, everything is flushed and shut down, within the
/// [shutdown timeout](TelemetryBuilder::with_shutdown_timeout): on a current-thread runtime of tokio, a multi-thread one, or
/// none. It blocks its thread for that time and needs nothing that runs on it. What went wrong is logged as a `tracing` warning;
/// [`shutdown`](Self::shutdown) returns it.
#[derive(Debug)]
#[must_use = "telemetry ends when this is dropped: keep it until the end of `main`"]
pub struct Telemetry {
    running: Running,
    state: State,
}

/// What a builder has built.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) provider: SdkTracerProvider,
    pub(crate) pipeline: Pipeline,
    pub(crate) exports: Vec<Exports>,
    pub(crate) kept: Option<Shelves>,
    pub(crate) configuration: Configuration,
    /// What was found while it was built.
    pub(crate) findings: Vec<Finding>,
    pub(crate) checker: Option<Checker>,
    #[cfg(feature = "sampling-file")]
    pub(crate) sampling_file: Option<Watched>,
    #[cfg(feature = "otlp-logs")]
    pub(crate) logger_provider: Option<opentelemetry_sdk::logs::SdkLoggerProvider>,
    pub(crate) timeout: Duration,
    #[expect(dead_code, reason = "it is held, not looked at")]
    pub(crate) reach: Reach,
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
pub(crate) struct Installed {
    before: Before,
}

/// Who was the global provider before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Nobody,
    OneOfOurs,
    Another,
}

static INSTALLED: AtomicBool = AtomicBool::new(false);
/// Whether one of ours was ever installed: it stays the global provider after its end.
static EVER: AtomicBool = AtomicBool::new(false);

impl Installed {
    pub(crate) fn claim() -> Result<Self, Error> {
        if INSTALLED.swap(true, Ordering::AcqRel) {
            return Err(Error::AlreadyInstalled);
        }
        let before = match (EVER.swap(true, Ordering::AcqRel), provider_is_there()) {
            (true, _) => Before::OneOfOurs,
            (false, true) => Before::Another,
            (false, false) => Before::Nobody,
        };
        Ok(Self { before })
    }

    pub(crate) fn finds_another_provider(&self) -> bool {
        self.before == Before::Another
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        INSTALLED.store(false, Ordering::Release);
    }
}

impl Telemetry {
    /// Settings for the service of this name, which is final: no variable overrides what is said in code.
    ///
    /// What is not said there comes from the standard variables, as in [`from_env`](Self::from_env), except for the profile and for
    /// where spans go: these are said in code.
    pub fn builder(service: impl Into<String>) -> TelemetryBuilder {
        TelemetryBuilder::new(service.into())
    }

    /// Settings as the environment has them, to override some in code. Exporters given in code stand in place of the environment's.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_telemetry_setup::{Keep, Telemetry};
    ///
    /// let telemetry = Telemetry::builder_from_env("orders")
    ///     .with_service_version(env!("CARGO_PKG_VERSION"))
    ///     .with_keep(Keep::failed().with_slow(Duration::from_secs(1)))
    ///     .install()?;
    /// # telemetry.shutdown()?;
    /// # Ok::<(), tower_telemetry_setup::Error>(())
    /// ```
    pub fn builder_from_env(service: impl Into<String>) -> TelemetryBuilder {
        TelemetryBuilder::from_environment(service.into())
    }

    /// Sets telemetry up as the standard environment variables say, and installs it for the process.
    ///
    /// The given name is the default. Without a word about exporters, traces are printed to standard error as
    /// [waterfalls](crate::Waterfall) on a desk, and go to a collector near by in [staging and production](crate::Profile).
    ///
    /// | variable | meaning | read by |
    /// |---|---|---|
    /// | `OTEL_SDK_DISABLED` | `true`: no spans; context is still carried on | this crate |
    /// | `ENVIRONMENT`, or `DEPLOYMENT_ENVIRONMENT` | the [profile](crate::Profile), and the resource's `deployment.environment.name` | this crate |
    /// | `OTEL_SERVICE_NAME`, or `service.name` in `OTEL_RESOURCE_ATTRIBUTES` | the service's name | this crate |
    /// | `OTEL_RESOURCE_ATTRIBUTES` | further resource attributes | the SDK; checked by this crate |
    /// | `OTEL_PROPAGATORS` | a list of `tracecontext` and `baggage`, or `none`; `tracecontext` unless set | this crate |
    /// | `OTEL_TRACES_EXPORTER` | a list of `otlp` and `console` (standard output), or `none` | this crate |
    /// | `OTEL_TRACES_SAMPLER`, `OTEL_TRACES_SAMPLER_ARG` | which traces are recorded | this crate |
    /// | `OTEL_BSP_MAX_QUEUE_SIZE`, `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`, `OTEL_BSP_SCHEDULE_DELAY`, `OTEL_BSP_EXPORT_TIMEOUT` | the [batches](crate::Batch) | this crate |
    /// | `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, or `OTEL_EXPORTER_OTLP_ENDPOINT` | export by OTLP, to here; over HTTP `/v1/traces` is added to the second | this crate |
    /// | `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL`, or `OTEL_EXPORTER_OTLP_PROTOCOL` | `http/protobuf` (the default) or `grpc` | this crate |
    /// | `OTEL_EXPORTER_OTLP_TRACES_TIMEOUT`, or `OTEL_EXPORTER_OTLP_TIMEOUT` | milliseconds for one batch, retries included | this crate, for every OTLP exporter |
    /// | `OTEL_EXPORTER_OTLP_TRACES_COMPRESSION`, or `OTEL_EXPORTER_OTLP_COMPRESSION` | `none`, `gzip` or `zstd` | this crate, for every OTLP exporter |
    /// | `OTEL_EXPORTER_OTLP_TRACES_HEADERS`, or `OTEL_EXPORTER_OTLP_HEADERS` | headers for the collector | `opentelemetry-otlp`, in every OTLP exporter |
    /// | `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT`, `OTEL_SPAN_EVENT_COUNT_LIMIT`, `OTEL_SPAN_LINK_COUNT_LIMIT` | limits of a span | the SDK; checked by this crate |
    /// | `RUST_LOG` | which logs are written | `Logs`, with the feature `logs` |
    /// | `NO_COLOR` | no colors | [`Waterfall`](crate::Waterfall), `Logs` |
    ///
    /// An empty variable counts as unset. Of the names in one line the first that is set counts. Nobody reads
    /// `OTEL_EXPORTER_OTLP_CERTIFICATE`, `OTEL_EXPORTER_OTLP_INSECURE` and their like, since connections are not encrypted, nor
    /// `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT` (the family's layers cut texts at 1,024 bytes), `OTEL_LOGS_EXPORTER`,
    /// `OTEL_METRICS_EXPORTER` and `OTEL_CONFIG_FILE`.
    ///
    /// # Errors
    ///
    /// When a variable has a value that cannot be honored, which the error names together with what is allowed, when telemetry is
    /// already installed, or when a thread cannot be started.
    pub fn from_env(service: impl Into<String>) -> Result<Self, Error> {
        Self::builder_from_env(service).install()
    }

    pub(crate) fn new(running: Running) -> Self {
        Self {
            running,
            state: State::Running,
        }
    }

    /// The tracer provider, to make tracers or layers with.
    pub fn tracer_provider(&self) -> &SdkTracerProvider {
        &self.running.provider
    }

    /// What becomes of the spans of each exporter, in the order in which they were given; a waterfall is none of them.
    pub fn exports(&self) -> &[Exports] {
        &self.running.exports
    }

    /// What was [kept](crate::Keep) although it was not sampled; `None` when nothing is.
    pub fn kept(&self) -> Option<KeepCounts> {
        self.running.kept.as_ref().map(Shelves::counts)
    }

    /// The configuration in force, the counts of this moment, and what is wrong with it. Tries to reach the exporters' addresses, which
    /// may take some seconds.
    ///
    /// ```
    /// use tower_telemetry_setup::{InMemory, Profile, Telemetry};
    ///
    /// let telemetry = Telemetry::builder("orders")
    ///     .with_profile(Profile::Production)
    ///     .with_exporter(InMemory::new())
    ///     .build()?;
    /// let report = telemetry.report().to_string();
    /// assert!(report.contains("1 % of the traces that begin here"), "{report}");
    /// assert!(report.contains("queue 2048, batch 512, delay 5s, export timeout 30s"), "{report}");
    /// # telemetry.shutdown()?;
    /// # Ok::<(), tower_telemetry_setup::Error>(())
    /// ```
    pub fn report(&self) -> Report {
        let running = &self.running;
        let mut findings = running.findings.clone();
        findings.extend(running.checker.iter().flat_map(Checker::findings));
        let fields = |propagator: &dyn opentelemetry::propagation::TextMapPropagator| {
            propagator.fields().map(str::to_owned).collect()
        };
        Report {
            configuration: running.configuration.clone(),
            exports: running.exports.clone(),
            kept: self.kept(),
            propagator: global::get_text_map_propagator(fields),
            findings,
        }
    }

    /// The layer that exports `tracing` events by OTLP, for a subscriber of your own; `None` without
    /// [`with_otlp_logs`](TelemetryBuilder::with_otlp_logs).
    #[cfg(feature = "otlp-logs")]
    pub fn log_bridge<S>(&self) -> Option<impl tracing_subscriber::Layer<S> + use<S>>
    where
        S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    {
        self.running.logger_provider.as_ref().map(crate::otlp::logs::bridge)
    }

    /// Looks at the [sampling file](TelemetryBuilder::with_sampling_file) now. Without one, nothing happens.
    ///
    /// # Errors
    ///
    /// [`Error::SamplingFile`] when it cannot be read, or is wrong: then the rules stay as they were.
    #[cfg(feature = "sampling-file")]
    pub fn reload_sampling(&self) -> Result<(), Error> {
        self.running.sampling_file.as_ref().map_or(Ok(()), Watched::reload)
    }

    /// Hands over every span that has ended, and waits until that is done, at most for the shutdown timeout. Blocks.
    ///
    /// # Errors
    ///
    /// When an exporter failed or did not finish in time.
    pub fn flush(&self) -> Result<(), Error> {
        let pipeline = self.running.pipeline.clone();
        #[cfg(feature = "otlp-logs")]
        let logger_provider = self.running.logger_provider.clone();
        bounded::run(self.running.timeout + SLACK, move || {
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
        bounded::run(timeout + SLACK, move || {
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
