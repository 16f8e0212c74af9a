//! Which traces are recorded.

mod base;
mod effective;
#[cfg(feature = "sampling-file")]
mod file;
mod pattern;
mod rate;
mod ratio;
mod rule;
mod rules;
#[cfg(feature = "sampling-file")]
mod watch;

pub(crate) use self::base::Base;
pub(crate) use self::effective::{Effective, PROBE, Unsampled};
pub use self::rate::RateLimit;
pub use self::rule::Rule;
pub use self::rules::Rules;
#[cfg(feature = "sampling-file")]
pub(crate) use self::watch::Watched;
