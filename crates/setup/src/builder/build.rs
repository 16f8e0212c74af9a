//! From settings to a provider.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use opentelemetry::global;
use opentelemetry_sdk::trace::SdkTracerProvider;
#[cfg(feature = "prometheus")]
use tower_telemetry_prometheus::SpanCounts;
use tower_telemetry_propagate::W3c;

use super::exporter::{Common, Exporter};
use super::{Propagator, Source, TelemetryBuilder, sampler};
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
use crate::Otlp;
use crate::check::{Checked, Checker, Finding};
use crate::environment::exporters::{Chosen, Console, chosen};
use crate::environment::limits::{self, SpanLimits};
use crate::environment::{self, Read};
use crate::pipeline::{Parts, Pipeline, Processor};
use crate::report::Configuration;
use crate::resource::resource;
use crate::samplers::{Effective, Unsampled};
use crate::telemetry::{Reach, Running};
use crate::{Error, Exports, Profile, Telemetry, Waterfall};

impl TelemetryBuilder {
    pub(super) fn build_with(mut self, reach: Reach) -> Result<Telemetry, Error> {
        let read: Read<'_> = &environment::process;

        // What is said in code, else by the environment, else by the profile.
        let disabled = environment::disabled::sdk(read)?;
        let span_limits = SpanLimits::read(read)?;
        let profile = self.profile(read)?;
        if self.source == Source::Environment {
            self.service.name = environment::service::name(read, std::mem::take(&mut self.service.name))?;
        }
        let found = environment::service::environment(read).or_else(|| profile.map(|profile| profile.to_string()));
        let resource = resource(&self.service, found, read)?;
        let limits = self.batch.resolve(read, profile)?;
        let sampling = sampler::resolve(self.sampling.take(), self.branches.take(), profile, read)?;
        let set_propagator = propagator(self.propagator.take(), read)?;
        let sanitizer = match self.sanitizer.take() {
            Some(sanitizer) => sanitizer,
            None => limits::policy(read)?,
        };
        let timeout = self.shutdown_timeout;
        match disabled {
            true => (self.exporters, self.waterfall) = (Vec::new(), None),
            false => self.find_exporters(profile, read)?,
        }

        // From the exporters to the provider.
        #[cfg(feature = "otlp-logs")]
        let (logger_provider, logs) = {
            let otlp = self.otlp_logs.filter(|_| !disabled);
            let built = otlp.map(|otlp| otlp.build_logs(&resource, read));
            built.transpose()?.unzip()
        };
        let configuration = Configuration {
            service: resource.clone(),
            profile,
            sampler: sampling.description,
            keep: self.keep,
            console: self.waterfall.is_some(),
            #[cfg(feature = "otlp-logs")]
            logs,
            disabled,
            timeout,
        };
        let common = Common {
            limits,
            flush_timeout: timeout,
            read,
            sanitizer: sanitizer.clone(),
            #[cfg(feature = "prometheus")]
            counts: self.span_counts.clone(),
        };
        let started = Started::all(self.exporters, &common)?;
        #[cfg(feature = "prometheus")]
        if let Some(counts) = self.span_counts {
            started.show_losses(&counts);
            self.wraps.push(Box::new(move |next| Box::new(counts.processor(next))));
        }
        let parts = Parts {
            waterfall: self
                .waterfall
                .map(|waterfall| waterfall.processor().with_sanitizer(sanitizer)),
            exporters: started.processors,
            keep: self.keep,
            wraps: self.wraps,
            flush_timeout: timeout,
        };
        let (pipeline, kept) = Pipeline::assemble(parts, &resource);
        let probes: Arc<AtomicU64> = Arc::default();
        let provider = span_limits
            .set(SdkTracerProvider::builder())
            .with_resource(resource)
            .with_sampler(Effective {
                sampler: sampling.sampler,
                unsampled: match self.keep {
                    Some(_) => Unsampled::Record,
                    None => Unsampled::Drop,
                },
                probes: Arc::clone(&probes),
            })
            .with_span_processor(pipeline.clone())
            .build();
        if disabled {
            // It makes no spans, and leaves the caller's context in place.
            let _ = provider.shutdown();
        }

        // And to the process.
        let mut findings = Vec::new();
        if sampling.never && !disabled && self.keep.is_none() {
            findings.push(Finding::NothingSampled);
        }
        let mut checker = None;
        if let Reach::Process(installed) = &reach {
            #[cfg(feature = "logs")]
            if let Some(logs) = self.logs {
                logs.install_with(
                    #[cfg(feature = "otlp-logs")]
                    logger_provider.as_ref(),
                )?;
            }
            if installed.replaces_another() {
                findings.push(Finding::AnotherProviderBefore);
            }
            global::set_tracer_provider(provider.clone());
            set_propagator();
            let checked = Checked {
                probes: (!disabled).then_some(probes),
                destinations: started.destinations,
                pipeline: pipeline.clone(),
                installed: Instant::now(),
                first_span_within: self.first_span_within,
            };
            checker = Some(Checker::start(checked, &findings));
        }
        Ok(Telemetry::new(Running {
            provider,
            pipeline,
            exports: started.exports,
            kept,
            configuration,
            findings,
            checker,
            #[cfg(feature = "sampling-file")]
            sampling_file: sampling.file,
            #[cfg(feature = "otlp-logs")]
            logger_provider,
            timeout,
            reach,
        }))
    }

