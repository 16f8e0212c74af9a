//! What `#[traced]` expands to calls of. Not for use by hand: it may change in any release.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::time::Duration;

use opentelemetry::trace::{SpanBuilder, SpanKind, SpanRef};
use opentelemetry::{Context, KeyValue};
use tower_telemetry_observe::contain;

use crate::future::{Begun, InSpan};
use crate::judge::{Judge, Outcome};
use crate::lint::Site;
use crate::outlook::Outlook;
use crate::record::{self, Record};
use crate::scope::Scope;
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
#[derive(Debug)]
pub struct Call(Begun);

/// Begins a call. The arguments are read only if they are recorded.
#[inline]
#[cfg_attr(debug_assertions, track_caller)]
pub fn begin(function: &'static Function, arguments: impl FnOnce(&mut Arguments)) -> Call {
    let asked = Context::map_current(|cx| match Outlook::of(cx) {
        Outlook::Dropped => None,
        outlook => Some((outlook, cx.clone())),
    });
    let scope = match asked {
        None => Scope::Around,
        Some((outlook, parent)) => start(function, outlook, &parent, Site::here(), arguments),
    };
    let slow = function.threshold.map(|threshold| stopwatch(function.name, threshold));
    Call(Begun { slow, scope })
}

#[inline(never)]
fn start(
    function: &'static Function,
    outlook: Outlook,
    parent: &Context,
    site: Site,
    arguments: impl FnOnce(&mut Arguments),
) -> Scope {
    let read = || {
        let mut read = Arguments(Vec::with_capacity(function.arguments));
        contain(|| arguments(&mut read));
        record::policy().attributes(&mut read.0);
        read.0
    };
    let builder = |started, attributes| SpanBuilder {
        name: Cow::Borrowed(function.name),
        span_kind: Some(function.kind.clone()),
        start_time: Some(started),
        attributes,
        events: None,
        links: None,
    };
    let has_arguments = function.arguments > 0;
    if outlook == Outlook::Sampled {
        return Scope::start(parent, site, |started| builder(started, has_arguments.then(read)));
    }
    let scope = Scope::start(parent, site, |started| builder(started, None));
    if has_arguments {
        if let Some(span) = scope.recording() {
            span.set_attributes(read());
        }
    }
    scope
}

impl Call {
    /// Runs the whole function.
    #[inline]
    pub fn run<R, J>(mut self, body: impl FnOnce() -> R, judge: J) -> R
    where
        J: Fn(&R, &SpanRef<'_>) -> Outcome,
    {
        let returned = self.0.run(body);
        self.0.end(&returned, &ByMacro(judge));
        returned
    }

    /// Runs the part of a function that makes a future.
    #[inline]
    pub fn prepare<F>(&mut self, body: impl FnOnce() -> F) -> F {
        self.0.run(body)
    }

    /// Puts the call around the future.
    #[inline]
    pub fn around<F, J>(self, future: F, judge: J) -> InSpan<F, ByMacro<J>>
    where
        F: Future,
        J: Fn(&F::Output, &SpanRef<'_>) -> Outcome,
    {
        InSpan::begun(future, self.0, ByMacro(judge))
    }

    /// Whether it makes no difference to the future.
    #[inline]
    pub fn is_plain(&self) -> bool {
        matches!(self.0.scope, Scope::Around) && self.0.slow.is_none()
    }
}

/// Tells the compiler what a future gives.
#[inline]
pub fn giving<T, F: Future<Output = T>>(future: F) -> F {
    future
}

/// The judge that the macro writes.
#[derive(Clone, Copy)]
pub struct ByMacro<J>(J);

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
    #[inline]
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
