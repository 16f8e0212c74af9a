//! The response future of an observed call.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use crate::{Classify, ClassifyHttp, End, Failure, Observation, Observe, ObservedBody, Plain};

pin_project! {
    /// The future of an [`Observed`](crate::Observed) service.
    #[derive(Debug)]
    pub struct ObservedFuture<F, C: Classify, O: Observe<C::Facts>> {
        #[pin]
        inner: F,
        observation: Observation<C, O>,
    }
}

impl<F, C: Classify, O: Observe<C::Facts>> ObservedFuture<F, C, O> {
    /// Watches this future, and the body that it brings, to the end.
    pub fn new(inner: F, observation: Observation<C, O>) -> Self {
        ObservedFuture { inner, observation }
    }
}

impl<C: Classify, O: Observe<C::Facts>> Observation<C, O> {
    /// The inner future was polled, in scope, and gave this: looked at where it is, since to hand a response through a function copies it.
    #[inline]
    fn polled<T, E: 'static>(&mut self, polled: &Poll<Result<T, E>>, cx: &mut Context<'_>) {
        match polled {
            Poll::Pending => self.pending(cx),
            Poll::Ready(Ok(_)) => {}
            Poll::Ready(Err(error)) => self.end(End::Failed(Failure::Service(error))),
        }
    }
}

impl<F, B, E, C, O> Future for ObservedFuture<F, C, O>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
    E: 'static,
    C: ClassifyHttp,
    O: Observe<C::Facts>,
{
    type Output = Result<Response<ObservedBody<B, C, O>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let observation = this.observation;
        let polled = observation.in_scope(|| this.inner.poll(cx));
        observation.polled(&polled, cx);
        let response = ready!(polled)?;
        let (mut parts, inner) = response.into_parts();
        observation.response(&mut parts, &inner);
        // Apart, so that an empty observation is not copied.
        if observation.is_over() {
            let body = ObservedBody::of(inner, Observation::over());
            return Poll::Ready(Ok(Response::from_parts(parts, body)));
        }
        let body = ObservedBody::of(inner, observation.take());
        Poll::Ready(Ok(Response::from_parts(parts, body)))
    }
}

impl<F, T, E, N, O> Future for ObservedFuture<F, Plain<N>, O>
where
    F: Future<Output = Result<T, E>>,
    E: 'static,
    O: Observe<<Plain<N> as Classify>::Facts>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let observation = this.observation;
        let polled = observation.in_scope(|| this.inner.poll(cx));
        observation.polled(&polled, cx);
        if let Poll::Ready(Ok(_)) = polled {
            observation.complete(None);
        }
        polled
    }
}