    fn profile(&self, read: Read<'_>) -> Result<Option<Profile>, Error> {
        match (self.profile, self.source) {
            (Some(profile), _) => Ok(Some(profile)),
            (None, Source::Environment) => environment::service::profile(read),
            (None, Source::Code) => Ok(None),
        }
    }

    /// Unless exporters are given in code, takes those that the environment names.
    fn find_exporters(&mut self, profile: Option<Profile>, read: Read<'_>) -> Result<(), Error> {
        if !self.exporters.is_empty() || self.waterfall.is_some() {
            return Ok(());
        }
        match self.source {
            Source::Environment => {
                let chosen = chosen(read, profile)?;
                self.exporters = exporters(chosen, read)?;
                self.waterfall = match chosen.console {
                    Console::Off => None,
                    Console::Stdout => Some(Waterfall::stdout()),
                    Console::Stderr => Some(Waterfall::stderr()),
                };
                Ok(())
            }
            Source::Code if self.wraps.is_empty() => Err(Error::NoExporter),
            Source::Code => Ok(()),
        }
    }
}

/// Exporters, each on its thread.
#[derive(Default)]
struct Started {
    processors: Vec<Processor>,
    exports: Vec<Exports>,
    /// Addresses that can be tried.
    destinations: Vec<String>,
}

impl Started {
    fn all(exporters: Vec<Exporter>, common: &Common<'_>) -> Result<Self, Error> {
        let mut started = Self::default();
        for exporter in exporters {
            let can_be_tried = exporter.connects_itself();
            let processor = exporter.start(common)?;
            let exports = processor.exports();
            if can_be_tried {
                started.destinations.push(exports.name().to_owned());
            }
            started.exports.push(exports);
            started.processors.push(Box::new(processor));
        }
        Ok(started)
    }

    #[cfg(feature = "prometheus")]
    fn show_losses(&self, counts: &SpanCounts) {
        for exports in &self.exports {
            let exports = exports.clone();
            counts.add_losses(move || exports.counts().lost.by_cause());
        }
    }
}

fn propagator(code: Option<Propagator>, read: Read<'_>) -> Result<Propagator, Error> {
    let named = environment::propagators::named(read)?;
    Ok(match (code, named) {
        (Some(set), _) => set,
        (None, Some(named)) => Box::new(move || environment::propagators::set(&named)),
        (None, None) => Box::new(|| global::set_text_map_propagator(W3c)),
    })
}

#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
fn exporters(chosen: Chosen, read: Read<'_>) -> Result<Vec<Exporter>, Error> {
    match chosen.otlp {
        true => Ok(vec![Exporter::Otlp(Otlp::named(read)?)]),
        false => Ok(Vec::new()),
    }
}

#[cfg(not(any(feature = "otlp-http", feature = "otlp-grpc")))]
#[allow(clippy::unnecessary_wraps)]
fn exporters(_: Chosen, _: Read<'_>) -> Result<Vec<Exporter>, Error> {
    Ok(Vec::new())
}
