//! The guard that keeps telemetry alive and flushes it at the end.

use std::time::Duration;

use opentelemetry::global;
use opentelemetry_sdk::trace::SdkTracerProvider;

pub(crate) use self::installed::{Installed, Reach};
#[cfg(feature = "sampling-file")]
use crate::Error;
use crate::check::Checker;
use crate::keep::Shelves;
use crate::pipeline::Pipeline;
use crate::report::Configuration;
#[cfg(feature = "sampling-file")]
use crate::samplers::Watched;
use crate::{Exports, Finding, KeepCounts, Report};

mod begin;
mod end;
mod installed;

/// A service's tracing, for as long as this lives.
///
/// When it is dropped, everything is flushed and shut down, within the
/// [shutdown timeout](crate::TelemetryBuilder::with_shutdown_timeout): on a current-thread runtime of tokio, a multi-thread one, or
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

impl Telemetry {
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
    /// [`with_otlp_logs`](crate::TelemetryBuilder::with_otlp_logs).
    #[cfg(feature = "otlp-logs")]
    pub fn log_bridge<S>(&self) -> Option<impl tracing_subscriber::Layer<S> + use<S>>
    where
        S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    {
        self.running.logger_provider.as_ref().map(crate::otlp::logs::bridge)
    }

    /// Looks at the [sampling file](crate::TelemetryBuilder::with_sampling_file) now. Without one, nothing happens.
    ///
    /// # Errors
    ///
    /// [`Error::SamplingFile`] when it cannot be read, or is wrong: then the rules stay as they were.
    #[cfg(feature = "sampling-file")]
    pub fn reload_sampling(&self) -> Result<(), Error> {
        self.running.sampling_file.as_ref().map_or(Ok(()), Watched::reload)
    }
}
