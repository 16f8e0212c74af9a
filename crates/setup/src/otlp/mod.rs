//! Where and how spans leave by OTLP.

#[cfg(feature = "otlp-http")]
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "otlp-http")]
use opentelemetry_http::HttpClient;
pub use opentelemetry_otlp::Compression;

use self::driver::Driven;
use self::settings::Settings;
use self::signal::Signal;
use crate::Error;
use crate::environment::exporters::{Chosen, chosen};
use crate::environment::{self, Read};

#[cfg(feature = "otlp-http")]
mod client;
mod driver;
mod endpoint;
mod listener;
#[cfg(feature = "otlp-logs")]
pub(crate) mod logs;
mod settings;
mod signal;

/// An OTLP exporter: its protocol, the collector's address, and its time limit.
///
/// What is not set here comes from the standard environment variables, then from the specification's defaults:
///
/// | option | variables, the first that is set counts | default |
/// |---|---|---|
/// | [`with_endpoint`](Self::with_endpoint) | `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, `OTEL_EXPORTER_OTLP_ENDPOINT` | `http://localhost:4318` (HTTP), `http://localhost:4317` (gRPC) |
/// | [`with_timeout`](Self::with_timeout) | `OTEL_EXPORTER_OTLP_TRACES_TIMEOUT`, `OTEL_EXPORTER_OTLP_TIMEOUT`, in milliseconds, 0 for no limit | 10 seconds |
/// | [`with_compression`](Self::with_compression) | `OTEL_EXPORTER_OTLP_TRACES_COMPRESSION`, `OTEL_EXPORTER_OTLP_COMPRESSION`: `none`, `gzip`, `zstd` | none |
/// | (none) | `OTEL_EXPORTER_OTLP_TRACES_HEADERS`, `OTEL_EXPORTER_OTLP_HEADERS`, as `key=value,key=value` | none |
///
/// Any collector takes OTLP, and so does Jaeger, under the same ports. Connections are not encrypted: an `https` address is an
/// error when telemetry is built. Send to a collector on the same host or network and let it encrypt, bring a
/// [client of your own](Self::http_with), or pass an exporter of your own to [`with_exporter`](crate::TelemetryBuilder::with_exporter).
///
/// Exports run on a thread with a small runtime of their own, which is not traced, so it does not matter whether the service
/// runs tokio, nor which flavor. A collector that answers 429, 503 or their like is asked again, within the time limit.
#[derive(Debug, Clone)]
#[must_use]
pub struct Otlp {
    protocol: Protocol,
    endpoint: Option<String>,
    timeout: Option<Duration>,
    compression: Option<Compression>,
    #[cfg(feature = "otlp-http")]
    client: Option<Arc<dyn HttpClient>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    #[cfg(feature = "otlp-http")]
    Http,
    #[cfg(feature = "otlp-grpc")]
    Grpc,
}

impl Otlp {
    /// OTLP over HTTP/1.1, with protobuf bodies.
    #[cfg(feature = "otlp-http")]
    pub fn http() -> Self {
        Self::over(Protocol::Http)
    }

    /// The same with a client of your own, such as a `reqwest::Client` with the feature `reqwest` of `opentelemetry-http`: for TLS, a proxy,
    /// or credentials that change. It runs on the exporter's thread, in a runtime of tokio, where nothing is traced: a client that
    /// has a layer of this family traces everything but its exports.
    ///
    /// ```
    /// use tower_telemetry_setup::opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
    /// use tower_telemetry_setup::{Otlp, Telemetry};
    ///
    /// /// Takes everything, and sends it nowhere.
    /// #[derive(Debug)]
    /// struct Sink;
    ///
    /// #[async_trait::async_trait]
    /// impl HttpClient for Sink {
    ///     async fn send_bytes(&self, _: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    ///         Ok(Response::new(Bytes::new()))
    ///     }
    /// }
    ///
    /// let otlp = Otlp::http_with(Sink).with_endpoint("https://collector.example:4318");
    /// let telemetry = Telemetry::builder("orders").with_otlp(otlp).build()?;
    /// # telemetry.shutdown()?;
    /// # Ok::<(), tower_telemetry_setup::Error>(())
    /// ```
    #[cfg(feature = "otlp-http")]
    pub fn http_with(client: impl HttpClient + 'static) -> Self {
        Self {
            client: Some(Arc::new(client)),
            ..Self::http()
        }
    }

    /// OTLP over gRPC.
    #[cfg(feature = "otlp-grpc")]
    pub fn grpc() -> Self {
        Self::over(Protocol::Grpc)
    }

    /// The exporter that the environment asks for: by `otlp` in `OTEL_TRACES_EXPORTER`, or without that variable by
    /// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` or `OTEL_EXPORTER_OTLP_ENDPOINT`; else `None`. The protocol is that of
    /// `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL` or `OTEL_EXPORTER_OTLP_PROTOCOL`, else HTTP.
    ///
    /// # Errors
    ///
    /// When a variable has a wrong value, or asks for what no feature brings.
    pub fn from_env() -> Result<Option<Self>, Error> {
        match chosen(&environment::process, None)? {
            Chosen { otlp: true, .. } => Self::named(&environment::process).map(Some),
            Chosen { otlp: false, .. } => Ok(None),
        }
    }

    /// Over the protocol that the environment names.
    pub(crate) fn named(read: Read<'_>) -> Result<Self, Error> {
        Ok(Self::over(environment::otlp::protocol(read)?))
    }

    fn over(protocol: Protocol) -> Self {
        Self {
            protocol,
            endpoint: None,
            timeout: None,
            compression: None,
            #[cfg(feature = "otlp-http")]
            client: None,
        }
    }

    /// Whether it connects to its address by itself, so that the address can be tried.
    pub(crate) fn connects_itself(&self) -> bool {
        match self {
            #[cfg(feature = "otlp-http")]
            Self { client: Some(_), .. } => false,
            _ => true,
        }
    }

    /// The collector's base address, such as `http://localhost:4318`.
    ///
    /// Over HTTP `/v1/traces` is added, unless the address ends with it.
    pub fn with_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// How long the collector has for one batch, retries included. An attempt that is under way when it is over has as long again.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Makes bodies smaller. Over HTTP by gzip with the feature `gzip`, by zstd with the feature `zstd`; over gRPC by gzip, by zstd with
    /// the feature `zstd-grpc`. Without it this is an error when telemetry is built. A collector that does not know it, as may be with zstd,
    /// refuses every batch.
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.compression = Some(compression);
        self
    }

    pub(crate) fn build(self, read: Read<'_>) -> Result<Driven, Error> {
        let settings = Settings::resolve(self, Signal::TRACES, read)?;
        let exporter = opentelemetry_otlp::SpanExporter::builder();
        Driven::new(settings.destination(), settings.to_string(), || {
            match settings.protocol {
                #[cfg(feature = "otlp-http")]
                Protocol::Http => settings.http(exporter.with_http()).build(),
                #[cfg(feature = "otlp-grpc")]
                Protocol::Grpc => settings.grpc(exporter.with_tonic()).build(),
            }
        })
    }
}
