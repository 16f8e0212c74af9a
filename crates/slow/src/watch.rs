//! One call of a service.

use std::task::Context;

use tower_telemetry_observe::{Head, Interest, Report, Watch};

use crate::call::{End, Tracked};
use crate::{Ended, Labeled};

/// Watches one call of a service for [`Slow`](crate::Slow).
#[derive(Debug)]
pub struct SlowWatch {
    call: Tracked,
}

impl SlowWatch {
    #[inline]
    pub(crate) fn new(call: Tracked) -> Self {
        SlowWatch { call }
    }
}

impl<F: Labeled> Watch<F> for SlowWatch {
    #[inline]
    fn interest(&self) -> Interest {
        match self.call.matters() {
            true => Interest::Everything,
            false => Interest::Nothing,
        }
    }

    #[inline]
    fn in_scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        self.call.run(poll)
    }

    #[inline]
    fn pending(&mut self, facts: &F, _: &mut Context<'_>) {
        self.call.pending(|| facts.label());
    }

    #[inline]
    fn head(&mut self, head: &mut Head<'_, F>) {
        self.call.head(head.elapsed());
    }

    #[inline]
    fn end(mut self, report: &Report<'_, F>) {
        let end = End {
            ended: Ended::of(&report.end),
            error_type: report.verdict.error_type(),
        };
        self.call.end(&end, || report.elapsed(), || report.facts.label());
    }
}
