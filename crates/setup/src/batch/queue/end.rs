//! Flushes and the end, and those who wait for them.

use std::mem;
use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};

use super::Queue;
use super::state::{Phase, State};
use crate::batch::reporter;

impl Queue {
    /// Waits until the spans that have ended so far are dealt with.
    pub(in crate::batch) fn flush(&self, timeout: Duration) -> OTelSdkResult {
        let deadline = Instant::now() + timeout;
        let mut state = self.lock();
        if state.phase != Phase::Running {
            return Ok(());
        }
        let failures = state.failures;
        state.flush_to = state.accepted;
        state.flushes_asked += 1;
        let ticket = state.flushes_asked;
        self.work.notify_one();
        while state.flushes_done < ticket && state.phase != Phase::Ended && state.phase != Phase::Abandoned {
            let Some(waited) = self.wait(state, deadline) else {
                return Err(OTelSdkError::Timeout(timeout));
            };
            state = waited;
        }
        state.since(failures)
    }

    /// Exports what waits and ends, or gives up after so long: then what is left is lost. Only the first call does anything.
    pub(in crate::batch) fn shut_down(&self, timeout: Duration) -> OTelSdkResult {
        let deadline = Instant::now() + timeout;
        let mut state = self.lock();
        if state.phase != Phase::Running {
            return Ok(());
        }
        let failures = state.failures;
        state.phase = Phase::Ending(deadline);
        self.work.notify_one();
        while state.phase != Phase::Ended {
            state = match self.wait(state, deadline) {
                Some(state) => state,
                None => {
                    self.abandon();
                    reporter::report(self);
                    return Err(OTelSdkError::Timeout(timeout));
                }
            };
        }
        let result = state.since(failures);
        drop(state);
        reporter::report(self);
        result
    }

    /// Asks for an end, and does not wait for it.
    pub(in crate::batch) fn leave(&self) {
        let mut state = self.lock();
        if state.phase == Phase::Running {
            state.phase = Phase::Ending(Instant::now());
            self.work.notify_one();
        }
    }

    fn abandon(&self) {
        let mut state = self.lock();
        // The worker may have been faster than this thread.
        if state.phase == Phase::Ended {
            return;
        }
        state.phase = Phase::Abandoned;
        state.counts.lost.shutdown += (mem::take(&mut state.waiting) + state.under_way) as u64;
        let left = (mem::take(&mut state.open), mem::take(&mut state.full));
        drop(state);
        drop(left);
    }

    /// Waits for progress; `None` when the deadline has passed.
    fn wait<'a>(&'a self, state: MutexGuard<'a, State>, deadline: Instant) -> Option<MutexGuard<'a, State>> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        let waited = self.progress.wait_timeout(state, left);
        Some(waited.unwrap_or_else(PoisonError::into_inner).0)
    }
}
