//! The observer, and its settings.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tower_telemetry_observe::{Call, Held, Observe, Shared, contain};
use tower_telemetry_sanitize::Sanitizer;
use tower_telemetry_semconv::{HttpCall, Server};
use tracing_core::Level;

use crate::call::Tracked;
use crate::calls::Calls;
use crate::clock::Clock;
use crate::limits::{Limits, nanos};
use crate::places::More;
use crate::settings::{Settings, Warnings};
use crate::{Labeled, SlowCall, SlowWatch};

type Choose<F> = Arc<dyn Fn(&Call<'_, F>) -> Option<Limits> + Send + Sync>;

/// Warns of slow calls, while they run.
///
/// A [`SlowLayer`](crate::SlowLayer) is this observer alone; it fuses with others in a tuple, given to an
/// [`ObserveLayer`](tower_telemetry_observe::ObserveLayer). There it goes *behind* the one that makes spans, so that it finds the call's own
/// span.
///
/// Clones share the count of lines and the table of calls in flight; what is set on one of them afterwards gives it its own.
#[must_use]
pub struct Slow<F = HttpCall<Server>> {
    shared: Shared<Calls>,
    limits: Limits,
    // Shared, and `None` while nothing depends on the call.
    choices: Option<Arc<Choices<F>>>,
}

struct Choices<F> {
    routes: HashMap<Box<str>, Limits>,
    closure: Option<Choose<F>>,
}

impl<F> Slow<F> {
    /// A call is slow when its response head takes a second.
    pub fn new() -> Self {
        Slow {
            shared: Calls::shared(Settings::default()),
            limits: Limits::default(),
            choices: None,
        }
    }

    /// When a call is slow: a `Duration` to its head, or separate [`Limits`].
    pub fn with_limits(mut self, limits: impl Into<Limits>) -> Self {
        self.limits = limits.into();
        self
    }

    /// When a call of this route, or of this name, is slow.
    pub fn with_route(self, route: impl Into<Box<str>>, limits: impl Into<Limits>) -> Self {
        self.choosing(|choices| {
            choices.routes.insert(route.into(), limits.into());
        })
    }

    /// When this call is slow, by what is known of it and its request; `None` leaves it to its route. Runs at the start of each call.
    pub fn with_limits_for(self, limits: impl Fn(&Call<'_, F>) -> Option<Limits> + Send + Sync + 'static) -> Self {
        self.choosing(|choices| choices.closure = Some(Arc::new(limits)))
    }

    /// Whether slow calls are told while they run, or only at their end.
    ///
    /// While they run, with the feature `tokio`, is the default. Without that feature [`sweep`](Slow::sweep) has to be called.
    pub fn with_warnings(self, warnings: Warnings) -> Self {
        self.setting(|settings| settings.warnings = warnings)
    }

    /// Times each poll of a call's future and body, and tells of calls that have one of this length: usually [`POLL_LIMIT`](crate::POLL_LIMIT).
    ///
    /// Off by default, since it reads the clock twice for each poll. How long the longest poll was, and all of them together, is then in all lines.
    pub fn with_poll_limit(self, limit: Duration) -> Self {
        self.setting(|settings| settings.poll_limit = Some(nanos(limit)))
    }

    /// Tells of every failed call, slow or not, at this level, usually ERROR. Failed is what the classifier says.
    pub fn with_failed_calls(self, level: Level) -> Self {
        self.setting(|settings| settings.failed = Some(level))
    }

    /// The level of the lines, WARN by default.
    pub fn with_level(self, level: Level) -> Self {
        self.setting(|settings| settings.level = level)
    }

    /// The target of the lines, `tower_telemetry_slow` by default. It is kept as long as the program runs.
    pub fn with_target(self, target: &'static str) -> Self {
        self.setting(|settings| settings.target = target)
    }

    /// The most lines for each route in a minute, 10 by default. How many more there would have been is in the route's next line.
    ///
    /// 256 routes or names are counted apart, all others together.
    pub fn with_lines_per_minute(self, lines: u32) -> Self {
        self.setting(|settings| settings.lines = lines)
    }

    /// Tells this closure once of each slow call, when it is first found slow, and once of each call with a poll over its limit, whether there is a
    /// line about it or not: a place to count them by [route](crate::Label::route), as `with_slow_counts` does.
    ///
    /// It runs in the task that sweeps, or in the call: it must not block. Several closures are all told.
    pub fn with_counter(self, counter: impl Fn(&SlowCall<'_>) + Send + Sync + 'static) -> Self {
        self.setting(|settings| settings.counters.push(Arc::new(counter)))
    }

    /// What may be written down in lines, and in the events on spans: by default what [`Sanitizer::default`] says. The counter is told everything.
    ///
    /// A [`Sanitizer`] in a request's extensions counts before it. It is asked by the names of the fields, for texts only, and not before a call is slow.
    pub fn with_sanitizer(self, sanitizer: Sanitizer) -> Self {
        self.setting(|settings| settings.sanitizer = sanitizer)
    }

    /// The clock, for tests with a time of their own: with tokio's paused time `|| tokio::time::Instant::now().into_std()`.
    pub fn with_clock(self, clock: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        self.setting(|settings| settings.clock = Clock::Given(Arc::new(clock)))
    }

    /// Tells now of all calls in flight that have become slow, and returns how long it is until the next one may be.
    ///
    /// With the feature `tokio` a task does this. For any other runtime, call it from a timer of its own.
    pub fn sweep(&self) -> Option<Duration> {
        let calls = self.shared.get();
        let mut look = calls.look();
        while let More::Yes = calls.look_on(&mut look) {}
        calls.looked(&look)
    }

    fn setting(mut self, set: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = self.shared.get().settings.clone();
        set(&mut settings);
        self.shared = Calls::shared(settings);
        self
    }

    fn choosing(mut self, choose: impl FnOnce(&mut Choices<F>)) -> Self {
        let mut choices = match self.choices {
            Some(choices) => Choices {
                routes: choices.routes.clone(),
                closure: choices.closure.clone(),
            },
            None => Choices {
                routes: HashMap::new(),
                closure: None,
            },
        };
        choose(&mut choices);
        self.choices = Some(Arc::new(choices));
        self
    }

    pub(crate) fn calls(&self) -> Held<Calls> {
        self.shared.hold()
    }
}

impl<F: Labeled> Observe<F> for Slow<F> {
    type Watch = SlowWatch;

    #[inline]
    fn watch(&self, call: &mut Call<'_, F>) -> SlowWatch {
        let limits = match &self.choices {
            None => self.limits,
            Some(choices) => choices.of(call).unwrap_or(self.limits),
        };
        let started = self.shared.get().settings.clock.or_given(call.started);
        let own = call.request.as_ref().and_then(|request| request.extensions.get());
        SlowWatch::new(Tracked::new(self.shared.hold(), started, limits, own.cloned(), || {
            call.facts.label()
        }))
    }
}

impl<F: Labeled> Choices<F> {
    /// The limits of this call, if any were chosen for it. Apart, since most observers have no choices.
    #[inline(never)]
    fn of(&self, call: &Call<'_, F>) -> Option<Limits> {
        let chosen = self
            .closure
            .as_ref()
            .and_then(|closure| contain(|| closure(call)).flatten());
        chosen.or_else(|| self.routes.get(call.facts.label().as_str()?).copied())
    }
}

impl<F> Default for Slow<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F, L: Into<Limits>> From<L> for Slow<F> {
    /// With these limits, and defaults otherwise.
    fn from(limits: L) -> Self {
        Slow::new().with_limits(limits)
    }
}

impl<F> Clone for Slow<F> {
    fn clone(&self) -> Self {
        Slow {
            shared: self.shared.clone(),
            limits: self.limits,
            choices: self.choices.clone(),
        }
    }
}

impl<F> fmt::Debug for Slow<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slow")
            .field("limits", &self.limits)
            .field("settings", &self.shared.get().settings)
            .finish_non_exhaustive()
    }
}
