//! Spans that wait for the worker, and the book of what became of them.

use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

use self::state::{Phase, State};
pub(super) use self::work::{Outcome, PANICKED, Task};
use super::reporter;
use super::{ExportCounts, Limits, Losses};

mod end;
mod state;
mod work;

/// Spans of a batch that the collector refused although it took the batch, noted by the exporter while it exports.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refusals(Arc<AtomicU64>);

impl Refusals {
    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    pub(crate) fn note(&self, spans: u64) {
        self.0.fetch_add(spans, Ordering::Relaxed);
    }

    pub(crate) fn take(&self) -> u64 {
        self.0.swap(0, Ordering::Relaxed)
    }
}

/// Between those who end spans and the one thread that exports them.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) limits: Limits,
    /// Of the exporter, for messages, and how it exports.
    pub(super) name: String,
    pub(super) about: Option<String>,
    state: Mutex<State>,
    work: Condvar,
    progress: Condvar,
}

impl Queue {
    pub(super) fn new(limits: Limits, name: String, about: Option<String>) -> Self {
        Self {
            limits,
            name,
            about,
            state: Mutex::default(),
            work: Condvar::new(),
            progress: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a span, or counts it as lost.
    pub(super) fn push(&self, span: SpanData) {
        let mut state = self.lock();
        state.counts.received += 1;
        let lost = match state.phase {
            Phase::Running if state.waiting < self.limits.queue => None,
            Phase::Running => Some(&mut state.counts.lost.queue_full),
            _ => Some(&mut state.counts.lost.after_shutdown),
        };
        if let Some(lost) = lost {
            *lost += 1;
            drop(state);
            reporter::attention();
            return;
        }
        state.open.push(span);
        state.waiting += 1;
        state.accepted += 1;
        let mut wake = false;
        if state.open.len() == 1 {
            state.since = Some(Instant::now());
            wake = true;
        }
        if state.open.len() >= self.limits.batch {
            let batch = mem::take(&mut state.open);
            state.full.push_back(batch);
            wake = true;
        }
        drop(state);
        if wake {
            self.work.notify_one();
        }
    }

    pub(super) fn set_resource(&self, resource: Resource) {
        self.lock().resource = Some(resource);
        self.work.notify_one();
    }

    pub(super) fn counts(&self) -> ExportCounts {
        self.lock().counts()
    }

    /// Why the last batch failed, if any did.
    pub(super) fn last_failure(&self) -> Option<String> {
        let state = self.lock();
        (state.failures > 0).then(|| state.last_failure.clone())
    }

    /// What was lost since this was last asked, and why the last batch failed.
    pub(super) fn unreported(&self) -> Option<(Losses, String)> {
        let mut state = self.lock();
        let lost = state.counts.lost;
        let new = lost.since(&state.reported);
        state.reported = lost;
        (new.total() > 0).then(|| (new, state.last_failure.clone()))
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        reporter::gone();
    }
}
