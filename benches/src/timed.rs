//! A handler that says by itself that it was slow: two looks at the clock, and no layer.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::{Request, Response, StatusCode, request};
use tower::Service;

use crate::to_the_end::Work;
use crate::workload::Handler;

const LIMIT: Duration = Duration::from_secs(1);

/// The handler.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timed;

impl Work for Timed {
    type Facts = ();

    fn begin(&self, _: &mut request::Parts) {}

    fn end(&self, (): &(), begun: Instant, _: Option<StatusCode>) {
        tell(begun.elapsed());
    }
}

fn tell(elapsed: Duration) {
    if elapsed >= LIMIT {
        eprintln!("GET /users/{{id}} took {elapsed:?}");
    }
}

impl<B> Service<Request<B>> for Timed {
    type Response = <Handler as Service<Request<B>>>::Response;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Answer {
        Answer(Instant::now())
    }
}

/// The future of a [`Timed`] handler.
#[derive(Debug)]
pub(crate) struct Answer(Instant);

impl Future for Answer {
    type Output = Result<Response<http_body_util::Full<bytes::Bytes>>, Infallible>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let response = Handler::answer();
        tell(self.0.elapsed());
        Poll::Ready(Ok(response))
    }
}
