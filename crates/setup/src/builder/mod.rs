//! What a service's telemetry is made of.

use std::fmt;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::global;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry_sdk::trace::{ParentBasedSampler, ShouldSample, SpanExporter, SpanProcessor};

#[cfg(feature = "prometheus")]
use tower_telemetry_prometheus::SpanCounts;
use tower_telemetry_sanitize::Sanitizer;

use self::exporter::Exporter;
use self::sampling::{Branches, Sampling};
#[cfg(feature = "logs")]
use crate::Logs;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
use crate::Otlp;
use crate::pipeline::{Next, Wrap};
use crate::resource::Service;
use crate::samplers::Rules;
use crate::telemetry::{Installed, Reach};
use crate::{Batch, Error, Keep, Profile, Telemetry, Waterfall};

mod build;
mod exporter;
mod sampling;

const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Settings for a service's [`Telemetry`]: what spans are made, where they go, and how long the end may take.
///
/// What is said here comes before what the [environment](Telemetry::from_env) says.
#[must_use = "a builder does nothing until `install` or `build`"]
pub struct TelemetryBuilder {
    service: Service,
    source: Source,
    profile: Option<Profile>,
    sampling: Option<Sampling>,
    branches: Option<Branches>,
    keep: Option<Keep>,
    batch: Batch,
    waterfall: Option<Waterfall>,
    exporters: Vec<Exporter>,
    wraps: Vec<Wrap>,
    propagator: Option<Propagator>,
    #[cfg(feature = "prometheus")]
    span_counts: Option<SpanCounts>,
    sanitizer: Sanitizer,
    #[cfg(feature = "logs")]
    logs: Option<Logs>,
    #[cfg(feature = "otlp-logs")]
    otlp_logs: Option<Otlp>,
    shutdown_timeout: Duration,
}

/// Sets the propagator of the process.
type Propagator = Box<dyn FnOnce() + Send>;

/// Who says where spans go when nothing is said in code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Code,
    Environment,
}

impl TelemetryBuilder {
    pub(crate) fn new(service: String) -> Self {
        Self {
            service: Service {
                name: service,
                ..Service::default()
            },
            source: Source::Code,
            profile: None,
            sampling: None,
            branches: None,
            keep: None,
            batch: Batch::new(),
            waterfall: None,
            exporters: Vec::new(),
            wraps: Vec::new(),
            propagator: None,
            #[cfg(feature = "prometheus")]
            span_counts: None,
            sanitizer: Sanitizer::default(),
            #[cfg(feature = "logs")]
            logs: None,
            #[cfg(feature = "otlp-logs")]
            otlp_logs: None,
            shutdown_timeout: SHUTDOWN_TIMEOUT,
        }
    }

    pub(crate) fn from_environment(service: String) -> Self {
        Self {
            source: Source::Environment,
            ..Self::new(service)
        }
    }

    /// The resource attribute `service.version`.
    pub fn with_service_version(mut self, version: impl Into<String>) -> Self {
        self.service.version = Some(version.into());
        self
    }

    /// The resource attribute `deployment.environment.name`. Unless it is set, it is that of `OTEL_RESOURCE_ATTRIBUTES`, else what
    /// `ENVIRONMENT` or `DEPLOYMENT_ENVIRONMENT` says, else the name of the profile.
    pub fn with_environment(mut self, name: impl Into<String>) -> Self {
        self.service.environment = Some(name.into());
        self
    }

    /// Further attributes of the resource, in place of what was found out: the host's, the process's.
    pub fn with_resource_attributes(mut self, attributes: impl IntoIterator<Item = KeyValue>) -> Self {
        self.service.attributes.extend(attributes);
        self
    }

    /// The defaults of this profile, whatever the environment is called.
    pub fn with_profile(mut self, profile: Profile) -> Self {
        self.profile = Some(profile);
        self
    }

    /// Decides which traces are recorded. Unless it is set, `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG` do, else the
    /// [profile](Self::with_profile), and without these every trace is recorded whose caller did not decide otherwise.
    ///
    /// Of this and the next three, the last that is called counts.
    pub fn with_sampler(mut self, sampler: impl Into<Box<dyn ShouldSample>>) -> Self {
        self.sampling = Some(Sampling::Sampler(sampler.into()));
        self
    }

    /// This share of the traces that begin here, from 0 to 1; below a parent, its decision holds.
    pub fn with_sampling_ratio(mut self, ratio: f64) -> Self {
        self.sampling = Some(Sampling::Ratio(ratio));
        self
    }

