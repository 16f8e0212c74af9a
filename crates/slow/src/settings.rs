//! What a layer, or any other observer of slow calls, was told.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tower_telemetry_sanitize::Sanitizer;
use tracing_core::Level;

use crate::clock::Clock;
use crate::record::SlowCall;

/// A poll that takes this long keeps other calls waiting: the usual [`with_poll_limit`](crate::Slow::with_poll_limit), 10 ms.
pub const POLL_LIMIT: Duration = Duration::from_millis(10);

/// The target of the lines, unless another is given.
pub(crate) const TARGET: &str = "tower_telemetry_slow";

/// Lines per route and minute, unless another number is given.
const LINES: u32 = 10;

/// When it is said that a call is slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Warnings {
    /// While it still runs, and once more when it has ended.
    WhileItRuns,
    /// When it has ended. That needs no runtime.
    AtEnd,
}

pub(crate) type Counter = Arc<dyn Fn(&SlowCall<'_>) + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) target: &'static str,
    pub(crate) level: Level,
    /// The level of lines about failed calls, if there are to be any.
    pub(crate) failed: Option<Level>,
    pub(crate) warnings: Warnings,
    /// In nanoseconds.
    pub(crate) poll_limit: Option<u64>,
    pub(crate) lines: u32,
    pub(crate) clock: Clock,
    pub(crate) counters: Vec<Counter>,
    /// What may be written down.
    pub(crate) sanitizer: Sanitizer,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            target: TARGET,
            level: Level::WARN,
            failed: None,
            warnings: match cfg!(feature = "tokio") {
                true => Warnings::WhileItRuns,
                false => Warnings::AtEnd,
            },
            poll_limit: None,
            lines: LINES,
            clock: Clock::default(),
            counters: Vec::new(),
            sanitizer: Sanitizer::default(),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("target", &self.target)
            .field("level", &self.level)
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}
