//! A function's call under way.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use opentelemetry::trace::SpanRef;
use pin_project_lite::pin_project;

use crate::function::{ByMacro, Call};
use crate::judge::{Judge, Outcome};
use crate::slow::Watched;

/// A call that has begun, and what warns if it takes long. Dropped in this order, so that the warning finds the span open.
#[derive(Debug)]
pub struct Running<W> {
    slow: W,
    call: Call,
}

impl<W: Watched> Running<W> {
    #[inline]
    pub(crate) fn new(slow: W, call: Call) -> Self {
        Running { slow, call }
    }

    /// Runs a part of the function: the one that makes a future, or one poll of it.
    #[inline]
    pub fn run<T>(&mut self, part: impl FnOnce() -> T) -> T {
        let slow = &mut self.slow;
        self.call.run(|| slow.run(part))
    }

    /// The function is done, and this came out.
    #[inline]
    pub(crate) fn end<R>(&mut self, returned: &R, judge: &impl Judge<R>) {
        self.slow.finish();
        self.call.end(returned, judge);
    }

    /// Puts the call around the future.
    #[inline]
    pub fn around<F, J>(self, future: F, judge: J) -> InCall<F, J, W>
    where
        F: Future,
        J: Fn(&F::Output, &SpanRef<'_>) -> Outcome,
    {
        InCall {
            future,
            running: self,
            judge: ByMacro(judge),
        }
    }
}

impl Running<()> {
    /// Whether it makes no difference to the future.
    #[inline]
    pub fn is_plain(&self) -> bool {
        self.call.context().is_none()
    }
}

pin_project! {
    /// The future of a function, in its call.
    #[must_use = "futures do nothing unless they are polled"]
    pub struct InCall<F, J, W> {
        #[pin]
        future: F,
        running: Running<W>,
        judge: ByMacro<J>,
    }
}

impl<F, J, W> Future for InCall<F, J, W>
where
    F: Future,
    J: Fn(&F::Output, &SpanRef<'_>) -> Outcome,
    W: Watched,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        let (running, future) = (this.running, this.future);
        let polled = running.run(|| future.poll(cx));
        if let Poll::Ready(returned) = &polled {
            running.end(returned, this.judge);
        }
        polled
    }
}

impl<F, J, W> fmt::Debug for InCall<F, J, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InCall")
    }
}
