//! What a queue holds, and what it has counted.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::SpanData;

use crate::batch::{ExportCounts, Losses, reporter};

#[derive(Debug, Default)]
pub(super) struct State {
    /// The batch that is being filled, and since when.
    pub(super) open: Vec<SpanData>,
    pub(super) since: Option<Instant>,
    pub(super) full: VecDeque<Vec<SpanData>>,
    pub(super) waiting: usize,
    pub(super) under_way: usize,
    /// How many spans have found room, and how many of these have left, one way or the other.
    pub(super) accepted: u64,
    pub(super) finished: u64,
    /// Spans up to this one leave without a delay.
    pub(super) flush_to: u64,
    pub(super) flushes_asked: u64,
    pub(super) flushes_done: u64,
    pub(super) counts: ExportCounts,
    pub(super) reported: Losses,
    pub(super) failures: u64,
    pub(super) last_failure: String,
    pub(super) resource: Option<Resource>,
    pub(super) phase: Phase,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Phase {
    #[default]
    Running,
    /// What waits is exported, and nothing more is taken.
    Ending { since: Instant, timeout: Duration },
    /// The worker has ended.
    Ended,
    /// It has not, and nobody waits for it any longer.
    Abandoned,
}

impl State {
    pub(super) fn counts(&self) -> ExportCounts {
        let under_way = match self.phase {
            Phase::Abandoned => 0,
            _ => self.under_way,
        };
        ExportCounts {
            pending: (self.waiting + under_way) as u64,
            ..self.counts
        }
    }

    /// Whether the open batch has to leave as it is.
    pub(super) fn due(&self, now: Instant, delay: Duration) -> bool {
        let waited = |since| now.saturating_duration_since(since) >= delay;
        self.phase != Phase::Running || self.finished < self.flush_to || self.since.is_some_and(waited)
    }

    pub(super) fn fail(&mut self, why: String) {
        self.failures += 1;
        self.last_failure = why;
        reporter::attention();
    }

    /// The last failure, if there was one since there were so many.
    pub(super) fn since(&self, failures: u64) -> OTelSdkResult {
        match self.failures == failures {
            true => Ok(()),
            false => Err(OTelSdkError::InternalFailure(self.last_failure.clone())),
        }
    }
}
