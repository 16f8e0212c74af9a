//! Whether spans come by, and how many are open.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::trace::SpanContext;

/// What has come by a pipeline.
#[derive(Debug, Default)]
pub(super) struct Usage {
    /// Sampled spans that have started and not ended.
    open: AtomicI64,
    /// Whether any span has started, to be seen at a glance, and to be waited for.
    used: AtomicBool,
    phase: Mutex<Use>,
    changed: Condvar,
}

/// Whether spans have come by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Use {
    #[default]
    NotYet,
    Begun,
    /// None will.
    Over,
}

impl Usage {
    pub(super) fn started(&self, span: &SpanContext) {
        if span.is_sampled() {
            self.open.fetch_add(1, Ordering::Relaxed);
        }
        if !self.used.load(Ordering::Relaxed) && !self.used.swap(true, Ordering::Relaxed) {
            self.change(Use::Begun);
        }
    }

    pub(super) fn ended(&self, span: &SpanContext) {
        if span.is_sampled() {
            self.open.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Nothing more comes. Whether that is news.
    pub(super) fn close(&self) -> bool {
        self.change(Use::Over) != Use::Over
    }

    /// What was before. Nothing comes after the end.
    fn change(&self, to: Use) -> Use {
        let mut phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *phase;
        if before != Use::Over {
            *phase = to;
            self.changed.notify_all();
        }
        before
    }

    pub(super) fn open(&self) -> u64 {
        self.open.load(Ordering::Relaxed).try_into().unwrap_or(0)
    }

    pub(super) fn now(&self) -> Use {
        *self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the first span or the end, no longer than that.
    pub(super) fn wait(&self, limit: Option<Duration>) -> Use {
        let phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = |phase: &mut Use| *phase == Use::NotYet;
        match limit {
            Some(limit) => {
                let waited = self.changed.wait_timeout_while(phase, limit, waiting);
                *waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => {
                let waited = self.changed.wait_while(phase, waiting);
                *waited.unwrap_or_else(PoisonError::into_inner)
            }
        }
    }
}
