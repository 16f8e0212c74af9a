//! What all calls of one layer share: settings, the table of those in flight, and the count of lines.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tower_telemetry_observe::{Shared, contain};

use crate::clock::since;
use crate::current::Current;
use crate::flood::Flood;
use crate::label::Label;
use crate::limits::{NEVER, Phase};
use crate::line;
use crate::places::{Cursor, More};
use crate::polls::Extra;
use crate::record::{Finding, SlowCall};
use crate::settings::{Settings, Warnings};
#[cfg(feature = "tokio")]
use crate::sweeper::Sweeper;
use crate::table::{Entry, Key, Table};

/// So many calls are found under one lock.
const BATCH: usize = 64;

/// Who should have looked so long ago will not, in nanoseconds.
const GRACE: u64 = 1_000_000_000;

#[derive(Debug)]
pub(crate) struct Calls {
    pub(crate) settings: Settings,
    /// When the table's time began.
    began: Instant,
    table: Table,
    flood: Flood,
    /// When the table will be looked at next. [`NEVER`] while nobody is going to, or somebody does.
    next_look: AtomicU64,
    #[cfg(feature = "tokio")]
    pub(crate) sweeper: Sweeper,
}

/// A look at all calls in flight.
#[derive(Debug)]
pub(crate) struct Look {
    cursor: Cursor,
    now: u64,
}

impl Look {
    /// How many places were looked at.
    #[cfg(feature = "tokio")]
    pub(crate) fn seen(&self) -> usize {
        self.cursor.seen
    }
}

/// A call that was found slow.
struct Due {
    label: Label,
    current: Current,
    phase: Phase,
    elapsed: u64,
    limit: u64,
    warned: u32,
    extra: Option<Arc<Extra>>,
}

impl Calls {
    pub(crate) fn shared(settings: Settings) -> Shared<Self> {
        let system = Instant::now();
        Shared::new(Calls {
            began: contain(|| settings.clock.or_given(system)).unwrap_or(system),
            settings,
            table: Table::default(),
            flood: Flood::default(),
            next_look: AtomicU64::new(NEVER),
            #[cfg(feature = "tokio")]
            sweeper: Sweeper::default(),
        })
    }

    /// This time, on the table's clock.
    #[inline]
    pub(crate) fn time(&self, at: Instant) -> u64 {
        since(self.began, at)
    }

    /// What time it is, on the table's clock.
    fn now(&self) -> u64 {
        contain(|| self.settings.clock.now()).map_or(0, |now| self.time(now))
    }

    #[inline]
    pub(crate) fn warns_in_flight(&self) -> bool {
        self.settings.warnings == Warnings::WhileItRuns
    }

    /// Puts a call into the table, and sees to it that somebody will look at it in time.
    #[inline]
    pub(crate) fn enter(self: &Arc<Self>, entry: Entry) -> Option<Key> {
        let started = entry.started;
        // Only what was said before need not be said again.
        let deadline = entry.deadline((entry.warned > 0).then(|| self.now()));
        let key = self.table.insert(entry, deadline);
        let next = self.next_look.load(Ordering::SeqCst);
        if deadline < next || next < started.saturating_sub(GRACE) {
            self.attend(started, deadline);
        }
        key
    }

    /// Takes a call out: its context, and how often it was found slow.
    #[inline]
    pub(crate) fn leave(&self, key: Key) -> Option<(Current, u32)> {
        self.table.remove(key)
    }

    /// The context of a call in flight.
    pub(crate) fn current(&self, key: Key) -> Current {
        self.table.current(key).unwrap_or_default()
    }

    /// For a call that waits once more: whoever was to look at it may be gone.
    #[inline]
    pub(crate) fn look_after(self: &Arc<Self>, started: Instant) {
        if self.next_look.load(Ordering::Relaxed) == NEVER {
            let started = self.time(started);
            self.attend(started, started);
        }
    }

    /// Sees to it that somebody looks at this time.
    #[cold]
    fn attend(self: &Arc<Self>, started: u64, deadline: u64) {
        let next = self.next_look.fetch_min(deadline, Ordering::SeqCst);
        let overdue = next < started.saturating_sub(GRACE);
        if overdue {
            self.next_look.store(deadline, Ordering::SeqCst);
        }
        #[cfg(feature = "tokio")]
        crate::sweeper::attend(self, overdue);
    }

    /// Begins to look at the calls in flight.
    pub(crate) fn look(&self) -> Look {
        // What comes in from now on asks for a look of its own.
        self.next_look.store(NEVER, Ordering::SeqCst);
        Look {
            cursor: Cursor::new(),
            now: self.now(),
        }
    }

    /// Looks at some of them, and says which are slow. Whether there are more.
    pub(crate) fn look_on(&self, look: &mut Look) -> More {
        let mut slow = Vec::new();
        let now = look.now;
        let more = self.table.due(&mut look.cursor, now, |entry| {
            let elapsed = now.saturating_sub(entry.started);
            slow.push(Due {
                label: entry.label.clone(),
                current: entry.current.clone(),
                phase: entry.phase,
                elapsed,
                limit: entry.limit,
                warned: entry.warned,
                extra: entry.extra.clone(),
            });
            match slow.len() < BATCH {
                true => More::Yes,
                false => More::No,
            }
        });
        for due in slow {
            // A subscriber or a counter that panics costs its line.
            contain(|| self.tell(&due.current, due.extra.as_deref(), &due.call()));
        }
        more
    }

    /// How long it is until the next call may be slow.
    pub(crate) fn looked(&self, look: &Look) -> Option<Duration> {
        let next = look.cursor.next;
        let next = self.next_look.fetch_min(next, Ordering::SeqCst).min(next);
        (next != NEVER).then(|| Duration::from_nanos(next.saturating_sub(look.now)))
    }

    /// The table is not looked at any more.
    #[cfg(feature = "tokio")]
    pub(crate) fn not_looked_at(&self) {
        self.next_look.store(NEVER, Ordering::SeqCst);
    }

    /// Says it: to the counter, to the span, and in a line.
    pub(crate) fn tell(&self, current: &Current, extra: Option<&Extra>, call: &SlowCall<'_>) {
        if current.is_suppressed() {
            return;
        }
        if call.is_news() {
            for counter in &self.settings.counters {
                contain(|| counter(call));
            }
        }
        let own = extra.and_then(|extra| extra.sanitizer.as_ref());
        let sanitizer = own.unwrap_or(&self.settings.sanitizer);
        current.add_event(call, sanitizer);
        let level = match (call.finding, self.settings.failed) {
            (Finding::Failed, Some(level)) => level,
            _ => self.settings.level,
        };
        let name = call.label.as_str().unwrap_or_default();
        if let Some(suppressed) = self.flood.admit(name, self.now(), self.settings.lines) {
            current.in_scope(|ids| line::write(self.settings.target, level, sanitizer, call, suppressed, ids));
        }
    }
}

impl Due {
    fn call(&self) -> SlowCall<'_> {
        let timing = self.extra.as_ref().and_then(|extra| extra.timing.as_ref());
        SlowCall {
            finding: Finding::Running,
            label: &self.label,
            phase: self.phase,
            elapsed: Duration::from_nanos(self.elapsed),
            limit: Some(Duration::from_nanos(self.limit)),
            warned: self.warned,
            ended: None,
            error_type: None,
            polls: timing.map(|timing| timing.times(self.elapsed)),
        }
    }
}
