//! What an exporter is set up with, whichever signal it is for: by code, else by the environment.

use std::fmt;
#[cfg(feature = "otlp-http")]
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
#[cfg(feature = "otlp-http")]
use http::HeaderValue;
#[cfg(feature = "otlp-http")]
use opentelemetry_http::HttpClient;
use opentelemetry_otlp::{Compression, WithExportConfig};

#[cfg(feature = "otlp-http")]
use super::client;
use super::endpoint::{Endpoint, Schemes};
use super::signal::Signal;
use super::{Otlp, Protocol};
use crate::Error;
use crate::environment::{Read, headers::headers, otlp::compression, time_limit};

pub(super) struct Settings {
    pub(super) protocol: Protocol,
    endpoint: Endpoint,
    timeout: Duration,
    compression: Option<Compression>,
    headers: HeaderMap,
    #[cfg(feature = "otlp-http")]
    client: Option<Arc<dyn HttpClient>>,
}

impl Settings {
    pub(super) fn resolve(otlp: Otlp, signal: Signal, read: Read<'_>) -> Result<Self, Error> {
        let schemes = match otlp.connects_itself() {
            true => Schemes::Plain,
            false => Schemes::Any,
        };
        let default = opentelemetry_otlp::OTEL_EXPORTER_OTLP_TIMEOUT_DEFAULT;
        Ok(Self {
            protocol: otlp.protocol,
            endpoint: Endpoint::resolve(otlp.protocol, signal, otlp.endpoint, schemes, read)?,
            timeout: match otlp.timeout {
                Some(timeout) => timeout,
                None => time_limit(read, &signal.timeout)?.unwrap_or(default),
            },
            compression: match otlp.compression {
                Some(compression) => Some(compression),
                None => compression(read, &signal.compression, otlp.protocol)?,
            },
            headers: headers(read, &signal.headers)?,
            #[cfg(feature = "otlp-http")]
            client: otlp.client,
        })
    }

    /// Where it sends to, without secrets.
    pub(super) fn destination(&self) -> String {
        self.endpoint.shown()
    }

    #[cfg(feature = "otlp-http")]
    pub(super) fn http<B>(self, exporter: B) -> B
    where
        B: WithExportConfig + opentelemetry_otlp::WithHttpConfig,
    {
        // They are decoded once more there.
        let encoded = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).replace('%', "%25");
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (name.to_string(), encoded(value)));
        let exporter = exporter
            .with_shared_http_client(client::within(self.timeout, self.client))
            .with_protocol(opentelemetry_otlp::Protocol::HttpBinary)
            .with_endpoint(self.endpoint.into_url())
            .with_timeout(self.timeout)
            .with_headers(headers.collect());
        match self.compression {
            Some(compression) => exporter.with_compression(compression),
            None => exporter,
        }
    }

    #[cfg(feature = "otlp-grpc")]
    pub(super) fn grpc<B>(self, exporter: B) -> B
    where
        B: WithExportConfig + opentelemetry_otlp::WithTonicConfig,
    {
        use opentelemetry_otlp::tonic_types::metadata::MetadataMap;

        let exporter = exporter
            .with_endpoint(self.endpoint.into_url())
            .with_timeout(self.timeout)
            .with_metadata(MetadataMap::from_headers(self.headers));
        match self.compression {
            Some(compression) => exporter.with_compression(compression),
            None => exporter,
        }
    }
}

/// `over HTTP, compressed with gzip, within 10s`.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.protocol {
            #[cfg(feature = "otlp-http")]
            Protocol::Http => "over HTTP",
            #[cfg(feature = "otlp-grpc")]
            Protocol::Grpc => "over gRPC",
        })?;
        if let Some(compression) = self.compression {
            write!(f, ", compressed with {compression}")?;
        }
        write!(f, ", within {:?}", self.timeout)
    }
}
