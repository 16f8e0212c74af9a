//! What a service's telemetry is made of.

use std::fmt;
use std::time::Duration;

use opentelemetry::KeyValue;
#[cfg(feature = "prometheus")]
use tower_telemetry_prometheus::SpanCounts;
use tower_telemetry_sanitize::Sanitizer;

use self::exporter::Exporter;
use self::sampling::{Branches, Sampling};
#[cfg(feature = "logs")]
use crate::Logs;
#[cfg(feature = "otlp-logs")]
use crate::Otlp;
use crate::pipeline::Wrap;
use crate::resource::Service;
use crate::telemetry::{Installed, Reach};
use crate::{Batch, Error, Keep, Profile, Telemetry, Waterfall};

mod build;
mod exporter;
mod exports;
mod process;
mod sampler;
mod sampling;

const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);
const FIRST_SPAN_WITHIN: Duration = Duration::from_secs(300);

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
    sanitizer: Option<Sanitizer>,
    #[cfg(feature = "logs")]
    logs: Option<Logs>,
    #[cfg(feature = "otlp-logs")]
    otlp_logs: Option<Otlp>,
    shutdown_timeout: Duration,
    first_span_within: Duration,
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
            sanitizer: None,
            #[cfg(feature = "logs")]
            logs: None,
            #[cfg(feature = "otlp-logs")]
            otlp_logs: None,
            shutdown_timeout: SHUTDOWN_TIMEOUT,
            first_span_within: FIRST_SPAN_WITHIN,
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
