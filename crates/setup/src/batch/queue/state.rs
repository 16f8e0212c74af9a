//! What a queue holds, and what it has counted.

use std::collections::VecDeque;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::SpanData;
use tower_telemetry_sanitize::{Sanitizer, Secret};

use crate::batch::{ExportCounts, Losses, reporter};

/// For what an exporter has to say, which may be the collector's own words, and is logged: one line, without secrets.
static WRITTEN: LazyLock<Sanitizer> = LazyLock::new(|| {
    let policy = Sanitizer::builder().with_secrets(Secret::ALL).build();
    policy.unwrap_or_default()
});

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

    pub(super) fn fail(&mut self, why: &str) {
        self.failures += 1;
        self.last_failure = WRITTEN.text(why).into_owned();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_exporter_says_of_its_failure_is_one_line_without_secrets() {
        let mut state = State::default();
        state.fail("https://u:c4n4ry@h/v1?sig=c4n4ry said:\n\u{1b}[31mno Bearer c4n4ry");
        let written = r"https://REDACTED:REDACTED@h/v1?sig=REDACTED said:\n\u{1b}[31mno Bearer REDACTED";
        assert_eq!(state.last_failure, written);
    }
}
