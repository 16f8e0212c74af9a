//! Spans that wait for the worker, and the book of what became of them.

use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::SpanData;

use super::reporter;
use super::{ExportCounts, Limits, Losses};

/// Spans of a batch that the collector refused although it took the batch, noted by the exporter while it exports.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refusals(Arc<AtomicU64>);

impl Refusals {
    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    pub(crate) fn note(&self, spans: u64) {
        self.0.fetch_add(spans, Ordering::Relaxed);
    }

    pub(super) fn take(&self) -> u64 {
        self.0.swap(0, Ordering::Relaxed)
    }
}

/// Between those who end spans and the one thread that exports them.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) limits: Limits,
    /// Of the exporter, for messages.
    pub(super) name: String,
    state: Mutex<State>,
    work: Condvar,
    progress: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The batch that is being filled, and since when.
    open: Vec<SpanData>,
    since: Option<Instant>,
    full: VecDeque<Vec<SpanData>>,
    waiting: usize,
    under_way: usize,
    /// How many spans have left, one way or the other, of those that found room.
    accepted: u64,
    finished: u64,
    /// Spans up to this one leave without a delay.
    flush_to: u64,
    flushes_asked: u64,
    flushes_done: u64,
    counts: ExportCounts,
    reported: Losses,
    failures: u64,
    last_failure: String,
    resource: Option<Resource>,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Running,
    /// What waits is exported, and nothing more is taken.
    Ending(Instant),
    /// The worker has ended, or nobody waits for it any more.
    Ended,
    Abandoned,
}

/// What the worker does next.
#[derive(Debug)]
pub(super) enum Task {
    Resource(Resource),
    Export(Vec<SpanData>),
    Flush(u64),
    End(Duration),
}

/// How the export of a batch went.
#[derive(Debug)]
pub(super) enum Outcome {
    Exported { refused: u64 },
    Failed(String),
    Panicked,
    TimedOut,
}

impl Queue {
    pub(super) fn new(limits: Limits, name: String) -> Self {
        Self {
            limits,
            name,
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

    /// The worker's next task; it waits until there is one.
    pub(super) fn next(&self) -> Task {
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
                Phase::Ending(deadline) => return Task::End(deadline.saturating_duration_since(now)),
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
    pub(super) fn finish(&self, outcome: Outcome) {
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
                (refused > 0).then(|| format!("the collector refused {refused} spans of a batch that it took"))
            }
            Outcome::Failed(why) => {
                lost.failed += spans;
                Some(why)
            }
            Outcome::Panicked => {
                lost.panicked += spans;
                Some("the exporter panicked; its panic message names the place".into())
            }
            Outcome::TimedOut => {
                lost.timed_out += spans;
                Some(format!("a batch was not exported within {:?}", self.limits.timeout))
            }
        };
        if let Some(why) = failure {
            state.fail(why);
        }
        drop(state);
        self.progress.notify_all();
    }

    /// The exporter was asked to flush itself, or to end; what it had to say.
    pub(super) fn flushed(&self, ticket: u64, result: Result<(), String>) {
        let mut state = self.lock();
        state.flushes_done = state.flushes_done.max(ticket);
        if let Err(why) = result {
            state.fail(why);
        }
        drop(state);
        self.progress.notify_all();
    }

    pub(super) fn ended(&self, result: Result<(), String>) {
        let mut state = self.lock();
        if state.phase != Phase::Abandoned {
            state.phase = Phase::Ended;
        }
        if let Err(why) = result {
            state.fail(why);
        }
        drop(state);
        self.progress.notify_all();
    }

    /// Waits until the spans that have ended so far are dealt with.
    pub(super) fn flush(&self, timeout: Duration) -> OTelSdkResult {
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
    pub(super) fn shut_down(&self, timeout: Duration) -> OTelSdkResult {
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
    pub(super) fn leave(&self) {
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

impl State {
    fn counts(&self) -> ExportCounts {
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
    fn due(&self, now: Instant, delay: Duration) -> bool {
        let waited = |since| now.saturating_duration_since(since) >= delay;
        self.phase != Phase::Running || self.finished < self.flush_to || self.since.is_some_and(waited)
    }

    fn fail(&mut self, why: String) {
        self.failures += 1;
        self.last_failure = why;
        reporter::attention();
    }

    /// The last failure, if there was one since there were so many.
    fn since(&self, failures: u64) -> OTelSdkResult {
        match self.failures == failures {
            true => Ok(()),
            false => Err(OTelSdkError::InternalFailure(self.last_failure.clone())),
        }
    }
}
