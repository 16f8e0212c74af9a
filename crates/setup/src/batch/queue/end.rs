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
        let mut state = self.lock();
        if state.phase != Phase::Running {
            return Ok(());
        }
        let failures = state.failures;
        state.flush_to = state.accepted;
        state.flushes_asked += 1;
        let ticket = state.flushes_asked;
        self.work.notify_one();
        let waiting = |state: &mut State| {
            state.flushes_done < ticket && state.phase != Phase::Ended && state.phase != Phase::Abandoned
        };
        match self.wait_while(state, timeout, waiting) {
            Ok(state) if state.phase != Phase::Abandoned => state.since(failures),
            _ => Err(OTelSdkError::Timeout(timeout)),
        }
    }

    /// Exports what waits and ends, or gives up after so long: then what is left is lost. Only the first call does anything.
    pub(in crate::batch) fn shut_down(&self, timeout: Duration) -> OTelSdkResult {
        let mut state = self.lock();
        if state.phase != Phase::Running {
            return Ok(());
        }
        let failures = state.failures;
        state.phase = Phase::Ending {
            since: Instant::now(),
            timeout,
        };
        self.work.notify_one();
        let result = match self.wait_while(state, timeout, |state| state.phase != Phase::Ended) {
            Ok(state) => state.since(failures),
            Err(state) => {
                abandon(state);
                self.progress.notify_all();
                Err(OTelSdkError::Timeout(timeout))
            }
        };
        reporter::report(self);
        result
    }

    /// Asks for an end, and does not wait for it.
    pub(in crate::batch) fn leave(&self) {
        let mut state = self.lock();
        if state.phase == Phase::Running {
            state.phase = Phase::Ending {
                since: Instant::now(),
                timeout: Duration::ZERO,
            };
            self.work.notify_one();
        }
    }

    /// Waits for progress while this holds; an error when it still does after so long.
    fn wait_while<'a>(
        &'a self,
        state: MutexGuard<'a, State>,
        timeout: Duration,
        waiting: impl FnMut(&mut State) -> bool,
    ) -> Result<MutexGuard<'a, State>, MutexGuard<'a, State>> {
        let waited = self.progress.wait_timeout_while(state, timeout, waiting);
        let (state, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        match waited.timed_out() {
            true => Err(state),
            false => Ok(state),
        }
    }
}

/// Nobody waits for the worker any longer: what it has not exported by now is lost.
fn abandon(mut state: MutexGuard<'_, State>) {
    state.phase = Phase::Abandoned;
    state.counts.lost.shutdown += (mem::take(&mut state.waiting) + state.under_way) as u64;
    let left = (mem::take(&mut state.open), mem::take(&mut state.full));
    drop(state);
    drop(left);
}
