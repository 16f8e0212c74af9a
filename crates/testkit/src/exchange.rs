//! Exchanges without a wire or a runtime.

use std::convert::Infallible;
use std::future::{Pending, Ready, pending, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;
use tower_telemetry_observe::{Observe, ObserveLayer, ObservedBody};

use crate::{Exchange, MethodAndStatus, Script};

/// A service with one answer, which it gives at once.
#[derive(Debug)]
pub struct Answer<B>(Option<Response<B>>);

impl<B> Answer<B> {
    /// Answers with this response.
    pub fn new(response: Response<B>) -> Self {
        Answer(Some(response))
    }
}

impl<R, B> Service<R> for Answer<B> {
    type Response = Response<B>;
    type Error = Infallible;
    type Future = Ready<Result<Response<B>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: R) -> Self::Future {
        ready(Ok(self.0.take().expect("one request for one answer")))
    }
}

/// A service that never answers.
#[derive(Clone, Copy, Debug)]
pub struct Never;

impl<R> Service<R> for Never {
    type Response = Response<Script>;
    type Error = Infallible;
    type Future = Pending<Result<Response<Script>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: R) -> Self::Future {
        pending()
    }
}

/// The service's answer to this request, which is there at once.
///
/// # Panics
///
/// When it is not.
pub fn call<S, R>(service: &mut S, request: R) -> S::Response
where
    S: Service<R, Error = Infallible>,
{
    let future = pin!(service.call(request));
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(response)) => response,
        Poll::Ready(Err(never)) => match never {},
        Poll::Pending => panic!("the answer is not there at once"),
    }
}

/// Answers one request with this response, and gives it back as the observer's layer made it.
pub fn exchange<O: Observe<Exchange>>(
    observer: O,
    request: Request<()>,
    response: Response<Script>,
) -> Response<ObservedBody<Script, MethodAndStatus, O>> {
    let layer = ObserveLayer::new(MethodAndStatus, observer);
    call(&mut layer.layer(Answer::new(response)), request)
}
