//! Futures and streams in a span.

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use crate::builder::SpanBuilder;
use crate::judge::{Judge, Outcome};
use crate::scope::Scope;
use crate::slow::Watched;
use futures_core::Stream;
use pin_project_lite::pin_project;

pin_project! {
    /// A future or a stream in a span.
    ///
    /// The span is a child of the span that was current when this was made, wherever it is polled. It starts at the first poll, is current
    /// during each poll and never between two, and ends when the future is ready or the stream is over. Dropped before that, it has the `error.type`
    /// `cancelled`; unwound, `panic`. One that is never polled makes no span.
    ///
    /// The span of a stream of `Result`s that is [judged](SpanBuilder::with_errors) has failed with the first `Err`, and goes on.
    ///
    /// `W` is what warns when a function with a threshold takes long.
    #[must_use = "futures do nothing unless they are polled"]
    pub struct InSpan<T, J, W = ()> {
        #[pin]
        inner: T,
        state: State<J, W>,
    }
}

enum State<J, W> {
    Waiting(SpanBuilder<J>),
    Begun(Begun<W>, J),
    Over,
}

/// The span of work that has begun, and what warns if it takes long. Dropped in this order, so that the warning finds the span open.
#[derive(Debug)]
pub(crate) struct Begun<W> {
    pub(crate) slow: W,
    pub(crate) scope: Scope,
}

impl<W: Watched> Begun<W> {
    /// Runs a part of the work.
    #[inline]
    pub(crate) fn run<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let slow = &mut self.slow;
        self.scope.run(|| slow.run(work))
    }

    /// The work is done, and this came out.
    #[inline]
    pub(crate) fn end<R>(&mut self, returned: &R, judge: &impl Judge<R>) {
        self.slow.finish();
        self.scope.end(returned, judge);
    }
}

impl<T, J> InSpan<T, J> {
    pub(crate) fn new(inner: T, span: SpanBuilder<J>) -> Self {
        InSpan {
            inner,
            state: State::Waiting(span),
        }
    }
}

impl<T, J, W> InSpan<T, J, W> {
    pub(crate) fn begun(inner: T, begun: Begun<W>, judge: J) -> Self {
        InSpan {
            inner,
            state: State::Begun(begun, judge),
        }
    }
}

impl<J, W: Watched> State<J, W> {
    /// The span, unless it is over. The first poll starts it.
    #[inline]
    fn begin(&mut self) -> Option<(&mut Begun<W>, &J)> {
        if let State::Waiting(_) = self {
            if let State::Waiting(span) = mem::replace(self, State::Over) {
                let (scope, judge) = span.start();
                *self = State::Begun(
                    Begun {
                        slow: W::default(),
                        scope,
                    },
                    judge,
                );
            }
        }
        match self {
            State::Begun(begun, judge) => Some((begun, judge)),
            State::Waiting(_) | State::Over => None,
        }
    }
}

impl<F: Future, J: Judge<F::Output>, W: Watched> Future for InSpan<F, J, W> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        let Some((begun, judge)) = this.state.begin() else {
            return this.inner.poll(cx);
        };
        let polled = begun.run(|| this.inner.poll(cx));
        if let Poll::Ready(returned) = &polled {
            begun.end(returned, judge);
            *this.state = State::Over;
        }
        polled
    }
}

impl<S: Stream, J: Judge<S::Item>, W: Watched> Stream for InSpan<S, J, W> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let Some((begun, judge)) = this.state.begin() else {
            return this.inner.poll_next(cx);
        };
        let polled = begun.run(|| this.inner.poll_next(cx));
        match &polled {
            Poll::Ready(Some(item)) => begun.scope.note(item, judge),
            Poll::Ready(None) => {
                begun.scope.end_as(Outcome::Fine);
                *this.state = State::Over;
            }
            Poll::Pending => {}
        }
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}

impl<T, J, W> fmt::Debug for InSpan<T, J, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.state {
            State::Waiting(_) => "InSpan(waiting)",
            State::Begun(..) => "InSpan(begun)",
            State::Over => "InSpan(over)",
        })
    }
}
