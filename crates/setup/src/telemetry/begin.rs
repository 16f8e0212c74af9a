//! How telemetry begins: by the environment, or by what a builder is told.

use super::Telemetry;
use crate::{Error, TelemetryBuilder};

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
    /// | `OTEL_RESOURCE_ATTRIBUTES` | further resource attributes, their values percent-encoded | this crate |
    /// | `OTEL_PROPAGATORS` | a list of `tracecontext` and `baggage`, or `none`; `tracecontext` unless set | this crate |
    /// | `OTEL_TRACES_EXPORTER` | a list of `otlp` and `console` (standard output), or `none` | this crate |
    /// | `OTEL_TRACES_SAMPLER`, `OTEL_TRACES_SAMPLER_ARG` | which traces are recorded | this crate |
    /// | `OTEL_BSP_MAX_QUEUE_SIZE`, `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`, `OTEL_BSP_SCHEDULE_DELAY`, `OTEL_BSP_EXPORT_TIMEOUT` | the [batches](crate::Batch); 0 for no limit of the last | this crate |
    /// | `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, or `OTEL_EXPORTER_OTLP_ENDPOINT` | export by OTLP, to here; over HTTP `/v1/traces` is added to the second | this crate |
    /// | `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL`, or `OTEL_EXPORTER_OTLP_PROTOCOL` | `http/protobuf` (the default) or `grpc` | this crate |
    /// | `OTEL_EXPORTER_OTLP_TRACES_TIMEOUT`, or `OTEL_EXPORTER_OTLP_TIMEOUT` | milliseconds for one batch, retries included; 0 for no limit | this crate, for every OTLP exporter |
    /// | `OTEL_EXPORTER_OTLP_TRACES_COMPRESSION`, or `OTEL_EXPORTER_OTLP_COMPRESSION` | `none`, `gzip` or `zstd` | this crate, for every OTLP exporter |
    /// | `OTEL_EXPORTER_OTLP_TRACES_HEADERS`, or `OTEL_EXPORTER_OTLP_HEADERS` | headers for the collector, their values percent-encoded | this crate, and once more `opentelemetry-otlp`, for every OTLP exporter |
    /// | `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT`, `OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT`, `OTEL_LINK_ATTRIBUTE_COUNT_LIMIT`, or for each `OTEL_ATTRIBUTE_COUNT_LIMIT` | how many attributes a span, an event or a link has at most | this crate |
    /// | `OTEL_SPAN_EVENT_COUNT_LIMIT`, `OTEL_SPAN_LINK_COUNT_LIMIT` | how many events and links a span has at most | this crate |
    /// | `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT`, or `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT` | where texts are cut, in characters; 1,024 bytes unless set | this crate, unless there is a [policy](crate::TelemetryBuilder::with_sanitizer) in code |
    /// | `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT`, `OTEL_EXPORTER_OTLP_LOGS_TIMEOUT`, `OTEL_EXPORTER_OTLP_LOGS_COMPRESSION`, `OTEL_EXPORTER_OTLP_LOGS_HEADERS` | the same for logs, before those for all signals | as those for traces, with the feature `otlp-logs` |
    /// | `OTEL_BLRP_MAX_QUEUE_SIZE`, `OTEL_BLRP_MAX_EXPORT_BATCH_SIZE`, `OTEL_BLRP_SCHEDULE_DELAY` | batches of logs | this crate, with the feature `otlp-logs` |
    /// | `RUST_LOG` | which logs are written | `Logs`, with the feature `logs` |
    /// | `NO_COLOR` | no colors | [`Waterfall`](crate::Waterfall), `Logs` |
    ///
    /// An empty variable counts as unset. Of the names in one line the first that is set counts, where they mean the same. Nobody reads
    /// `OTEL_EXPORTER_OTLP_CERTIFICATE`, `OTEL_EXPORTER_OTLP_INSECURE` and their like, since connections are not encrypted unless the
    /// client is yours, nor `OTEL_EXPORTER_OTLP_LOGS_PROTOCOL`, `OTEL_BLRP_EXPORT_TIMEOUT`, `OTEL_LOGS_EXPORTER`, `OTEL_METRICS_EXPORTER` and
    /// `OTEL_CONFIG_FILE`.
    ///
    /// # Errors
    ///
    /// When a variable has a value that cannot be honored, which the error names together with what is allowed, when telemetry is
    /// already installed, or when a thread cannot be started.
    pub fn from_env(service: impl Into<String>) -> Result<Self, Error> {
        Self::builder_from_env(service).install()
    }
}
