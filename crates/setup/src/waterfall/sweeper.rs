//! The thread that hands finished traces over, and those who wait for it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry::Context;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use tower_telemetry_observe::contain;

use super::collector::{Attention, Collector, Limits};
use super::sink::Sink;
use super::trace::Trace;

/// The thread looks at its traces no more often than this, however many finish.
const SHORTEST_NAP: Duration = Duration::from_millis(1);

/// What the sweeper and the processors share.
pub(crate) struct Shared {
    state: Mutex<State>,
    /// There is something to look at, or to wait less long for.
    work: Condvar,
    /// A flush is done.
    flushed: Condvar,
    sink: Sink,
}

pub(crate) struct State {
    pub(crate) collector: Collector,
    /// The columns of a line, if they were set.
    pub(crate) width: Option<usize>,
    /// Processors that have not been shut down.
    pub(crate) processors: usize,
    sweeper: Sweeper,
    flushes_asked: u64,
    flushes_done: u64,
    panics: u64,
}

#[derive(PartialEq, Eq)]
enum Sweeper {
    NotStarted,
    Awake,
    /// Until somebody wakes it.
    Asleep,
    ToEnd,
}

impl Shared {
    pub(crate) fn new(sink: Sink, limits: Limits) -> Self {
        Self {
            state: Mutex::new(State {
                collector: Collector::new(limits),
                width: None,
                processors: 0,
                sweeper: Sweeper::NotStarted,
                flushes_asked: 0,
                flushes_done: 0,
                panics: 0,
            }),
            work: Condvar::new(),
            flushed: Condvar::new(),
            sink,
        }
    }

    pub(crate) fn sink(&self) -> &Sink {
        &self.sink
    }

    /// The state. No code of a user runs while it is held.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To be called after a change.
    pub(crate) fn wake(&self, state: &State, attention: Attention) {
        if attention == Attention::Needed && state.sweeper == Sweeper::Asleep {
            self.work.notify_one();
        }
    }

    /// Hands over what is finished now, without a quiet time, and waits until that is done.
    pub(crate) fn flush(self: &Arc<Self>, timeout: Duration) -> OTelSdkResult {
        let mut state = self.lock();
        if state.collector.is_empty() && state.sweeper == Sweeper::NotStarted {
            return Ok(());
        }
        self.start(&mut state);
        state.flushes_asked += 1;
        let mine = state.flushes_asked;
        self.work.notify_one();
        let waiting = |state: &mut State| state.flushes_done < mine;
        let wait = self.flushed.wait_timeout_while(state, timeout, waiting);
        let (mut state, wait) = wait.unwrap_or_else(PoisonError::into_inner);
        if wait.timed_out() {
            return Err(OTelSdkError::Timeout(timeout));
        }
        match std::mem::take(&mut state.panics) {
            0 => Ok(()),
            panics => Err(OTelSdkError::InternalFailure(format!(
                "the waterfall's closure panicked, traces not shown: {panics}"
            ))),
        }
    }

    /// Starts the thread unless it runs. When the system gives none, the next span or flush tries again.
    pub(crate) fn start(self: &Arc<Self>, state: &mut State) {
        if state.sweeper != Sweeper::NotStarted {
            return;
        }
        let shared = Arc::clone(self);
        let thread = thread::Builder::new().name("waterfall".into());
        if thread.spawn(move || shared.sweep()).is_ok() {
            state.sweeper = Sweeper::Awake;
        }
    }

    /// Lets the thread hand over all there is, finished or not, and end.
    pub(crate) fn end(&self) {
        self.lock().sweeper = Sweeper::ToEnd;
        self.work.notify_one();
    }

    fn sweep(&self) {
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            let asked = state.flushes_asked;
            let quiet = match state.sweeper {
                Sweeper::ToEnd => {
                    state.collector.abandon_all();
                    Duration::ZERO
                }
                _ if asked > state.flushes_done => Duration::ZERO,
                _ => state.collector.limits.quiet,
            };
            let traces = state.collector.take_finished(now, quiet);
            let full = state.collector.hear();
            if full || !traces.is_empty() {
                let width = state.width;
                drop(state);
                if full {
                    warn_of_full();
                }
                let panics = traces.iter().filter(|trace| !self.show(trace, width)).count();
                drop(traces);
                state = self.lock();
                state.panics += panics as u64;
            }
            if state.flushes_done < asked {
                state.flushes_done = asked;
                self.flushed.notify_all();
            }
            if state.flushes_asked > asked {
                continue;
            }
            if state.sweeper == Sweeper::ToEnd {
                if state.collector.is_empty() {
                    return;
                }
                continue;
            }
            state = self.rest(state);
        }
    }

    /// Waits until a trace may be finished, or somebody asks.
    fn rest<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        match state.collector.next_finish() {
            Some(finish) => {
                let nap = finish.saturating_duration_since(Instant::now()).max(SHORTEST_NAP);
                let rested = self.work.wait_timeout(state, nap);
                rested.unwrap_or_else(PoisonError::into_inner).0
            }
            None => {
                state.sweeper = Sweeper::Asleep;
                let mut state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
                if state.sweeper == Sweeper::Asleep {
                    state.sweeper = Sweeper::Awake;
                }
                state
            }
        }
    }

    /// Whether the sink took the trace without a panic, which would otherwise end this thread for all later traces.
    fn show(&self, trace: &Trace, width: Option<usize>) -> bool {
        contain(|| self.sink.show(trace, width)).is_some()
    }
}

/// Said here and not where the span starts, because a subscriber may hold locks there.
fn warn_of_full() {
    tracing::warn!(
        "the waterfall holds as many unfinished traces as it may: others are left out, and counted below the next trace; \
         see `Waterfall::with_max_traces`, and look for spans that never end"
    );
}
