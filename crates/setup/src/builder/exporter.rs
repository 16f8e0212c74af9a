//! An exporter that is yet to be started.

use std::time::Duration;

use opentelemetry_sdk::trace::SpanExporter;
#[cfg(feature = "prometheus")]
use tower_telemetry_prometheus::SpanCounts;
use tower_telemetry_sanitize::{Sanitizer, SanitizingExporter};

use crate::Error;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
use crate::Otlp;
use crate::batch::{BatchProcessor, Limits, Start};
use crate::environment::Read;

/// Where spans go.
pub(super) enum Exporter {
    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    Otlp(Otlp),
    Own(Launch),
}

/// Starts a processor with these limits, which may take so long for a flush, and exports what the policy lets through.
type Launch = Box<dyn FnOnce(Limits, Duration, Sanitizer) -> Result<BatchProcessor, Error> + Send>;

/// What all exporters of a pipeline have in common.
pub(super) struct Common<'a> {
    pub(super) limits: Limits,
    pub(super) flush_timeout: Duration,
    #[cfg_attr(not(any(feature = "otlp-http", feature = "otlp-grpc")), allow(dead_code))]
    pub(super) read: Read<'a>,
    /// What may be written down.
    pub(super) sanitizer: Sanitizer,
    #[cfg(feature = "prometheus")]
    #[cfg_attr(not(any(feature = "otlp-http", feature = "otlp-grpc")), allow(dead_code))]
    pub(super) counts: Option<SpanCounts>,
}

impl Exporter {
    pub(super) fn own(exporter: impl SpanExporter + 'static) -> Self {
        Self::Own(Box::new(|limits, flush_timeout, sanitizer| {
            let start = Start::new(&exporter, limits, flush_timeout);
            BatchProcessor::start_with(SanitizingExporter::new(exporter, sanitizer), start)
        }))
    }

    /// Whether it has an address that can be tried.
    pub(super) fn connects_itself(&self) -> bool {
        match self {
            #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
            Self::Otlp(otlp) => otlp.connects_itself(),
            Self::Own(_) => false,
        }
    }

    pub(super) fn start(self, common: &Common<'_>) -> Result<BatchProcessor, Error> {
        let sanitizer = common.sanitizer.clone();
        match self {
            #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
            Self::Otlp(otlp) => {
                let exporter = otlp.build(common.read)?;
                let start = Start {
                    name: exporter.destination().to_owned(),
                    about: Some(exporter.about().to_owned()),
                    limits: common.limits,
                    flush_timeout: common.flush_timeout,
                    refusals: exporter.refusals(),
                };
                #[cfg(feature = "prometheus")]
                if let Some(counts) = &common.counts {
                    let exporter = counts.exporter(exporter);
                    return BatchProcessor::start_with(SanitizingExporter::new(exporter, sanitizer), start);
                }
                BatchProcessor::start_with(SanitizingExporter::new(exporter, sanitizer), start)
            }
            Self::Own(launch) => launch(common.limits, common.flush_timeout, sanitizer),
        }
    }
}
