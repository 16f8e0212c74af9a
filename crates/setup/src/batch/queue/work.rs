//! The worker's side: its next task, and how the last one went.

use std::mem;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

use super::Queue;
use super::state::Phase;

/// What the worker does next.
#[derive(Debug)]
pub(in crate::batch) enum Task {
    Resource(Resource),
    Export(Vec<SpanData>),
    Flush(u64),
    End(Duration),
}

/// Why something failed that the exporter did.
pub(in crate::batch) const PANICKED: &str = "the exporter panicked; its panic message names the place";

/// How the export of a batch went.
#[derive(Debug)]
pub(in crate::batch) enum Outcome {
    Exported { refused: u64 },
    Failed(String),
    Panicked,
    TimedOut,
}

impl Queue {
    /// The worker's next task; it waits until there is one.
    pub(in crate::batch) fn next(&self) -> Task {
        let mut state = self.lock();
        loop {
            if let Some(resource) = state.resource.take() {
                return Task::Resource(resource);
            }
            let now = Instant::now();
            let due = state.due(now, self.limits.delay);
            let batch = match state.full.pop_front() {
                None if due => Some(mem::take(&mut state.open)).filter(|open| !open.is_empty()),
                batch => batch,
            };
            if let Some(batch) = batch {
                state.waiting -= batch.len();
                state.under_way = batch.len();
                return Task::Export(batch);
            }
            if state.flushes_asked > state.flushes_done && state.finished >= state.flush_to {
                return Task::Flush(state.flushes_asked);
            }
            match state.phase {
                Phase::Running => {}
                Phase::Ending { since, timeout } => {
                    return Task::End(timeout.saturating_sub(now.saturating_duration_since(since)));
                }
                Phase::Ended | Phase::Abandoned => return Task::End(Duration::ZERO),
            }
            let nap = match state.since {
                Some(since) if !state.open.is_empty() => {
                    Some(self.limits.delay.saturating_sub(now.saturating_duration_since(since)))
                }
                _ => None,
            };
            state = match nap {
                Some(nap) => {
                    let rested = self.work.wait_timeout(state, nap);
                    rested.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.work.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// The batch under way has been dealt with.
    pub(in crate::batch) fn finish(&self, outcome: Outcome) {
        let mut state = self.lock();
        let spans = mem::take(&mut state.under_way) as u64;
        state.finished += spans;
        if state.phase == Phase::Abandoned {
            // It was counted as lost when nobody waited for it any longer.
            state.counts.lost.shutdown -= spans;
        }
        let lost = &mut state.counts.lost;
        let failure = match outcome {
            Outcome::Exported { refused } => {
                let refused = refused.min(spans);
                lost.refused += refused;
                state.counts.exported += spans - refused;
                (refused > 0).then(|| {
                    format!(
                        "the collector refused {} of a batch that it took",
                        crate::batch::spans(refused)
                    )
                })
            }
            Outcome::Failed(why) => {
                lost.failed += spans;
                Some(why)
            }
            Outcome::Panicked => {
                lost.panicked += spans;
                Some(PANICKED.into())
            }
            Outcome::TimedOut => {
                lost.timed_out += spans;
                Some(format!("a batch was not exported within {:?}", self.limits.timeout))
            }
        };
        if let Some(why) = failure {
            state.fail(&why);
        }
        drop(state);
        self.progress.notify_all();
    }

    /// The exporter was asked to flush itself, or to end; what it had to say.
    pub(in crate::batch) fn flushed(&self, ticket: u64, result: Result<(), String>) {
        let mut state = self.lock();
        state.flushes_done = state.flushes_done.max(ticket);
        if let Err(why) = result {
            state.fail(&why);
        }
        drop(state);
        self.progress.notify_all();
    }

    pub(in crate::batch) fn ended(&self, result: Result<(), String>) {
        let mut state = self.lock();
        if state.phase != Phase::Abandoned {
            state.phase = Phase::Ended;
        }
        if let Err(why) = result {
            state.fail(&why);
        }
        drop(state);
        self.progress.notify_all();
    }
}
