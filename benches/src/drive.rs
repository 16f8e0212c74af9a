//! Drives services: one call after the other, each to the end of its body, or many at once.

use std::convert::Infallible;
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use http_body::Body;
use tower::Service;

use crate::allocations::Allocations;

/// Makes loops that all do the same thing, each for a thread of its own.
pub(crate) type Subject = Box<dyn Fn() -> Loop + Send + Sync>;

/// Does one thing so many times.
pub(crate) type Loop = Box<dyn FnMut(u64)>;

/// A stack with and without a layer.
pub(crate) struct Pair<T = Subject> {
    pub(crate) bare: T,
    pub(crate) with: T,
}

impl Pair {
    /// The same, with what `enter` gives held around each run of a loop, such as a context that is current there.
    pub(crate) fn within<G>(self, enter: impl Fn() -> G + Clone + Send + Sync + 'static) -> Self {
        let within = |subject: Subject| -> Subject {
            let enter = enter.clone();
            Box::new(move || {
                let (mut inner, enter) = (subject(), enter.clone());
                Box::new(move |times| {
                    let _held = enter();
                    inner(times);
                })
            })
        };
        Pair {
            bare: within(self.bare),
            with: within(self.with),
        }
    }
}

/// What one call holds while it waits, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    /// By its future.
    pub(crate) future: usize,
    /// On the heap.
    pub(crate) heap: usize,
}

/// Sends the requests that `make` makes, and reads each answer to its end.
pub(crate) fn requests<S, B, R, M>(service: S, make: M) -> Subject
where
    S: Service<Request<B>, Response = Response<R>, Error = Infallible>,
    S: Clone + Send + Sync + 'static,
    M: Fn() -> Request<B> + Clone + Send + Sync + 'static,
    R: Body,
{
    Box::new(move || {
        let (mut service, make) = (service.clone(), make.clone());
        Box::new(move |times| {
            let mut cx = Context::from_waker(Waker::noop());
            for _ in 0..times {
                let mut body = pin!(answer(&mut service, make(), &mut cx).into_body());
                while let Some(frame) = until_ready(|| body.as_mut().poll_frame(&mut cx)) {
                    black_box(frame.is_ok());
                }
            }
        })
    })
}

/// Sends one request, and reads so many frames of its answer.
pub(crate) fn frames<S, B, R, M>(service: S, make: M) -> Subject
where
    S: Service<Request<B>, Response = Response<R>, Error = Infallible>,
    S: Clone + Send + Sync + 'static,
    M: Fn() -> Request<B> + Send + Sync + 'static,
    R: Body + 'static,
{
    Box::new(move || {
        let mut cx = Context::from_waker(Waker::noop());
        let mut service = service.clone();
        let mut body = Box::pin(answer(&mut service, make(), &mut cx).into_body());
        Box::new(move |times| {
            let mut cx = Context::from_waker(Waker::noop());
            for _ in 0..times {
                let frame = until_ready(|| body.as_mut().poll_frame(&mut cx));
                black_box(frame.is_some());
            }
        })
    })
}

/// Keeps many calls waiting for an answer that never comes.
pub(crate) fn waiting<S, B, R, M>(mut service: S, make: M) -> Held
where
    S: Service<Request<B>, Response = Response<R>, Error = Infallible>,
    M: Fn() -> Request<B>,
{
    const CALLS: usize = 1024;

    let mut cx = Context::from_waker(Waker::noop());
    let mut call = || {
        let mut call = Box::pin(service.call(make()));
        assert!(call.as_mut().poll(&mut cx).is_pending());
        call
    };
    let future = size_of_val(&*call());
    let mut calls = Vec::with_capacity(CALLS);
    let before = Allocations::now();
    calls.extend(std::iter::repeat_with(&mut call).take(CALLS));
    let held = before.since().held() / CALLS;
    Held {
        future,
        heap: held - future,
    }
}

fn answer<S, B, R>(service: &mut S, request: Request<B>, cx: &mut Context<'_>) -> Response<R>
where
    S: Service<Request<B>, Response = Response<R>, Error = Infallible>,
{
    let Ok(()) = until_ready(|| service.poll_ready(cx));
    let mut future = pin!(service.call(request));
    let Ok(response) = until_ready(|| future.as_mut().poll(cx));
    response
}

/// Polls until something is there.
pub(crate) fn until_ready<T>(mut poll: impl FnMut() -> Poll<T>) -> T {
    loop {
        if let Poll::Ready(value) = poll() {
            return value;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::{Pending, pending, ready};

    use http_body_util::Full;
    use tower::service_fn;

    use super::*;

    thread_local! {
        static CALLS: Cell<u64> = const { Cell::new(0) };
    }

    #[test]
    fn a_loop_makes_as_many_calls_as_it_is_told() {
        let service = service_fn(|_: Request<()>| {
            CALLS.set(CALLS.get() + 1);
            ready(Ok(Response::new(Full::new(&b"body"[..]))))
        });
        requests(service, Request::default)()(3);
        assert_eq!(CALLS.get(), 3);
    }

    #[test]
    fn frames_are_read_from_one_answer() {
        let service = service_fn(|_: Request<()>| {
            CALLS.set(CALLS.get() + 1);
            ready(Ok(Response::new(crate::workload::Endless)))
        });
        frames(service, Request::default)()(3);
        assert_eq!(CALLS.get(), 1);
    }

    #[test]
    fn a_waiting_call_holds_its_future_and_what_that_has_on_the_heap() {
        async fn wait(_: Request<()>) -> Result<Response<Full<&'static [u8]>>, Infallible> {
            let _heap = black_box(Box::new([0_u8; 100]));
            let never: Pending<Infallible> = pending();
            match never.await {}
        }
        let held = waiting(service_fn(wait), Request::default);
        assert_eq!(held.heap, 100);
        assert!(held.future > size_of::<Box<[u8; 100]>>());
    }
}
