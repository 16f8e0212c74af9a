//! What `#[traced]` expands to calls of. Not for use by hand: it may change in any release.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::mem;
use std::time::Duration;

use opentelemetry::global::BoxedTracer;
use opentelemetry::trace::{SpanBuilder, SpanKind, SpanRef};
use opentelemetry::{Context, KeyValue};
use tower_telemetry_observe::contain;
use tower_telemetry_slow::Stopwatch;

use crate::judge::{Judge, Outcome};
use crate::lint::Site;
use crate::outlook::Outlook;
use crate::record::{self, Record};
use crate::running::Running;
use crate::scope::{Clock, Scope, tracer};
use crate::slow::stopwatch;

/// What is known of a function beforehand.
#[derive(Debug)]
pub struct Function {
    pub name: &'static str,
    pub kind: SpanKind,
    pub threshold: Option<Duration>,
    /// How many arguments are recorded.
    pub arguments: usize,
}

/// A call that has begun.
pub use crate::scope::Scope as Call;

/// Begins a call. The arguments are read only if they are recorded: under a sampled parent they are there for the sampler to see, before the
/// span starts, else they are read when it has said yes.
#[inline]
#[cfg_attr(debug_assertions, track_caller)]
pub fn begin(function: &'static Function, arguments: impl FnOnce(&mut Arguments)) -> Call {
    let asked = Context::map_current(|cx| match Outlook::of(cx) {
        Outlook::Dropped => None,
        outlook => Some((outlook, cx.clone())),
    });
    let Some((outlook, parent)) = asked else {
        return Call::default();
    };
    let Some(tracer) = tracer() else {
        return Call::default();
    };
    let site = Site::here();
    let started = match outlook {
        Outlook::Sampled => None,
        Outlook::Open | Outlook::Dropped => {
            let call = start_open(function, tracer, &parent, site);
            if function.arguments == 0 || !call.is_recording() {
                return call;
            }
            Some(call)
        }
    };
    let attributes = Arguments::read(function, arguments);
    match started {
        None => start(function, tracer, &parent, site, attributes),
        Some(call) => {
            call.set_attributes(attributes);
            call
        }
    }
}

#[inline(never)]
fn start_open(function: &Function, tracer: &BoxedTracer, parent: &Context, site: Site) -> Call {
    start(function, tracer, parent, site, Vec::new())
}

/// Inlined always, as some below it are: what it makes is made where it stays, and not copied.
#[inline(always)]
fn start(function: &Function, tracer: &BoxedTracer, parent: &Context, site: Site, attributes: Vec<KeyValue>) -> Call {
    let clock = Clock::now();
    let builder = SpanBuilder {
        name: Cow::Borrowed(function.name),
        span_kind: Some(function.kind.clone()),
        start_time: Some(clock.started()),
        attributes: Some(attributes),
        events: None,
        links: None,
    };
    Scope::start(tracer, parent, site, clock, builder)
}

impl Call {
    /// Runs the whole function.
    #[inline]
    pub fn run_function<R, J>(mut self, function: &'static Function, body: impl FnOnce() -> R, judge: J) -> R
    where
        J: Fn(&R, &SpanRef<'_>) -> Outcome,
    {
        if function.threshold.is_some() {
            let mut running = self.timed(function);
            let returned = running.run(body);
            running.end(&returned, &ByMacro(judge));
            return returned;
        }
        let returned = self.run(body);
        self.end(&returned, &ByMacro(judge));
        // Nothing is left in it to be dropped, which takes a while to find out.
        mem::forget(self);
        returned
    }

    /// Nothing warns.
    #[inline]
    pub fn untimed(self) -> Running<()> {
        Running::new((), self)
    }

    /// A stopwatch warns from the function's threshold on.
    #[inline]
    pub fn timed(self, function: &'static Function) -> Running<Option<Stopwatch>> {
        let slow = function.threshold.map(|threshold| stopwatch(function.name, threshold));
        Running::new(slow, self)
    }
}

/// Tells the compiler what a future gives.
#[inline]
pub fn giving<T, F: Future<Output = T>>(future: F) -> F {
    future
}

/// The judge that the macro writes.
#[derive(Clone, Copy)]
pub struct ByMacro<J>(pub(crate) J);

impl<R, J: Fn(&R, &SpanRef<'_>) -> Outcome> Judge<R> for ByMacro<J> {
    #[inline]
    fn judge(&self, returned: &R, span: &SpanRef<'_>) -> Outcome {
        (self.0)(returned, span)
    }
}

impl<J> fmt::Debug for ByMacro<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ByMacro")
    }
}

/// Arguments that are being read.
#[derive(Debug)]
pub struct Arguments(Vec<KeyValue>);

impl Arguments {
    #[inline(always)]
    fn read(function: &Function, arguments: impl FnOnce(&mut Self)) -> Vec<KeyValue> {
        let mut read = Arguments(Vec::with_capacity(function.arguments));
        if function.arguments > 0 {
            contain(|| arguments(&mut read));
            record::policy().attributes(&mut read.0);
        }
        read.0
    }

    #[inline(always)]
    pub fn record<T: Record + ?Sized>(&mut self, key: &'static str, value: &T) {
        if let Some(value) = value.record() {
            self.0.push(KeyValue::new(key, value));
        }
    }

    pub fn display<T: fmt::Display + ?Sized>(&mut self, key: &'static str, value: &T) {
        self.record(key, &record::bounded(format_args!("{value}")));
    }

    pub fn debug<T: fmt::Debug + ?Sized>(&mut self, key: &'static str, value: &T) {
        self.record(key, &record::bounded(format_args!("{value:?}")));
    }
}
