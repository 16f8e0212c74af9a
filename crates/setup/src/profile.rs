//! What suits a desk, a staging environment, and production.

use std::fmt;

use crate::samplers::Base;

/// A set of defaults for an environment. Each of its values gives way to the environment's variables and to what is said in code.
///
/// | profile | sampler | batches | exporter, unless one is named |
/// |---|---|---|---|
/// | [`Development`](Self::Development) | everything, whatever callers decided | no delay | console, or OTLP where there is an address |
/// | [`Staging`](Self::Staging) | 10 % of the traces that begin here, parent-based | queue 2,048, delay 5 s, batch 512, export timeout 30 s | OTLP |
/// | [`Production`](Self::Production) | 1 % of the traces that begin here, parent-based | queue 2,048, delay 5 s, batch 512, export timeout 30 s | OTLP |
///
/// Unless it is set [in code](crate::TelemetryBuilder::with_profile), the profile is that of the variable `ENVIRONMENT`, else
/// `DEPLOYMENT_ENVIRONMENT`. Without either, the specification's defaults hold: every trace whose
/// caller did not decide otherwise, and a delay of 5 seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Named `development`, `dev`, `local` or `test`.
    Development,
    /// Named `staging` or `stage`.
    Staging,
    /// Named `production` or `prod`.
    Production,
}

impl Profile {
    /// The profile of this name; upper and lower case are the same.
    pub fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "development" | "dev" | "local" | "test" => Some(Self::Development),
            "staging" | "stage" => Some(Self::Staging),
            "production" | "prod" => Some(Self::Production),
            _ => None,
        }
    }

    pub(crate) fn sampler(self) -> Base {
        match self {
            Self::Development => Base::AlwaysOn,
            Self::Staging => Base::ParentBased(0.1),
            Self::Production => Base::ParentBased(0.01),
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Development => "development",
            Self::Staging => "staging",
            Self::Production => "production",
        })
    }
}
