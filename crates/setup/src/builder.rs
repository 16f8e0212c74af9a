//! What a service's telemetry is made of.

use std::fmt;
use std::time::Duration;

use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::{KeyValue, global};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracerProvider, ShouldSample, SpanExporter};
#[cfg(feature = "prometheus")]
use tower_telemetry_prometheus::SpanCounts;
use tower_telemetry_propagate::W3c;
use tower_telemetry_sanitize::{Sanitizer, SanitizingExporter};

#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
use crate::Otlp;
use crate::batches::Batches;
use crate::pipeline::{Pipeline, Processor};
use crate::telemetry::{Installed, Reach};
use crate::{Error, Telemetry, Waterfall, environment};

const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// The most attributes that the SDK keeps of a span, unless the environment says otherwise: more than the policy lets through, which alone knows
/// the required ones.
const MAX_ATTRIBUTES: u32 = 1024;

/// Starts a processor that may take so long for a flush, and exports what the policy lets through.
type Start = Box<dyn FnOnce(Duration, Sanitizer) -> Processor + Send>;

fn start(exporter: impl SpanExporter + 'static) -> Start {
    Box::new(|flush_timeout, sanitizer| {
        let guarded = SanitizingExporter::new(exporter, sanitizer);
        Box::new(Batches::start(guarded, flush_timeout))
    })
}

/// Settings for a service's [`Telemetry`]: what spans are made, where they go, and how long the end may take.
#[must_use = "a builder does nothing until `install` or `build`"]
pub struct TelemetryBuilder {
    service: String,
    version: Option<String>,
    sampler: Option<Box<dyn ShouldSample>>,
    waterfall: Option<Waterfall>,
    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    otlp: Option<Otlp>,
    set_propagator: Box<dyn FnOnce() + Send>,
    exporters: Vec<Start>,
    #[cfg(feature = "prometheus")]
    span_counts: Option<SpanCounts>,
    sanitizer: Sanitizer,
    shutdown_timeout: Duration,
}

impl TelemetryBuilder {
    pub(crate) fn new(service: String) -> Self {
        Self {
            service,
            version: None,
            sampler: None,
            waterfall: None,
            #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
            otlp: None,
            set_propagator: Box::new(|| global::set_text_map_propagator(W3c)),
            exporters: Vec::new(),
            #[cfg(feature = "prometheus")]
            span_counts: None,
            sanitizer: Sanitizer::default(),
            shutdown_timeout: SHUTDOWN_TIMEOUT,
        }
    }

    pub(crate) fn from_environment(service: String) -> Result<Self, Error> {
        let read = &environment::process;
        let builder = Self::new(environment::service_name(read, service));
        #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
        if let Some(otlp) = environment::otlp(read)? {
            return Ok(builder.with_otlp(otlp));
        }
        #[cfg(not(any(feature = "otlp-http", feature = "otlp-grpc")))]
        environment::no_otlp(read)?;
        Ok(builder.with_waterfall(Waterfall::stderr()))
    }

    /// The resource attribute `service.version`.
    pub fn with_service_version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Decides which traces are recorded. Unless it is set, the SDK reads `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`, and
    /// without these every trace is recorded whose caller did not decide otherwise.
    pub fn with_sampler(mut self, sampler: impl Into<Box<dyn ShouldSample>>) -> Self {
        self.sampler = Some(sampler.into());
        self
    }

    /// Shows traces as waterfalls.
    pub fn with_waterfall(mut self, waterfall: Waterfall) -> Self {
        self.waterfall = Some(waterfall);
        self
    }

    /// Exports by OTLP, in batches on a thread of their own. A collector that is slow or down slows nothing but the end.
    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    pub fn with_otlp(mut self, otlp: Otlp) -> Self {
        self.otlp = Some(otlp);
        self
    }

