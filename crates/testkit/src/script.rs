//! A body that plays a script.

use std::fmt;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::vec;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Body, Frame, SizeHint};

/// What a [`Script`] does at one poll. After its last step, it has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A data frame of this many bytes.
    Data(usize),
    /// A frame of trailers.
    Trailers(HeaderMap),
    /// Not ready; the task is woken to ask again.
    Wait,
    /// Not ready, now or ever: nothing wakes the task.
    Stall,
    /// A [`ScriptError`].
    Fail,
    /// Unwinds with a [`ScriptPanic`], past the panic hook.
    Panic,
    /// The end, whatever steps follow.
    End,
}

impl Step {
    /// Trailers with one field.
    pub fn trailer(name: &'static str, value: &'static str) -> Self {
        let mut trailers = HeaderMap::new();
        trailers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        Step::Trailers(trailers)
    }

    fn bytes(&self) -> usize {
        match self {
            Step::Data(bytes) => *bytes,
            _ => 0,
        }
    }
}

/// When a [`Script`] says of itself that it is at the end of its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum EndFlag {
    /// Never, as most streams.
    #[default]
    Never,
    /// When no step is left.
    AfterLastStep,
    /// From the start, even if steps follow.
    Always,
}

/// A body that plays its steps, one at each poll.
///
/// The bytes of its data count up from 0, and over from 255, through all frames.
#[derive(Debug, Default)]
pub struct Script {
    steps: vec::IntoIter<Step>,
    end_flag: EndFlag,
    hint: Hint,
    played: usize,
    polls: Polls,
}

#[derive(Debug)]
enum Hint {
    Fixed(SizeHint),
    Remaining,
}

impl Default for Hint {
    fn default() -> Self {
        Hint::Fixed(SizeHint::default())
    }
}

impl Script {
    /// A body of these steps, which knows neither its size nor its end beforehand.
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let steps: Vec<_> = steps.into_iter().collect();
        Script {
            steps: steps.into_iter(),
            ..Script::default()
        }
    }

    /// Sets when it says that it is at the end of its stream.
    #[must_use]
    pub fn with_end_flag(self, end_flag: EndFlag) -> Self {
        Script { end_flag, ..self }
    }

    /// Gives this size hint, now and after every frame.
    #[must_use]
    pub fn with_size_hint(self, hint: SizeHint) -> Self {
        let hint = Hint::Fixed(hint);
        Script { hint, ..self }
    }

    /// Gives as its size hint exactly the bytes that are still to come.
    #[must_use]
    pub fn with_exact_size(self) -> Self {
        let hint = Hint::Remaining;
        Script { hint, ..self }
    }

    /// Counts its polls; remains when the body is gone.
    pub fn polls(&self) -> Polls {
        self.polls.clone()
    }

    fn data(&mut self, bytes: usize) -> Bytes {
        let from = self.played;
        self.played += bytes;
        (from..self.played).map(|position| position as u8).collect()
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = ScriptError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, ScriptError>>> {
        let at_poll = self.polls.0.fetch_add(1, Ordering::Relaxed);
        if let [Step::Stall, ..] = self.steps.as_slice() {
            return Poll::Pending;
        }
        match self.steps.next() {
            Some(Step::Data(bytes)) => Poll::Ready(Some(Ok(Frame::data(self.data(bytes))))),
            Some(Step::Trailers(trailers)) => Poll::Ready(Some(Ok(Frame::trailers(trailers)))),
            Some(Step::Wait | Step::Stall) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Step::Fail) => Poll::Ready(Some(Err(ScriptError { at_poll }))),
            Some(Step::Panic) => resume_unwind(Box::new(ScriptPanic)),
            Some(Step::End) | None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self.end_flag {
            EndFlag::Never => false,
            EndFlag::AfterLastStep => self.steps.as_slice().is_empty(),
            EndFlag::Always => true,
        }
    }

    #[allow(clippy::clone_on_copy, reason = "`Copy` only since http-body 1.1")]
    fn size_hint(&self) -> SizeHint {
        match &self.hint {
            Hint::Fixed(hint) => hint.clone(),
            Hint::Remaining => {
                let bytes = self.steps.as_slice().iter().map(Step::bytes).sum::<usize>();
                SizeHint::with_exact(bytes as u64)
            }
        }
    }
}

/// How often a [`Script`] was polled.
#[derive(Clone, Debug, Default)]
pub struct Polls(Arc<AtomicUsize>);

impl Polls {
    /// The polls so far.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// The error of [`Step::Fail`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScriptError {
    /// At which poll it came, counted from 0.
    pub at_poll: usize,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "scripted error at poll {}", self.at_poll)
    }
}

impl std::error::Error for ScriptError {}

/// The payload of [`Step::Panic`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScriptPanic;

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use futures_util::FutureExt;
    use http_body_util::BodyExt;

    use super::*;

    #[test]
    fn a_script_plays_its_steps_one_at_each_poll() {
        let mut body = Script::new([
            Step::Data(2),
            Step::Wait,
            Step::Data(1),
            Step::Fail,
            Step::End,
            Step::trailer("a", "b"),
        ]);
        let polls = body.polls();
        let mut next = || body.frame().now_or_never();

        let data = next().flatten().and_then(Result::ok);
        assert_eq!(
            data.and_then(|frame| frame.into_data().ok()),
            Some(Bytes::from_static(&[0, 1]))
        );
        assert!(next().is_none());
        let data = next().flatten().and_then(Result::ok);
        assert_eq!(
            data.and_then(|frame| frame.into_data().ok()),
            Some(Bytes::from_static(&[2]))
        );
        let error = next().flatten().and_then(Result::err);
        assert_eq!(error, Some(ScriptError { at_poll: 3 }));
        assert!(matches!(next(), Some(None)));
        let trailers = next().flatten().and_then(Result::ok);
        assert!(trailers.is_some_and(|frame| frame.is_trailers()));
        assert!(matches!(next(), Some(None)));
        assert_eq!(polls.count(), 7);
    }

    #[test]
    fn a_stalled_script_stays_so() {
        let mut body = Script::new([Step::Stall, Step::Data(1)]);
        assert!(body.frame().now_or_never().is_none());
        assert!(body.frame().now_or_never().is_none());
    }

    #[test]
    fn a_scripted_panic_unwinds_with_its_payload() {
        let mut body = Script::new([Step::Panic]);
        let unwound = catch_unwind(AssertUnwindSafe(|| body.frame().now_or_never()));
        let payload = unwound.expect_err("the step is a panic");
        assert_eq!(payload.downcast_ref(), Some(&ScriptPanic));
    }

    #[test]
    fn size_hint_and_end_flag_are_as_they_were_set() {
        let mut body = Script::new([Step::Data(3), Step::Data(4)])
            .with_exact_size()
            .with_end_flag(EndFlag::AfterLastStep);
        assert_eq!(body.size_hint().exact(), Some(7));
        assert!(!body.is_end_stream());
        for left in [4, 0] {
            body.frame().now_or_never();
            assert_eq!(body.size_hint().exact(), Some(left));
        }
        assert!(body.is_end_stream());

        let unknown = Script::new([Step::Data(3)]).with_end_flag(EndFlag::Always);
        assert_eq!(unknown.size_hint().exact(), None);
        assert!(unknown.is_end_stream());
        let fixed = unknown.with_size_hint(SizeHint::with_exact(9));
        assert_eq!(fixed.size_hint().exact(), Some(9));
    }
}
