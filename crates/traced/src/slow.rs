//! The warning of a function that took long.

use std::sync::LazyLock;
use std::time::Duration;

use tower_telemetry_slow::{Slow, Stopwatch, Warnings};

use crate::record;

/// One for the process, so that one count of lines holds for each function.
static SLOW: LazyLock<Slow<()>> = LazyLock::new(|| {
    let slow = Slow::new().with_warnings(Warnings::AtEnd);
    slow.with_sanitizer(record::policy().clone())
});

/// Warns at the end of a function, if that is late: on every path, sampled or not.
pub(crate) fn stopwatch(function: &'static str, threshold: Duration) -> Stopwatch {
    SLOW.stopwatch(function, threshold)
}

/// What warns when work takes long: a stopwatch, until the work is done, or nothing.
pub trait Watched {
    /// Runs a part of the work.
    fn run<T>(&mut self, part: impl FnOnce() -> T) -> T;

    /// The work is done.
    fn finish(&mut self);
}

impl Watched for () {
    #[inline(always)]
    fn run<T>(&mut self, part: impl FnOnce() -> T) -> T {
        part()
    }

    #[inline(always)]
    fn finish(&mut self) {}
}

impl Watched for Option<Stopwatch> {
    fn run<T>(&mut self, part: impl FnOnce() -> T) -> T {
        match self {
            Some(stopwatch) => stopwatch.run(part),
            None => part(),
        }
    }

    fn finish(&mut self) {
        if let Some(stopwatch) = self.take() {
            stopwatch.finish();
        }
    }
}
