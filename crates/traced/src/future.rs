//! Futures and streams in a span.

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use futures_core::Stream;
use pin_project_lite::pin_project;

use crate::builder::SpanBuilder;
use crate::judge::{Judge, Outcome};
use crate::scope::Scope;

pin_project! {
    /// A future or a stream in a span.
    ///
    /// The span is a child of the span that was current when this was made, wherever it is polled. It starts at the first poll, is current
    /// during each poll and never between two, and ends when the future is ready or the stream is over. Dropped before that, it has the `error.type`
    /// `cancelled`; unwound, `panic`. One that is never polled makes no span.
    ///
    /// The span of a stream of `Result`s that is [judged](SpanBuilder::with_errors) has failed with the first `Err`, and goes on.
    #[must_use = "futures do nothing unless they are polled"]
    pub struct InSpan<T, J> {
        #[pin]
        inner: T,
        state: State<J>,
    }
}

enum State<J> {
    Waiting(SpanBuilder<J>),
    Begun(Scope, J),
    Over,
}

impl<T, J> InSpan<T, J> {
    pub(crate) fn new(inner: T, span: SpanBuilder<J>) -> Self {
        InSpan {
            inner,
            state: State::Waiting(span),
        }
    }
}

impl<J> State<J> {
    /// The span, unless it is over. The first poll starts it.
    #[inline]
    fn begin(&mut self) -> Option<(&mut Scope, &J)> {
        if let State::Waiting(_) = self {
            if let State::Waiting(span) = mem::replace(self, State::Over) {
                let (scope, judge) = span.start();
                *self = State::Begun(scope, judge);
            }
        }
        match self {
            State::Begun(scope, judge) => Some((scope, judge)),
            State::Waiting(_) | State::Over => None,
        }
    }
}

impl<F: Future, J: Judge<F::Output>> Future for InSpan<F, J> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        let Some((scope, judge)) = this.state.begin() else {
            return this.inner.poll(cx);
        };
        let polled = scope.run(|| this.inner.poll(cx));
        if let Poll::Ready(returned) = &polled {
            scope.end(returned, judge);
            *this.state = State::Over;
        }
        polled
    }
}

impl<S: Stream, J: Judge<S::Item>> Stream for InSpan<S, J> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let Some((scope, judge)) = this.state.begin() else {
            return this.inner.poll_next(cx);
        };
        let polled = scope.run(|| this.inner.poll_next(cx));
        match &polled {
            Poll::Ready(Some(item)) => scope.note(item, judge),
            Poll::Ready(None) => {
                scope.end_as(Outcome::Fine);
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

impl<T, J> fmt::Debug for InSpan<T, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.state {
            State::Waiting(_) => "InSpan(waiting)",
            State::Begun(..) => "InSpan(begun)",
            State::Over => "InSpan(over)",
        })
    }
}
