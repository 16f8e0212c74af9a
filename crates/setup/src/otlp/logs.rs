//! Logs by OTLP.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::{LogExporter as OtlpExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{BatchLogProcessor, LogBatch, LogExporter, SdkLogger, SdkLoggerProvider};

use super::driver::Driver;
use super::endpoint::{Endpoint, Signal};
use super::{Otlp, Protocol, client, timeout};
use crate::Error;
use crate::environment::{self, Read, milliseconds};
use crate::error::panicked;

/// From `tracing` events to a logger provider.
pub(crate) type Bridge = OpenTelemetryTracingBridge<SdkLoggerProvider, SdkLogger>;

pub(crate) fn bridge(provider: &SdkLoggerProvider) -> Bridge {
    OpenTelemetryTracingBridge::new(provider)
}

impl Otlp {
    /// A provider whose logs leave in the SDK's batches (`OTEL_BLRP_*`).
    pub(crate) fn build_logs(self, resource: &Resource, read: Read<'_>) -> Result<SdkLoggerProvider, Error> {
        let schemes = self.schemes();
        let endpoint = Endpoint::resolve(self.protocol, Signal::Logs, self.endpoint, schemes, read)?;
        let timeout = timeout(
            self.timeout,
            &["OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"],
            read,
        )?;
        let compression = match self.compression {
            Some(compression) => Some(compression),
            None => environment::otlp::compression(
                read,
                &["OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"],
                self.protocol,
            )?,
        };
        environment::headers::check(read, &["OTEL_EXPORTER_OTLP_LOGS_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"])?;
        check_batches(read)?;
        let driver = Driver::start()?;
        let exporter = {
            let _entered = driver.enter();
            let exporter = OtlpExporter::builder();
            match self.protocol {
                Protocol::Http => {
                    use opentelemetry_otlp::{Protocol as Format, WithHttpConfig as _};

                    let exporter = exporter
                        .with_http()
                        .with_shared_http_client(client::within(timeout, self.client))
                        .with_protocol(Format::HttpBinary)
                        .with_endpoint(endpoint.into_url())
                        .with_timeout(timeout);
                    match compression {
                        Some(compression) => exporter.with_compression(compression).build(),
                        None => exporter.build(),
                    }
                }
                #[cfg(feature = "otlp-grpc")]
                Protocol::Grpc => {
                    use opentelemetry_otlp::WithTonicConfig as _;

                    let exporter = exporter
                        .with_tonic()
                        .with_endpoint(endpoint.into_url())
                        .with_timeout(timeout);
                    match compression {
                        Some(compression) => exporter.with_compression(compression).build(),
                        None => exporter.build(),
                    }
                }
            }
        };
        let exporter = exporter.map_err(|error| Error::Exporter(error.to_string()))?;
        let processor = BatchLogProcessor::builder(Driven { exporter, driver }).build();
        Ok(SdkLoggerProvider::builder()
            .with_resource(resource.clone())
            .with_log_processor(processor)
            .build())
    }
}

/// The SDK reads these, and leaves out what it does not understand.
fn check_batches(read: Read<'_>) -> Result<(), Error> {
    for name in ["OTEL_BLRP_MAX_QUEUE_SIZE", "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE"] {
        environment::count::<usize>(read, &[name])?;
    }
    milliseconds(read, &["OTEL_BLRP_SCHEDULE_DELAY"])?;
    Ok(())
}

/// A log exporter that is polled on the SDK's thread, within the driver's runtime. A batch is borrowed, so it cannot go there itself.
#[derive(Debug)]
struct Driven {
    exporter: OtlpExporter,
    driver: Driver,
}

impl LogExporter for Driven {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let mut export = pin!(self.exporter.export(batch));
        poll_fn(|cx| {
            let _entered = self.driver.enter();
            // A panic would end the SDK's thread.
            let polled = catch_unwind(AssertUnwindSafe(|| export.as_mut().poll(cx)));
            polled.unwrap_or_else(|_| Poll::Ready(Err(panicked())))
        })
        .await
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
