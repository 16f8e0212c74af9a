//! What is thought of what came out.

use std::error::Error;
use std::{fmt, io, num, str};

use opentelemetry::trace::SpanRef;

/// An error that has an `error.type`: a word from a short list, never a text from the error itself.
///
/// Without the method it is the name of the type.
///
/// ```
/// use tower_telemetry_traced::ErrorType;
///
/// enum PaymentError {
///     Declined,
///     Unreachable(std::io::Error),
/// }
///
/// impl ErrorType for PaymentError {
///     fn error_type(&self) -> &'static str {
///         match self {
///             PaymentError::Declined => "declined",
///             PaymentError::Unreachable(_) => "unreachable",
///         }
///     }
/// }
/// # let _ = PaymentError::Unreachable;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say its `error.type`",
    note = "implement `ErrorType` for it, or give a closure: `with_error_type(|error| \"declined\")`"
)]
pub trait ErrorType {
    /// The word.
    fn error_type(&self) -> &'static str {
        std::any::type_name::<Self>()
    }
}

impl<E: ErrorType + ?Sized> ErrorType for Box<E> {
    fn error_type(&self) -> &'static str {
        (**self).error_type()
    }
}

impl<E: ErrorType + ?Sized> ErrorType for &E {
    fn error_type(&self) -> &'static str {
        (**self).error_type()
    }
}

impl ErrorType for io::Error {
    /// `timeout`, `connect`, or `io_error`.
    fn error_type(&self) -> &'static str {
        match self.kind() {
            io::ErrorKind::TimedOut => "timeout",
            io::ErrorKind::ConnectionRefused
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::AddrNotAvailable => "connect",
            _ => "io_error",
        }
    }
}

impl ErrorType for fmt::Error {}
impl ErrorType for num::ParseFloatError {}
impl ErrorType for num::ParseIntError {}
impl ErrorType for str::Utf8Error {}
impl ErrorType for std::convert::Infallible {}

macro_rules! not_told {
    ($($error:ty),+) => {$(
        impl ErrorType for $error {
            /// `_OTHER`: there may be anything inside.
            fn error_type(&self) -> &'static str {
                "_OTHER"
            }
        }
    )+};
}

not_told!(dyn Error, dyn Error + Send, dyn Error + Send + Sync, str, String);

/// What came out of a piece of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// No error.
    Fine,
    /// An error.
    Failed {
        /// Its `error.type`.
        error_type: &'static str,
        /// The description of the span's status; empty unless it was asked for.
        text: String,
    },
}

impl Outcome {
    /// An error without a text.
    pub fn failed(error_type: &'static str) -> Self {
        Outcome::Failed {
            error_type,
            text: String::new(),
        }
    }
}

/// Judges what comes out of the work in a span. A [`SpanBuilder`](crate::SpanBuilder) has one of the three below.
pub trait Judge<R> {
    /// What is thought of it. A panic in here leaves the outcome as if it were fine.
    fn judge(&self, returned: &R, span: &SpanRef<'_>) -> Outcome;
}

/// Whatever comes out is fine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unjudged;

impl<R> Judge<R> for Unjudged {
    #[inline]
    fn judge(&self, _: &R, _: &SpanRef<'_>) -> Outcome {
        Outcome::Fine
    }
}

/// An `Err` is an error, and says of [which type](ErrorType).
#[derive(Clone, Copy, Debug, Default)]
pub struct ByErrorType;

impl<T, E: ErrorType> Judge<Result<T, E>> for ByErrorType {
    fn judge(&self, returned: &Result<T, E>, _: &SpanRef<'_>) -> Outcome {
        match returned {
            Ok(_) => Outcome::Fine,
            Err(error) => Outcome::failed(error.error_type()),
        }
    }
}

/// An `Err` is an error, and a closure tells of which type.
#[derive(Clone, Copy)]
pub struct ByClosure<F>(pub(crate) F);

impl<T, E, F: Fn(&E) -> &'static str> Judge<Result<T, E>> for ByClosure<F> {
    fn judge(&self, returned: &Result<T, E>, _: &SpanRef<'_>) -> Outcome {
        match returned {
            Ok(_) => Outcome::Fine,
            Err(error) => Outcome::failed((self.0)(error)),
        }
    }
}

impl<F> fmt::Debug for ByClosure<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ByClosure")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_without_a_word_of_its_own_has_its_types_name() {
        let not_a_number = "x".parse::<u8>().expect_err("no number");
        assert_eq!(not_a_number.error_type(), "core::num::error::ParseIntError");
    }

    #[test]
    fn io_errors_are_told_by_their_kind() {
        let word = |kind| io::Error::from(kind).error_type();
        assert_eq!(word(io::ErrorKind::TimedOut), "timeout");
        assert_eq!(word(io::ErrorKind::ConnectionRefused), "connect");
        assert_eq!(word(io::ErrorKind::NotFound), "io_error");
    }

    #[test]
    fn a_boxed_error_may_be_any() {
        let error: Box<dyn Error + Send + Sync> = "the password is hunter2".into();
        assert_eq!(error.error_type(), "_OTHER");
    }
}
