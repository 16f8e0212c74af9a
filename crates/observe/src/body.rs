//! The response body of an observed call.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::response;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::{Classify, ClassifyHttp, End, Failure, Observation, Observe, contain};

pin_project! {
    /// A response body that tells its [`Observation`] what passes, and how it ends.
    ///
    /// Frames, trailers, errors, size hint and end-of-stream flag are the inner body's.
    #[derive(Debug)]
    pub struct ObservedBody<B, C: Classify, O: Observe<C::Facts>> {
        #[pin]
        inner: B,
        observation: Observation<C, O>,
    }
}

impl<B: Body, C: Classify, O: Observe<C::Facts>> ObservedBody<B, C, O> {
    /// Watches this body to its end. One that has already ended ends the call here.
    pub fn new(inner: B, mut observation: Observation<C, O>) -> Self {
        observation.body(&inner);
        ObservedBody { inner, observation }
    }
}

impl<B, C: Classify, O: Observe<C::Facts>> ObservedBody<B, C, O> {
    #[inline]
    pub(crate) fn of(inner: B, observation: Observation<C, O>) -> Self {
        ObservedBody { inner, observation }
    }
}

impl<C: ClassifyHttp, O: Observe<C::Facts>> Observation<C, O> {
    /// Goes on in this response.
    #[inline]
    pub(crate) fn response(&mut self, parts: &mut response::Parts, body: &impl Body) {
        if !self.is_over() {
            self.head(parts);
            self.body(body);
        }
    }
}

impl<C: Classify, O: Observe<C::Facts>> Observation<C, O> {
    fn body(&mut self, body: &impl Body) {
        let (length, over) = self.look(|| (body.size_hint().exact(), body.is_end_stream()));
        self.expect(length);
        if over {
            self.complete(None);
        }
    }
}

/// A body that nobody watches, for what answers in the place of an observed service: tonic's interceptors do.
impl<B: Default, C: Classify, O: Observe<C::Facts>> Default for ObservedBody<B, C, O> {
    fn default() -> Self {
        ObservedBody {
            inner: B::default(),
            observation: Observation::over(),
        }
    }
}

impl<B, C, O> Body for ObservedBody<B, C, O>
where
    B: Body,
    B::Error: 'static,
    C: ClassifyHttp,
    O: Observe<C::Facts>,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let observation = this.observation;
        let mut inner = this.inner;
        if observation.is_over() {
            return inner.poll_frame(cx);
        }
        let polled = observation.in_scope(|| inner.as_mut().poll_frame(cx));
        match &polled {
            Poll::Pending => observation.pending(cx),
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    observation.data(contain(|| C::remaining::<B>(data)).unwrap_or(0));
                }
                if let Some(trailers) = frame.trailers_ref() {
                    observation.complete(Some(trailers));
                } else if observation.look(|| inner.is_end_stream()) {
                    observation.complete(None);
                }
            }
            Poll::Ready(Some(Err(error))) => observation.end(End::Failed(Failure::Body(error))),
            Poll::Ready(None) => observation.complete(None),
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
