//! The one task that looks at the calls in flight.
//!
//! It is started when it is first needed, on the runtime of the call that needs it, and sleeps until a call may be slow. It holds nothing alive: with
//! the layer and its last call it ends, with its runtime as well, and then the next call starts another one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};
use tower_telemetry_observe::contain;

use crate::calls::Calls;
use crate::places::More;

/// The task rests at least so long for each place that it looked at, however many calls become slow: it looks at no more than a million in a second.
const REST: Duration = Duration::from_micros(1);

/// What is known of the task.
#[derive(Debug, Default)]
pub(crate) struct Sweeper {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The number of tasks that were started: the last one is the one that counts.
    started: u64,
    task: Task,
}

#[derive(Debug, Default)]
enum Task {
    #[default]
    None,
    /// It is to be told here when there is something to look at earlier, or nothing will come any more.
    Runs(Arc<Notify>),
    /// Its runtime has no timer.
    NoTimer,
}

impl Sweeper {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// The last call and the layer are gone.
impl Drop for Sweeper {
    fn drop(&mut self) {
        if let Task::Runs(signal) = &self.lock().task {
            signal.notify_one();
        }
    }
}

/// Wakes the task, or starts one: also beside one that is overdue, since its runtime may be there, and not run.
pub(crate) fn attend(calls: &Arc<Calls>, overdue: bool) {
    let mut state = calls.sweeper.lock();
    match &state.task {
        Task::NoTimer => return,
        Task::Runs(signal) => {
            signal.notify_one();
            if !overdue {
                return;
            }
        }
        Task::None => {}
    }
    let Ok(runtime) = Handle::try_current() else { return };
    if contain(|| drop(sleep(REST))).is_none() {
        state.task = Task::NoTimer;
        return;
    }
    let signal = Arc::new(Notify::new());
    state.started += 1;
    state.task = Task::Runs(Arc::clone(&signal));
    let running = Running {
        calls: Arc::downgrade(calls),
        signal,
        number: state.started,
    };
    drop(state);
    runtime.spawn(running.sweep());
}

/// The task.
struct Running {
    calls: Weak<Calls>,
    signal: Arc<Notify>,
    number: u64,
}

impl Running {
    async fn sweep(self) {
        while let Some(nap) = self.look().await {
            match nap {
                Nap::For(time) => drop(timeout(time, self.signal.notified()).await),
                Nap::UntilWoken => self.signal.notified().await,
            }
        }
    }

    /// Looks at all calls once. `None` if nobody needs this task any more.
    async fn look(&self) -> Option<Nap> {
        let calls = self.calls.upgrade()?;
        if calls.sweeper.lock().started != self.number {
            return None;
        }
        let mut look = calls.look();
        while let More::Yes = calls.look_on(&mut look) {
            yield_now().await;
        }
        let seen = u32::try_from(look.seen()).unwrap_or(u32::MAX);
        Some(match calls.looked(&look) {
            Some(next) => Nap::For(next.max(REST.saturating_mul(seen))),
            None => Nap::UntilWoken,
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(calls) = self.calls.upgrade() else { return };
        let mut state = calls.sweeper.lock();
        if state.started == self.number {
            state.task = Task::None;
            drop(state);
            calls.not_looked_at();
        }
    }
}

enum Nap {
    For(Duration),
    UntilWoken,
}
