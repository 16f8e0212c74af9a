//! Calls of any service, HTTP or not.

use std::borrow::Cow;

use crate::{Classify, End, Verdict, plain_verdict};

/// Watches calls of any `Service<R>`: a call ends at its response.
///
/// It holds the call's name, or a closure that takes it from the request.
///
/// ```
/// use tower_telemetry_observe::Plain;
///
/// struct Job { queue: &'static str }
///
/// let one_name = Plain::new("send mail");
/// let by_request = Plain::new(|job: &Job| job.queue);
/// # let _ = (one_name, by_request);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain<N> {
    name: N,
}

impl<N> Plain<N> {
    /// Calls with this name: a `&'static str`, or a closure from `&R` to one (or to a `String`). Keep the names few.
    pub fn new(name: N) -> Self {
        Plain { name }
    }

    pub(crate) fn read<R>(&self, request: &R) -> PlainCall
    where
        N: CallName<R>,
    {
        PlainCall {
            name: self.name.call_name(request),
        }
    }
}

impl<N> Classify for Plain<N> {
    type Facts = PlainCall;

    fn end(&self, _: &mut PlainCall, end: &End<'_>) -> Verdict {
        plain_verdict(end)
    }
}

/// The facts of a [`Plain`] call: its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainCall {
    name: Cow<'static, str>,
}

impl PlainCall {
    /// The call's name.
    pub fn name(&self) -> &Cow<'static, str> {
        &self.name
    }
}

/// Where the name of a [`Plain`] call comes from: a `&'static str`, or a closure over the request.
pub trait CallName<R> {
    /// The name of the call that this request makes.
    fn call_name(&self, request: &R) -> Cow<'static, str>;
}

impl<R> CallName<R> for &'static str {
    fn call_name(&self, _: &R) -> Cow<'static, str> {
        Cow::Borrowed(self)
    }
}

impl<R, N, T> CallName<R> for N
where
    N: Fn(&R) -> T,
    T: Into<Cow<'static, str>>,
{
    fn call_name(&self, request: &R) -> Cow<'static, str> {
        self(request).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_serves_requests_of_any_type() {
        let plain = Plain::new("send mail");
        assert_eq!(plain.read(&1_u8).name(), "send mail");
        assert_eq!(plain.read(&["a", "b"]).name(), "send mail");
    }

    #[test]
    fn a_closure_takes_the_name_from_the_request() {
        let borrowed = Plain::new(|queue: &&'static str| *queue);
        assert_eq!(borrowed.read(&"mails").name(), "mails");
        let owned = Plain::new(|number: &u8| format!("job {number}"));
        assert_eq!(owned.read(&7).name(), "job 7");
    }

    #[test]
    fn a_plain_name_is_not_copied() {
        let name = Plain::new("send mail").read(&()).name;
        assert!(matches!(name, Cow::Borrowed("send mail")));
    }
}
