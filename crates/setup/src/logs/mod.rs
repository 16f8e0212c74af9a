//! Logs that say which trace they belong to.

mod format;
mod install;

pub use self::format::TraceIds;
pub use self::install::Logs;
