//! Logs by OTLP.

use std::future::poll_fn;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::task::Poll;

use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::LogExporter as OtlpExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{
    BatchConfig, BatchConfigBuilder, BatchLogProcessor, LogBatch, LogExporter, SdkLogger, SdkLoggerProvider,
};
use tower_telemetry_observe::contain;

use super::driver::Driver;
use super::settings::Settings;
use super::signal::Signal;
use super::{Otlp, Protocol};
use crate::Error;
use crate::environment::{Read, milliseconds, parsed};
use crate::error::panicked;

/// From `tracing` events to a logger provider.
pub(crate) type Bridge = OpenTelemetryTracingBridge<SdkLoggerProvider, SdkLogger>;

pub(crate) fn bridge(provider: &SdkLoggerProvider) -> Bridge {
    OpenTelemetryTracingBridge::new(provider)
}

impl Otlp {
    /// A provider whose logs leave in the SDK's batches (`OTEL_BLRP_*`), and where to.
    pub(crate) fn build_logs(self, resource: &Resource, read: Read<'_>) -> Result<(SdkLoggerProvider, String), Error> {
        let settings = Settings::resolve(self, Signal::LOGS, read)?;
        let about = format!("{}\n{settings}", settings.destination());
        let batches = batches(read)?;
        let driver = Driver::start()?;
        let exporter = {
            let _entered = driver.enter();
            let exporter = OtlpExporter::builder();
            match settings.protocol {
                Protocol::Http => settings.http(exporter.with_http()).build(),
                #[cfg(feature = "otlp-grpc")]
                Protocol::Grpc => settings.grpc(exporter.with_tonic()).build(),
            }
        };
        let exporter = exporter.map_err(|error| Error::Exporter(error.to_string()))?;
        let processor = BatchLogProcessor::builder(Driven { exporter, driver }).with_batch_config(batches);
        let provider = SdkLoggerProvider::builder()
            .with_resource(resource.clone())
            .with_log_processor(processor.build())
            .build();
        Ok((provider, about))
    }
}

/// As the variables have them, of which the SDK would leave out what it does not understand.
fn batches(read: Read<'_>) -> Result<BatchConfig, Error> {
    let size = |name| {
        let size = read(name).map(|value| parsed::<NonZeroUsize>(name, value, "a whole number, at least 1"));
        size.transpose().map(|size| size.map(NonZeroUsize::get))
    };
    let mut batches = BatchConfigBuilder::default();
    if let Some(size) = size("OTEL_BLRP_MAX_QUEUE_SIZE")? {
        batches = batches.with_max_queue_size(size);
    }
    if let Some(size) = size("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE")? {
        batches = batches.with_max_export_batch_size(size);
    }
    if let Some(delay) = milliseconds(read, &["OTEL_BLRP_SCHEDULE_DELAY"])? {
        batches = batches.with_scheduled_delay(delay);
    }
    Ok(batches.build())
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
            let polled = contain(|| export.as_mut().poll(cx));
            polled.unwrap_or_else(|| Poll::Ready(Err(panicked())))
        })
        .await
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
