//! What `#[traced]` expands to calls of. Not for use by hand: it may change in any release.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::time::Duration;

use opentelemetry::trace::SpanBuilder;
pub use opentelemetry::trace::{SpanKind, SpanRef};
use opentelemetry::{Context, KeyValue};
use tower_telemetry_observe::contain;

use crate::future::{Begun, InSpan};
use crate::judge::Judge;
pub use crate::judge::{ErrorType, Outcome};
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

/// The key of a recorded result.
const RESULT: &str = "result";

/// What a function has returned. Which of the traits below is found for it depends on its type: the first that fits.
#[derive(Clone, Copy, Debug)]
pub struct Returned<'a, R>(pub &'a R);

/// A `Result` whose error says of which type it is.
pub trait Told {
    fn outcome(&self) -> Outcome;
}

impl<T, E: ErrorType> Told for &&Returned<'_, Result<T, E>> {
    #[inline]
    fn outcome(&self) -> Outcome {
        match self.0 {
            Ok(_) => Outcome::Fine,
            Err(error) => Outcome::failed(error.error_type()),
        }
    }
}

/// Any other `Result`.
pub trait Untold {
    fn outcome(&self) -> Outcome;
}

impl<T, E> Untold for &Returned<'_, Result<T, E>> {
    #[inline]
    fn outcome(&self) -> Outcome {
        match self.0 {
            Ok(_) => Outcome::Fine,
            Err(_) => Outcome::failed(std::any::type_name::<E>()),
        }
    }
}

/// Anything else.
pub trait NoResult {
    fn outcome(&self) -> Outcome;
}

impl<R> NoResult for Returned<'_, R> {
    #[inline]
    fn outcome(&self) -> Outcome {
        Outcome::Fine
    }
}

/// The `error.type` that the function's own closure tells.
pub fn outcome_by<T, E>(returned: &Result<T, E>, error_type: impl FnOnce(&E) -> &'static str) -> Outcome {
    match returned {
        Ok(_) => Outcome::Fine,
        Err(error) => Outcome::failed(error_type(error)),
    }
}

/// Adds the error's text by `Display`.
pub fn with_error<T, E: fmt::Display>(outcome: Outcome, returned: &Result<T, E>) -> Outcome {
    with_text(outcome, returned, |error| record::bounded(format_args!("{error}")))
}

/// Adds the error's text by `Debug`.
pub fn with_debug_error<T, E: fmt::Debug>(outcome: Outcome, returned: &Result<T, E>) -> Outcome {
    with_text(outcome, returned, |error| record::bounded(format_args!("{error:?}")))
}

fn with_text<T, E>(outcome: Outcome, returned: &Result<T, E>, read: impl FnOnce(&E) -> String) -> Outcome {
    match (outcome, returned) {
        (Outcome::Failed { error_type, .. }, Err(error)) => Outcome::Failed {
            error_type,
            text: record::policy().text(&read(error)).into_owned(),
        },
        (outcome, _) => outcome,
    }
}

/// The value in a `Result` that is `Ok`.
pub trait ResultValue {
    type Value;
    fn value(&self) -> Option<&Self::Value>;
}

impl<T, E> ResultValue for &Returned<'_, Result<T, E>> {
    type Value = T;
    #[inline]
    fn value(&self) -> Option<&T> {
        self.0.as_ref().ok()
    }
}

/// The value that is no `Result`.
pub trait PlainValue {
    type Value;
    fn value(&self) -> Option<&Self::Value>;
}

impl<R> PlainValue for Returned<'_, R> {
    type Value = R;
    #[inline]
    fn value(&self) -> Option<&R> {
        Some(self.0)
    }
}

/// Records a result.
pub fn result<T: Record>(span: &SpanRef<'_>, value: Option<&T>) {
    if let Some(attribute) = record::attribute(RESULT, &value) {
        span.set_attribute(attribute);
    }
}

/// Records a result by `Display`.
pub fn display_result<T: fmt::Display>(span: &SpanRef<'_>, value: Option<&T>) {
    result(
        span,
        value.map(|value| record::bounded(format_args!("{value}"))).as_ref(),
    );
}

/// Records a result by `Debug`.
pub fn debug_result<T: fmt::Debug>(span: &SpanRef<'_>, value: Option<&T>) {
    result(
        span,
        value.map(|value| record::bounded(format_args!("{value:?}"))).as_ref(),
    );
}
