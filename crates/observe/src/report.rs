//! How a call ended, and what an observer is told of it.

use std::any::Any;
use std::cell::Cell;
use std::time::{Duration, Instant};

use http::{HeaderMap, response};

/// What was thought of a call: fine, or an error of a known kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Not an error. Also said of calls that nobody can be blamed for, such as a client's own cancellation.
    Ok,
    /// An error, with its `error.type`: a word from a short, documented list, never a text from the error itself.
    Error(&'static str),
}

impl Verdict {
    /// The `error.type`, if the call was an error.
    pub fn error_type(self) -> Option<&'static str> {
        match self {
            Verdict::Ok => None,
            Verdict::Error(kind) => Some(kind),
        }
    }
}

/// The way a call ended.
#[derive(Clone, Copy, Debug)]
pub enum End<'a> {
    /// The response was delivered to its end.
    Complete {
        /// The trailers, if the body ended with some.
        trailers: Option<&'a HeaderMap>,
    },
    /// The service or the body failed.
    Failed(Failure<'a>),
    /// The call was dropped before its end: before the head when [`Report::to_head`] is `None`, else in the body.
    Dropped,
    /// The call's own code unwound: in `Service::call`, in its future or in its body.
    Panicked,
}

/// What failed. Errors come as [`Any`], since a service's error need not implement anything: downcast to look inside.
#[derive(Clone, Copy)]
pub enum Failure<'a> {
    /// The service returned an error instead of a response.
    Service(&'a dyn Any),
    /// The body returned an error.
    Body(&'a dyn Any),
    /// The body ended before its announced length.
    Short {
        /// The announced length in bytes.
        announced: u64,
        /// The bytes that came.
        received: u64,
    },
}

impl std::fmt::Debug for Failure<'_> {
    // The errors stay out: their texts may hold anything.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Service(_) => f.write_str("Service"),
            Failure::Body(_) => f.write_str("Body"),
            Failure::Short { announced, received } => write!(f, "Short({received} of {announced} bytes)"),
        }
    }
}

/// The response head, as a [`Watch`](crate::Watch) is told of it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Head<'a, F> {
    /// What is known of the call, the response included.
    pub facts: &'a F,
    /// The response's status, version, headers and extensions. An observer may add headers and extensions.
    pub response: &'a mut response::Parts,
    /// What the head alone says of the call.
    pub verdict: Verdict,
    pub(crate) started: Instant,
    pub(crate) now: Instant,
}

impl<F> Head<'_, F> {
    /// Time from the request to this head.
    pub fn elapsed(&self) -> Duration {
        self.now.saturating_duration_since(self.started)
    }
}

/// All there is to know of a call that has ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report<'a, F> {
    /// What is known of the call: the request, and what its response added.
    pub facts: &'a F,
    /// The way it ended.
    pub end: End<'a>,
    /// What the classifier makes of that.
    pub verdict: Verdict,
    /// Bytes of the response body that were handed on.
    pub bytes: u64,
    pub(crate) started: Instant,
    pub(crate) headed: Option<Instant>,
    // The clock is read for the first observer who asks, and the time is the same for all.
    pub(crate) elapsed: Cell<Option<Duration>>,
}

impl<F> Report<'_, F> {
    /// Time from the request to the end.
    pub fn elapsed(&self) -> Duration {
        self.elapsed.get().unwrap_or_else(|| {
            let elapsed = Instant::now().saturating_duration_since(self.started);
            self.elapsed.set(Some(elapsed));
            elapsed
        })
    }

    /// Time from the request to the response head, if there was one.
    pub fn to_head(&self) -> Option<Duration> {
        let headed = self.headed?;
        Some(headed.saturating_duration_since(self.started))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_error_has_an_error_type() {
        assert_eq!(Verdict::Ok.error_type(), None);
        assert_eq!(Verdict::Error("cancelled").error_type(), Some("cancelled"));
    }

    #[test]
    fn the_debug_form_of_a_report_holds_no_text_of_an_error() {
        let secret = String::from("https://user:password@host");
        for failure in [Failure::Service(&secret), Failure::Body(&secret)] {
            let report = Report {
                facts: &(),
                end: End::Failed(failure),
                verdict: Verdict::Error("service_error"),
                bytes: 0,
                started: Instant::now(),
                headed: None,
                elapsed: Cell::default(),
            };
            let text = format!("{report:?}");
            assert!(!text.contains("password"), "{text}");
        }
    }

    #[test]
    fn the_debug_form_of_a_short_body_says_how_short() {
        let short = Failure::Short {
            announced: 9,
            received: 5,
        };
        assert_eq!(format!("{short:?}"), "Short(5 of 9 bytes)");
    }
}
