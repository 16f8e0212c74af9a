//! What a traced function has returned: what is thought of it, and what is recorded. Not for use by hand, as all that `#[traced]` calls.

use std::fmt;

use opentelemetry::trace::SpanRef;

use crate::judge::{ErrorType, Outcome};
use crate::record::{self, Record};

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
