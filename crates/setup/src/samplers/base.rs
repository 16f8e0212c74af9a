//! The samplers that have a standard name.

use std::fmt;

use opentelemetry_sdk::trace::{Sampler, ShouldSample};

/// A sampler by its name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Base {
    AlwaysOn,
    AlwaysOff,
    Ratio(f64),
    /// The caller's decision, and this ratio where there is no caller.
    ParentBased(f64),
}

impl Base {
    /// What decides where there is no caller.
    pub(crate) fn root(self) -> Box<dyn ShouldSample> {
        Box::new(match self {
            Self::AlwaysOn => Sampler::AlwaysOn,
            Self::AlwaysOff => Sampler::AlwaysOff,
            Self::Ratio(ratio) | Self::ParentBased(ratio) if ratio >= 1.0 => Sampler::AlwaysOn,
            Self::Ratio(ratio) | Self::ParentBased(ratio) if ratio <= 0.0 => Sampler::AlwaysOff,
            Self::Ratio(ratio) | Self::ParentBased(ratio) => Sampler::TraceIdRatioBased(ratio),
        })
    }

    pub(crate) fn is_parent_based(self) -> bool {
        matches!(self, Self::ParentBased(_))
    }

    /// Whether no trace that begins here can be recorded.
    pub(crate) fn is_never(self) -> bool {
        match self {
            Self::AlwaysOn => false,
            Self::AlwaysOff => true,
            Self::Ratio(ratio) | Self::ParentBased(ratio) => ratio <= 0.0,
        }
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlwaysOn => f.write_str("every span"),
            Self::AlwaysOff => f.write_str("no span"),
            Self::Ratio(ratio) => write!(f, "{} % of all traces, whatever callers decided", ratio * 100.0),
            Self::ParentBased(ratio) => write!(
                f,
                "{} % of the traces that begin here, else as the caller decided",
                ratio * 100.0
            ),
        }
    }
}