    /// Exports by this exporter, too, in batches on a thread of their own, outside any async runtime. May be called several times.
    pub fn with_exporter(mut self, exporter: impl SpanExporter + 'static) -> Self {
        self.exporters.push(start(exporter));
        self
    }

    /// What may be written down of a span, whoever made it: by default the [policy for production](Sanitizer::default). It guards the waterfall and
    /// each exporter, on the exporter's own thread.
    pub fn with_sanitizer(mut self, sanitizer: Sanitizer) -> Self {
        self.sanitizer = sanitizer;
        self
    }

    /// Counts the spans that are being recorded (`active_spans_total`), those that have started and ended, and those that OTLP exports
    /// or loses. An exporter of your own is counted when it is handed over as a [`SpanCounts::exporter`].
    #[cfg(feature = "prometheus")]
    pub fn with_span_counts(mut self, counts: SpanCounts) -> Self {
        self.span_counts = Some(counts);
        self
    }

    /// How trace context travels in headers once telemetry is [installed](Self::install): the W3C trace context ([`W3c`]) unless set.
    /// [`build`](Self::build) has no use for it.
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
        self.set_propagator = Box::new(|| global::set_text_map_propagator(propagator));
        self
    }

    /// How long a [flush](Telemetry::flush), a [shutdown](Telemetry::shutdown) or the guard's drop may take at most. 5 seconds
    /// unless set.
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

    fn build_with(self, reach: Reach) -> Result<Telemetry, Error> {
        let resource = self.resource();
        let timeout = self.shutdown_timeout;
        #[cfg_attr(not(any(feature = "otlp-http", feature = "otlp-grpc")), allow(unused_mut))]
        let mut exporters = self.exporters;
        #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
        if let Some(otlp) = self.otlp {
            let exporter = otlp.build(&environment::process)?;
            #[cfg(feature = "prometheus")]
            exporters.push(match &self.span_counts {
                Some(counts) => start(counts.exporter(exporter)),
                None => start(exporter),
            });
            #[cfg(not(feature = "prometheus"))]
            exporters.push(start(exporter));
        }
        let processors = exporters
            .into_iter()
            .map(|start| start(timeout, self.sanitizer.clone()))
            .collect();
        let waterfall = self
            .waterfall
            .map(|waterfall| waterfall.processor().with_sanitizer(self.sanitizer));
        let pipeline = Pipeline::assemble(waterfall, processors, &resource, timeout);
        let pipeline = pipeline.ok_or(Error::NoExporter)?;
        let mut provider = SdkTracerProvider::builder().with_resource(resource);
        if std::env::var_os("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT").is_none() {
            provider = provider.with_max_attributes_per_span(MAX_ATTRIBUTES);
        }
        if let Some(sampler) = self.sampler {
            provider = provider.with_sampler(sampler);
        }
        #[cfg(feature = "prometheus")]
        let provider = match self.span_counts {
            Some(counts) => provider.with_span_processor(counts.processor(pipeline.clone())),
            None => provider.with_span_processor(pipeline.clone()),
        };
        #[cfg(not(feature = "prometheus"))]
        let provider = provider.with_span_processor(pipeline.clone());
        let provider = provider.build();
        if let Reach::Process(_) = reach {
            global::set_tracer_provider(provider.clone());
            (self.set_propagator)();
        }
        Ok(Telemetry::new(provider, pipeline, timeout, reach))
    }

    fn resource(&self) -> Resource {
        let version = self
            .version
            .clone()
            .map(|version| KeyValue::new("service.version", version));
        Resource::builder()
            .with_service_name(self.service.clone())
            .with_attributes(version)
            .build()
    }
}

impl fmt::Debug for TelemetryBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelemetryBuilder")
            .field("service", &self.service)
            .field("version", &self.version)
            .field("sampler", &self.sampler)
            .field("waterfall", &self.waterfall)
            .field("shutdown_timeout", &self.shutdown_timeout)
            .finish_non_exhaustive()
    }
}
