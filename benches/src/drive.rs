//! Drives a service: one request after the other, each to the end of its body.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use http_body::Body;
use tower::Service;

/// Makes loops that do the same thing, each for a thread of its own.
pub type Subject = Box<dyn Fn() -> Loop + Send + Sync>;

/// Does one thing so many times.
pub type Loop = Box<dyn FnMut(u64)>;

/// A stack with and without a layer.
pub struct Pair {
    /// The stack without.
    pub bare: Subject,
    /// The stack with the layer.
    pub with: Subject,
}

/// Answers the requests that `make` makes.
pub fn requests<S, B, R, M>(service: S, make: M) -> Subject
where
    S: Service<Request<B>, Response = Response<R>, Error = Infallible> + Clone + Send + Sync + 'static,
    M: Fn() -> Request<B> + Clone + Send + Sync + 'static,
    B: 'static,
    R: Body,
{
    Box::new(move || {
        let (mut service, make) = (service.clone(), make.clone());
        Box::new(move |times| {
            let mut cx = Context::from_waker(Waker::noop());
            for _ in 0..times {
                exchange(&mut service, make(), &mut cx);
            }
        })
    })
}

/// Sends one request and reads the answer to its end.
#[inline]
fn exchange<S, B, R>(service: &mut S, request: Request<B>, cx: &mut Context<'_>)
where
    S: Service<Request<B>, Response = Response<R>, Error = Infallible>,
    R: Body,
{
    while service.poll_ready(cx).is_pending() {}
    let mut future = pin!(service.call(request));
    let Ok(response) = until_ready(|| future.as_mut().poll(cx));
    let mut body = pin!(response.into_body());
    while let Some(frame) = until_ready(|| body.as_mut().poll_frame(cx)) {
        std::hint::black_box(frame.is_ok());
    }
}

fn until_ready<T>(mut poll: impl FnMut() -> Poll<T>) -> T {
    loop {
        if let Poll::Ready(value) = poll() {
            return value;
        }
    }
}
