//! Which traces are recorded, and what is exported although it was not sampled.

#[cfg(feature = "sampling-file")]
use std::path::PathBuf;

use opentelemetry_sdk::trace::{ParentBasedSampler, ShouldSample};

use super::TelemetryBuilder;
use crate::Keep;
use crate::samplers::Rules;

/// What is said in code.
#[derive(Debug)]
pub(super) enum Sampling {
    Sampler(Box<dyn ShouldSample>),
    Ratio(f64),
    Rules(Rules),
    #[cfg(feature = "sampling-file")]
    File(PathBuf),
}

/// Sets branches.
pub(super) type Branches = Box<dyn FnOnce(ParentBasedSampler) -> ParentBasedSampler + Send>;

impl TelemetryBuilder {
    /// Decides which traces are recorded. Unless it is set, `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG` do, else the
    /// [profile](Self::with_profile), and without these every trace is recorded whose caller did not decide otherwise.
    ///
    /// Of this and the next three, the last that is called counts.
    pub fn with_sampler(mut self, sampler: impl Into<Box<dyn ShouldSample>>) -> Self {
        self.sampling = Some(Sampling::Sampler(sampler.into()));
        self
    }

    /// This share of the traces that begin here, from 0 to 1, and anything else is an error when telemetry is built; below a parent, its
    /// decision holds.
    pub fn with_sampling_ratio(mut self, ratio: f64) -> Self {
        self.sampling = Some(Sampling::Ratio(ratio));
        self
    }

    /// These rules for the traces that begin here; below a parent, its decision holds. Keep a clone to replace them.
    pub fn with_sampling_rules(mut self, rules: Rules) -> Self {
        self.sampling = Some(Sampling::Rules(rules));
        self
    }

    /// As [`with_sampling_rules`](Self::with_sampling_rules), from a [TOML file](Rules::from_toml), which is looked at again every
    /// five seconds, and by [`Telemetry::reload_sampling`](crate::Telemetry::reload_sampling). A change that is wrong is not taken, and told as a `tracing` warning.
    #[cfg(feature = "sampling-file")]
    pub fn with_sampling_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.sampling = Some(Sampling::File(path.into()));
        self
    }

    /// Sets the branches of a parent-based sampler: what to do below a parent that is remote or local, sampled or not. The fifth, for
    /// traces that begin here, is the sampler that is chosen otherwise.
    ///
    /// ```
    /// use tower_telemetry_setup::opentelemetry_sdk::trace::Sampler;
    /// use tower_telemetry_setup::{Profile, Telemetry, Waterfall};
    ///
    /// // As the profile has it, but strangers do not decide what is recorded here.
    /// let telemetry = Telemetry::builder("door")
    ///     .with_profile(Profile::Production)
    ///     .with_branches(|parent_based| parent_based.with_remote_parent_sampled(Sampler::TraceIdRatioBased(0.01)))
    ///     .with_waterfall(Waterfall::stderr())
    ///     .build()?;
    /// # telemetry.shutdown()?;
    /// # Ok::<(), tower_telemetry_setup::Error>(())
    /// ```
    pub fn with_branches(
        mut self,
        branches: impl FnOnce(ParentBasedSampler) -> ParentBasedSampler + Send + 'static,
    ) -> Self {
        self.branches = Some(Box::new(branches));
        self
    }

    /// Exports what failed or was slow although it was not sampled. Off unless set.
    pub fn with_keep(mut self, keep: Keep) -> Self {
        self.keep = Some(keep);
        self
    }
}
