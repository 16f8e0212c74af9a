//! One exchange over an observed service, without a runtime.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;
use tower_telemetry_observe::{Observe, ObserveLayer, ObservedBody};

use crate::{Exchange, MethodAndStatus, Script};

/// Answers one request with this response, and gives it back as the observer's layer made it.
pub fn exchange<O: Observe<Exchange>>(
    observer: O,
    request: Request<()>,
    response: Response<Script>,
) -> Response<ObservedBody<Script, MethodAndStatus, O>> {
    let layer = ObserveLayer::new(MethodAndStatus, observer);
    let future = pin!(layer.layer(Answer(Some(response))).call(request));
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(response)) => response,
        Poll::Ready(Err(never)) => match never {},
        Poll::Pending => unreachable!("the answer is ready"),
    }
}

/// A service with one answer, which it gives at once.
struct Answer(Option<Response<Script>>);

impl Service<Request<()>> for Answer {
    type Response = Response<Script>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Script>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(self.0.take().expect("one request for one answer")))
    }
}
