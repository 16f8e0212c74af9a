//! The configuration in force, for a person to read.

use std::fmt;
use std::time::Duration;

use opentelemetry_sdk::Resource;

use crate::{Exports, Finding, Keep, KeepCounts, Profile, resource};

/// What does not change.
#[derive(Debug, Clone)]
pub(crate) struct Configuration {
    pub(crate) service: Resource,
    pub(crate) profile: Option<Profile>,
    pub(crate) sampler: String,
    pub(crate) keep: Option<Keep>,
    pub(crate) console: bool,
    /// Where logs go by OTLP, and how.
    #[cfg(feature = "otlp-logs")]
    pub(crate) logs: Option<String>,
    pub(crate) disabled: bool,
    pub(crate) timeout: Duration,
}

/// The configuration in force, the counts of this moment, and what is wrong with it. `Display` prints it, some twenty lines without
/// secrets.
#[derive(Debug, Clone)]
pub struct Report {
    pub(crate) configuration: Configuration,
    pub(crate) exports: Vec<Exports>,
    pub(crate) kept: Option<KeepCounts>,
    pub(crate) propagator: Vec<String>,
    pub(crate) findings: Vec<Finding>,
}

impl Report {
    /// What would make tracing silently not work, as far as it can be seen.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let configuration = &self.configuration;
        let attribute = |key| resource::text(&configuration.service, key);
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "not set".into());
        line(f, "service", &or_none(attribute("service.name")))?;
        line(f, "version", &or_none(attribute("service.version")))?;
        line(f, "environment", &or_none(attribute("deployment.environment.name")))?;
        let profile = configuration.profile.map(|profile| profile.to_string());
        line(f, "profile", &or_none(profile))?;
        if configuration.disabled {
            return line(f, "tracing", "disabled by OTEL_SDK_DISABLED");
        }
        line(f, "sampler", &configuration.sampler)?;
        match (configuration.keep, self.kept) {
            (Some(keep), Some(counts)) => {
                let slow = keep.slow.map(|slow| format!(" or took {slow:?}")).unwrap_or_default();
                let kept = format!(
                    "traces whose local root failed{slow}, of {} spans at most; so far {} traces, {} spans, {} left out",
                    keep.max_spans, counts.traces, counts.spans, counts.left_out
                );
                line(f, "kept", &kept)?;
            }
            _ => line(f, "kept", "nothing that is not sampled")?,
        }
        if configuration.console {
            line(f, "exporter", "waterfall")?;
        }
        for export in &self.exports {
            let counts = export.counts();
            let about = export.about().map(|about| format!("\n{about}")).unwrap_or_default();
            let text = format!(
                "{}{about}\n{}\n{} received, {} exported, {} pending; lost: {}",
                export.name(),
                export.limits(),
                counts.received,
                counts.exported,
                counts.pending,
                counts.lost
            );
            line(f, "exporter", &text)?;
        }
        if self.exports.is_empty() && !configuration.console {
            line(f, "exporter", "none")?;
        }
        #[cfg(feature = "otlp-logs")]
        if let Some(logs) = &configuration.logs {
            line(f, "logs", logs)?;
        }
        let propagator = match self.propagator.as_slice() {
            [] => "none".to_owned(),
            fields => fields.join(", "),
        };
        line(f, "propagated", &propagator)?;
        line(f, "shutdown", &format!("within {:?}", configuration.timeout))?;
        for finding in &self.findings {
            line(f, "attention", &finding.to_string())?;
        }
        Ok(())
    }
}

/// A name and its value; further lines of it stand below its first.
fn line(f: &mut fmt::Formatter<'_>, name: &str, value: &str) -> fmt::Result {
    let mut name = name;
    for line in value.lines() {
        writeln!(f, "{name:<12} {line}")?;
        name = "";
    }
    Ok(())
}
