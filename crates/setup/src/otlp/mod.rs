//! Where and how spans leave by OTLP.

use std::time::Duration;

use opentelemetry_otlp::WithExportConfig as _;

use self::driver::Driven;
use self::endpoint::Endpoint;
use crate::Error;
use crate::environment::{self, Read, milliseconds};

mod driver;
mod endpoint;

/// An OTLP exporter: its protocol, the collector's address, and its time limit.
///
/// What is not set here comes from the standard environment variables, then from the specification's defaults:
///
/// | option | variables, the first that is set counts | default |
/// |---|---|---|
/// | [`with_endpoint`](Self::with_endpoint) | `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, `OTEL_EXPORTER_OTLP_ENDPOINT` | `http://localhost:4318` (HTTP), `http://localhost:4317` (gRPC) |
/// | [`with_timeout`](Self::with_timeout) | `OTEL_EXPORTER_OTLP_TRACES_TIMEOUT`, `OTEL_EXPORTER_OTLP_TIMEOUT`, in milliseconds | 10 seconds |
/// | (none) | `OTEL_EXPORTER_OTLP_TRACES_HEADERS`, `OTEL_EXPORTER_OTLP_HEADERS`, as `key=value,key=value` | none |
///
/// Connections are not encrypted: an `https` address is an error when telemetry is built. Send to a collector on the same
/// host or network and let it encrypt, or pass an exporter of your own to
/// [`with_exporter`](crate::TelemetryBuilder::with_exporter).
///
/// Exports run on a thread with a small runtime of their own, which is not traced, so it does not matter whether the service
/// runs tokio, nor which flavor.
#[derive(Debug, Clone)]
pub struct Otlp {
    protocol: Protocol,
    endpoint: Option<String>,
    timeout: Option<Duration>,
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

    /// OTLP over gRPC.
    #[cfg(feature = "otlp-grpc")]
    pub fn grpc() -> Self {
        Self::over(Protocol::Grpc)
    }

    /// The exporter that the environment asks for: `None` unless `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` or
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` is set. The protocol is that of `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL` or
    /// `OTEL_EXPORTER_OTLP_PROTOCOL`, else HTTP.
    ///
    /// # Errors
    ///
    /// When the protocol is unknown, or its feature is not switched on.
    pub fn from_env() -> Result<Option<Self>, Error> {
        environment::otlp(&environment::process)
    }

    pub(crate) fn over(protocol: Protocol) -> Self {
        Self {
            protocol,
            endpoint: None,
            timeout: None,
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

    pub(crate) fn build(self, read: Read<'_>) -> Result<Driven, Error> {
        let endpoint = Endpoint::resolve(self.protocol, self.endpoint, read)?;
        let timeout = match self.timeout {
            Some(timeout) => timeout,
            None => milliseconds(
                read,
                &["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"],
            )?
            .unwrap_or(opentelemetry_otlp::OTEL_EXPORTER_OTLP_TIMEOUT_DEFAULT),
        };
        let exporter = opentelemetry_otlp::SpanExporter::builder();
        Driven::new(endpoint.shown(), || match self.protocol {
            #[cfg(feature = "otlp-http")]
            Protocol::Http => {
                use opentelemetry_http::hyper::HyperClient;
                use opentelemetry_otlp::{Protocol as Format, WithHttpConfig as _};

                // Given outright, because the client chosen by default depends on what features other crates switch on.
                exporter
                    .with_http()
                    .with_http_client(HyperClient::with_default_connector(timeout, None))
                    .with_protocol(Format::HttpBinary)
                    .with_endpoint(endpoint.into_url())
                    .with_timeout(timeout)
                    .build()
            }
            #[cfg(feature = "otlp-grpc")]
            Protocol::Grpc => exporter
                .with_tonic()
                .with_endpoint(endpoint.into_url())
                .with_timeout(timeout)
                .build(),
        })
    }
}
