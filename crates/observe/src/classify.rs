//! What a call is, and what is thought of its end.

use http::{request, response};
use http_body::Body;

use crate::{End, Failure, Verdict};

/// Judges the end of a call.
pub trait Classify {
    /// What is known of a call, for its observers. It lives as long as the call: keep it small.
    type Facts;

    /// The call has ended. Runs once, before the observers are told.
    fn end(&self, facts: &mut Self::Facts, end: &End<'_>) -> Verdict;
}

/// Reads HTTP requests and responses: a [`Classify`] for an HTTP stack.
pub trait ClassifyHttp: Classify {
    /// What the request says. Read once, before the observers see the call.
    fn read(&self, request: &mut request::Parts) -> Self::Facts;

    /// The response head is there: adds what it says to the facts, and judges it.
    fn head(&self, facts: &mut Self::Facts, response: &response::Parts) -> Verdict;

    /// The bytes in a data frame: `data.remaining()`, with `bytes::Buf` in scope.
    ///
    /// A body's data is a `Buf`, a trait of the `bytes` crate. Asking here keeps this crate free of it.
    fn remaining<B: Body>(data: &B::Data) -> usize;
}

/// The verdict where no classifier has a say: the `error.type` is `service_error`, `body_error`, `cancelled` or `panic`.
///
/// ```
/// use tower_telemetry_observe::{End, Verdict, plain_verdict};
///
/// assert_eq!(plain_verdict(&End::Complete { trailers: None }), Verdict::Ok);
/// assert_eq!(plain_verdict(&End::Dropped), Verdict::Error("cancelled"));
/// ```
pub fn plain_verdict(end: &End<'_>) -> Verdict {
    match end {
        End::Complete { .. } => Verdict::Ok,
        End::Failed(Failure::Service(_)) => Verdict::Error("service_error"),
        End::Failed(Failure::Body(_) | Failure::Short { .. }) => Verdict::Error("body_error"),
        End::Dropped => Verdict::Error("cancelled"),
        End::Panicked => Verdict::Error("panic"),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    #[test]
    fn each_end_has_its_plain_verdict() {
        let trailers = HeaderMap::new();
        let ends = [
            (End::Complete { trailers: None }, Verdict::Ok),
            (
                End::Complete {
                    trailers: Some(&trailers),
                },
                Verdict::Ok,
            ),
            (End::Failed(Failure::Service(&())), Verdict::Error("service_error")),
            (End::Failed(Failure::Body(&())), Verdict::Error("body_error")),
            (
                End::Failed(Failure::Short {
                    announced: 2,
                    received: 1,
                }),
                Verdict::Error("body_error"),
            ),
            (End::Dropped, Verdict::Error("cancelled")),
            (End::Panicked, Verdict::Error("panic")),
        ];
        for (end, verdict) in ends {
            assert_eq!(plain_verdict(&end), verdict, "{end:?}");
        }
    }
}