    /// These rules for the traces that begin here; below a parent, its decision holds. Keep a clone to replace them.
    pub fn with_sampling_rules(mut self, rules: Rules) -> Self {
        self.sampling = Some(Sampling::Rules(rules));
        self
    }

    /// As [`with_sampling_rules`](Self::with_sampling_rules), from a [TOML file](Rules::from_toml), which is looked at again every
    /// five seconds, and by [`Telemetry::reload_sampling`]. A change that is wrong is not taken, and told as a `tracing` warning.
    #[cfg(feature = "sampling-file")]
    pub fn with_sampling_file(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        self.sampling = Some(Sampling::File(path.into()));
        self
    }

    /// Sets the branches of a parent-based sampler: what to do below a parent that is remote or local, sampled or not. The fifth, for
    /// traces that begin here, is the sampler that is chosen otherwise.
    ///
    /// ```
    /// use tower_telemetry_setup::opentelemetry_sdk::trace::Sampler;
    /// use tower_telemetry_setup::{Profile, Telemetry, Waterfall};
    ///
    /// // As the profile has it, but strangers do not decide what is recorded here.
    /// let telemetry = Telemetry::builder("door")
    ///     .with_profile(Profile::Production)
    ///     .with_branches(|parent_based| parent_based.with_remote_parent_sampled(Sampler::TraceIdRatioBased(0.01)))
    ///     .with_waterfall(Waterfall::stderr())
    ///     .build()?;
    /// # telemetry.shutdown()?;
    /// # Ok::<(), tower_telemetry_setup::Error>(())
    /// ```
    pub fn with_branches(
        mut self,
        branches: impl FnOnce(ParentBasedSampler) -> ParentBasedSampler + Send + 'static,
    ) -> Self {
        self.branches = Some(Box::new(branches));
        self
    }

    /// Exports what failed or was slow although it was not sampled. Off unless set.
    pub fn with_keep(mut self, keep: Keep) -> Self {
        self.keep = Some(keep);
        self
    }

    /// How spans are gathered for every exporter.
    pub fn with_batch(mut self, batch: Batch) -> Self {
        self.batch = batch;
        self
    }

    /// Shows traces as waterfalls.
    pub fn with_waterfall(mut self, waterfall: Waterfall) -> Self {
        self.waterfall = Some(waterfall);
        self
    }

    /// Exports by OTLP, in batches on a thread of their own. A collector that is slow or down slows nothing but the end. May be
    /// called several times.
    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    pub fn with_otlp(mut self, otlp: Otlp) -> Self {
        self.exporters.push(Exporter::Otlp(otlp));
        self
    }

    /// Exports by this exporter, too, in batches on a thread of their own, outside any async runtime. May be called several times.
    pub fn with_exporter(mut self, exporter: impl SpanExporter + 'static) -> Self {
        self.exporters.push(Exporter::own(exporter));
        self
    }

