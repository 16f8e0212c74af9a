//! One call, from its start to its end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tower_telemetry_observe::{Held, contain};
use tower_telemetry_sanitize::Sanitizer;

use crate::calls::Calls;
use crate::clock::since;
use crate::current::Current;
use crate::label::Label;
use crate::limits::{Head, Limits, NEVER, Phase};
use crate::polls::{Extra, Timing};
use crate::record::{Ended, Finding, SlowCall};
use crate::table::{Entry, Key};

/// One call that may become slow. It is small, since most calls do not: their labels are asked for when they are needed.
#[derive(Debug)]
pub(crate) struct Tracked {
    calls: Held<Calls>,
    started: Instant,
    limits: Limits,
    at: At,
    extra: Option<Arc<Extra>>,
    head: Head,
    /// How often it was found slow.
    warned: u32,
}

/// Where the context of a call is.
#[derive(Debug)]
enum At {
    Here(Current),
    InFlight(Key),
}

/// How a call has ended.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) ended: Ended,
    pub(crate) error_type: Option<&'static str>,
}

impl Tracked {
    /// A call that starts now, of a request that may have a policy. Its label is asked for at once only if its polls are timed.
    #[inline]
    pub(crate) fn new(
        calls: Held<Calls>,
        started: Instant,
        limits: Limits,
        sanitizer: Option<Sanitizer>,
        label: impl FnOnce() -> Label,
    ) -> Self {
        let extra = match (calls.settings.poll_limit, sanitizer) {
            (None, None) => None,
            (limit, sanitizer) => Some(Extra::new(limit, sanitizer, label)),
        };
        Tracked {
            calls,
            started,
            limits,
            at: At::Here(Current::default()),
            extra,
            head: Head::None,
            warned: 0,
        }
    }

    /// Whether there may be anything to say of it, however it goes on.
    #[inline]
    pub(crate) fn matters(&self) -> bool {
        let kept = self.limits == Limits::NONE || self.limits.are_kept(self.head);
        !kept || self.warned > 0 || self.timing().is_some() || self.calls.settings.failed.is_some()
    }

    /// Runs the call's own code.
    #[inline]
    pub(crate) fn run<T>(&mut self, code: impl FnOnce() -> T) -> T {
        if let At::Here(current) = &mut self.at {
            current.look_around();
        }
        match &self.extra {
            None => code(),
            Some(extra) => match &Arc::clone(extra).timing {
                Some(timing) => self.run_timed(timing, code),
                None => code(),
            },
        }
    }

    #[inline]
    fn timing(&self) -> Option<&Timing> {
        self.extra.as_ref()?.timing.as_ref()
    }

    /// Apart, since few calls are timed.
    #[inline(never)]
    fn run_timed<T>(&mut self, timing: &Timing, code: impl FnOnce() -> T) -> T {
        // Not only when it waits: a call that never returns from its first poll would not be seen.
        self.pending(|| timing.label.clone());
        timing.begin(self.elapsed());
        let value = code();
        let elapsed = self.elapsed();
        if timing.end(elapsed) {
            let phase = self.head.phase();
            let limit = Some(timing.limit);
            contain(|| self.tell(Finding::Blocking, &timing.label, phase, elapsed, limit, None));
        }
        value
    }

    /// The call has to wait: from now on it is looked at from outside.
    #[inline]
    pub(crate) fn pending(&mut self, label: impl FnOnce() -> Label) {
        match &self.at {
            At::InFlight(_) => self.calls.as_arc().look_after(self.started),
            At::Here(_) => {
                if self.limits.of(self.head.phase()) != NEVER && self.calls.warns_in_flight() {
                    self.enter(label());
                }
            }
        }
    }

    fn enter(&mut self, label: Label) {
        let phase = self.head.phase();
        let At::Here(current) = &mut self.at else { return };
        let entry = Entry {
            label,
            current: std::mem::take(current),
            started: self.calls.time(self.started),
            limit: self.limits.of(phase),
            extra: self.extra.clone(),
            phase,
            warned: self.warned,
        };
        if let Some(key) = self.calls.as_arc().enter(entry) {
            self.at = At::InFlight(key);
        }
    }

    #[inline]
    fn leave(&mut self) {
        if let At::InFlight(key) = self.at {
            self.take_back(key);
        }
    }

    fn take_back(&mut self, key: Key) {
        let (current, warned) = self.calls.leave(key).unwrap_or_default();
        self.warned = warned;
        self.at = At::Here(current);
    }

    /// The head is there, after this time by the system's clock.
    #[inline]
    pub(crate) fn head(&mut self, elapsed: Duration) {
        self.leave();
        let elapsed = self.calls.settings.clock.elapsed_or_given(self.started, || elapsed);
        self.head = match elapsed < self.limits.of(Phase::Waiting) {
            true => Head::InTime,
            false => Head::Late,
        };
    }

    /// The call has ended in this way, after this time by the system's clock.
    #[inline]
    pub(crate) fn end(&mut self, end: &End, elapsed: impl FnOnce() -> Duration, label: impl FnOnce() -> Label) {
        self.leave();
        let failed = end.error_type.is_some() && self.calls.settings.failed.is_some();
        // Then the clock need not be asked.
        if self.warned == 0 && !failed && self.limits.are_kept(self.head) {
            return;
        }
        let elapsed = self.calls.settings.clock.elapsed_or_given(self.started, elapsed);
        let passed = self.limits.passed(self.head, elapsed);
        if self.warned > 0 || failed || passed.is_some() {
            let (phase, limit) = passed.unzip();
            let finding = if failed { Finding::Failed } else { Finding::Ended };
            let phase = phase.unwrap_or(self.head.phase());
            self.tell(finding, &label(), phase, elapsed, limit, Some(end));
        }
    }

    #[cold]
    fn tell(&self, finding: Finding, label: &Label, phase: Phase, elapsed: u64, limit: Option<u64>, end: Option<&End>) {
        let call = SlowCall {
            finding,
            label,
            phase,
            elapsed: Duration::from_nanos(elapsed),
            limit: limit.map(Duration::from_nanos),
            warned: self.warned,
            ended: end.map(|end| end.ended),
            error_type: end.and_then(|end| end.error_type),
            polls: self.timing().map(|timing| timing.times(elapsed)),
        };
        let extra = self.extra.as_deref();
        match &self.at {
            At::Here(current) => self.calls.tell(current, extra, &call),
            At::InFlight(key) => self.calls.tell(&self.calls.current(*key), extra, &call),
        }
    }

    fn elapsed(&self) -> u64 {
        let now = contain(|| self.calls.settings.clock.now());
        now.map_or(0, |now| since(self.started, now))
    }
}

impl Drop for Tracked {
    #[inline]
    fn drop(&mut self) {
        self.leave();
    }
}