    /// Puts a processor around all that are there: it is told of every span that is recorded, and hands on what it wants to. The last one
    /// given is the outermost. Processors are never put side by side, since the SDK copies each span for each of them.
    ///
    /// ```
    /// use std::time::Duration;
    /// use opentelemetry::{Context, KeyValue, trace::Span as _};
    /// use tower_telemetry_setup::opentelemetry_sdk::error::OTelSdkResult;
    /// use tower_telemetry_setup::opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
    /// use tower_telemetry_setup::{Next, Telemetry, Waterfall};
    ///
    /// #[derive(Debug)]
    /// struct InRegion(Next);
    ///
    /// impl SpanProcessor for InRegion {
    ///     fn on_start(&self, span: &mut Span, cx: &Context) {
    ///         span.set_attribute(KeyValue::new("region", "eu"));
    ///         self.0.on_start(span, cx);
    ///     }
    /// #   fn on_end(&self, span: SpanData) { self.0.on_end(span) }
    /// #   fn force_flush(&self) -> OTelSdkResult { self.0.force_flush() }
    /// #   fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult { self.0.shutdown_with_timeout(timeout) }
    /// #   fn set_resource(&mut self, resource: &tower_telemetry_setup::opentelemetry_sdk::Resource) { self.0.set_resource(resource) }
    ///     // ... on_end, force_flush, shutdown_with_timeout and set_resource call self.0 alike
    /// }
    ///
    /// let telemetry = Telemetry::builder("orders")
    ///     .with_waterfall(Waterfall::stderr())
    ///     .with_processor(InRegion)
    ///     .build()?;
    /// # telemetry.shutdown()?;
    /// # Ok::<(), tower_telemetry_setup::Error>(())
    /// ```
    pub fn with_processor<P: SpanProcessor + 'static>(
        mut self,
        around: impl FnOnce(Next) -> P + Send + 'static,
    ) -> Self {
        self.wraps.push(Box::new(|next| Box::new(around(next))));
        self
    }

    /// What may be written down of a span, whoever made it: by default the [policy for production](Sanitizer::default). It guards the waterfall and
    /// each exporter, on the exporter's own thread.
    pub fn with_sanitizer(mut self, sanitizer: Sanitizer) -> Self {
        self.sanitizer = sanitizer;
        self
    }

    /// Counts the spans that are being recorded (`active_spans_total`), those that have started and ended, and those that OTLP exports
    /// or loses; and those that were lost in any exporter's queue, by cause. What an exporter of your own exports is counted when it is handed over as a
    /// [`SpanCounts::exporter`].
    #[cfg(feature = "prometheus")]
    pub fn with_span_counts(mut self, counts: SpanCounts) -> Self {
        self.span_counts = Some(counts);
        self
    }

    /// How trace context travels in headers once telemetry is [installed](Self::install). Unless it is set, `OTEL_PROPAGATORS` says
    /// so, else it is the W3C trace context ([`W3c`](tower_telemetry_propagate::W3c)). [`build`](Self::build) has no use for it.
    ///
    /// With baggage, too:
    ///
    /// ```
    /// use opentelemetry::propagation::TextMapCompositePropagator;
    /// use tower_telemetry_propagate::{W3c, W3cBaggage};
    /// use tower_telemetry_setup::{Telemetry, Waterfall};
    ///
    /// let propagator = TextMapCompositePropagator::new(vec![Box::new(W3c), Box::new(W3cBaggage)]);
    /// let telemetry = Telemetry::builder("orders")
    ///     .with_waterfall(Waterfall::stderr())
    ///     .with_propagator(propagator)
    ///     .install()?;
    /// # telemetry.shutdown()?;
    /// # Ok::<(), tower_telemetry_setup::Error>(())
    /// ```
    pub fn with_propagator(mut self, propagator: impl TextMapPropagator + Send + Sync + 'static) -> Self {
        self.propagator = Some(Box::new(|| global::set_text_map_propagator(propagator)));
        self
    }

    /// Writes the process's logs, with the ids of the trace that each line belongs to, once telemetry is [installed](Self::install).
    #[cfg(feature = "logs")]
    pub fn with_logs(mut self, logs: Logs) -> Self {
        self.logs = Some(logs);
        self
    }

    /// Exports `tracing` events as OTLP logs, too, with the ids of their trace: next to [`with_logs`](Self::with_logs), or through
    /// [`Telemetry::log_bridge`] in a subscriber of your own. They leave in the SDK's batches (`OTEL_BLRP_*`), which do not count
    /// exactly; address, time limit and compression are found as for traces, with `LOGS` in the variables' names.
    #[cfg(feature = "otlp-logs")]
    pub fn with_otlp_logs(mut self, otlp: Otlp) -> Self {
        self.otlp_logs = Some(otlp);
        self
    }

    /// How long a [flush](Telemetry::flush), a [shutdown](Telemetry::shutdown) or the guard's drop may take at most, give or take a
    /// quarter of a second. 5 seconds unless set.
    pub fn with_shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.shutdown_timeout = timeout;
        self
    }

    /// Builds the provider and makes it the process's own, and so the [propagator](Self::with_propagator).
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build), and [`Error::AlreadyInstalled`] while the guard of another `install` lives.
    pub fn install(self) -> Result<Telemetry, Error> {
        self.build_with(Reach::Process(Installed::claim()?))
    }

    /// Builds the provider and leaves the process's own alone: for several services in one process, and for tests.
    ///
    /// # Errors
    ///
    /// When there is nothing to hand spans to, when a setting or a variable is wrong, or when a thread cannot be started.
    pub fn build(self) -> Result<Telemetry, Error> {
        self.build_with(Reach::Handle)
    }
}

impl fmt::Debug for TelemetryBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelemetryBuilder")
            .field("service", &self.service)
            .field("profile", &self.profile)
            .field("sampling", &self.sampling)
            .field("keep", &self.keep)
            .field("batch", &self.batch)
            .field("waterfall", &self.waterfall)
            .field("shutdown_timeout", &self.shutdown_timeout)
            .finish_non_exhaustive()
    }
}
