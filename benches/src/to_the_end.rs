//! What a layer cannot avoid: one written by hand, which hears of a call's end at the end of its body, or when it is dropped.
//!
//! It trusts everybody's code not to panic, judges nothing, attaches nothing, and says nothing of the head, of pending polls and of frames.

use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use http::{Request, Response, StatusCode, request};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower::{Layer, Service};
use tower_telemetry::observe::ClassifyHttp;
use tower_telemetry::semconv::{Http, HttpCall, Server};

use crate::ours;

/// What is done for a call.
pub(crate) trait Work: Clone {
    /// What is kept of the request.
    type Facts;

    /// The call begins.
    fn begin(&self, request: &mut request::Parts) -> Self::Facts;

    /// It has ended.
    fn end(&self, facts: &Self::Facts, begun: Instant, status: Option<StatusCode>);
}

/// Nothing, for which nothing is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoWork;

impl Work for NoWork {
    type Facts = ();

    fn begin(&self, _: &mut request::Parts) {}

    fn end(&self, (): &(), _: Instant, _: Option<StatusCode>) {}
}

/// Nothing; but what can be known of the request without allocating is read: method, route, scheme and version.
#[derive(Clone, Debug)]
pub(crate) struct Reads(Arc<Http<Server>>);

impl Reads {
    pub(crate) fn new() -> Self {
        Reads(Arc::new(ours::http()))
    }
}

impl Work for Reads {
    type Facts = HttpCall<Server>;

    fn begin(&self, request: &mut request::Parts) -> HttpCall<Server> {
        self.0.read(request)
    }

    fn end(&self, facts: &HttpCall<Server>, begun: Instant, status: Option<StatusCode>) {
        black_box((facts, begun, status));
    }
}

impl<A: Work, B: Work> Work for (A, B) {
    type Facts = (A::Facts, B::Facts);

    fn begin(&self, request: &mut request::Parts) -> Self::Facts {
        (self.0.begin(request), self.1.begin(request))
    }

    fn end(&self, facts: &Self::Facts, begun: Instant, status: Option<StatusCode>) {
        self.0.end(&facts.0, begun, status);
        self.1.end(&facts.1, begun, status);
    }
}

/// The layer.
#[derive(Clone, Debug)]
pub(crate) struct ToTheEnd<W>(pub(crate) W);

impl<S, W: Clone> Layer<S> for ToTheEnd<W> {
    type Service = Watched<S, W>;

    fn layer(&self, inner: S) -> Watched<S, W> {
        let work = self.0.clone();
        Watched { inner, work }
    }
}

/// Its service.
#[derive(Clone, Debug)]
pub(crate) struct Watched<S, W> {
    inner: S,
    work: W,
}

impl<S, W, B, R> Service<Request<B>> for Watched<S, W>
where
    S: Service<Request<B>, Response = Response<R>>,
    W: Work,
{
    type Response = Response<WatchedBody<R, W>>;
    type Error = S::Error;
    type Future = WatchedFuture<S::Future, W>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let call = Call {
            facts: self.work.begin(&mut parts),
            work: self.work.clone(),
            begun: Instant::now(),
            status: None,
        };
        WatchedFuture {
            inner: self.inner.call(Request::from_parts(parts, body)),
            call: Some(call),
        }
    }
}

/// One call. Its drop is its end.
struct Call<W: Work> {
    facts: W::Facts,
    work: W,
    begun: Instant,
    status: Option<StatusCode>,
}

impl<W: Work> Drop for Call<W> {
    fn drop(&mut self) {
        self.work.end(&self.facts, self.begun, self.status);
    }
}

pin_project! {
    /// The future of a [`Watched`] service.
    pub(crate) struct WatchedFuture<F, W: Work> {
        #[pin]
        inner: F,
        call: Option<Call<W>>,
    }
}

impl<F, E, R, W> Future for WatchedFuture<F, W>
where
    F: Future<Output = Result<Response<R>, E>>,
    W: Work,
{
    type Output = Result<Response<WatchedBody<R, W>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(cx))?;
        let mut call = this.call.take();
        if let Some(call) = &mut call {
            call.status = Some(response.status());
        }
        Poll::Ready(Ok(response.map(|inner| WatchedBody { inner, call })))
    }
}

pin_project! {
    /// The body of a watched response.
    pub(crate) struct WatchedBody<B, W: Work> {
        #[pin]
        inner: B,
        call: Option<Call<W>>,
    }
}

impl<B: Body, W: Work> Body for WatchedBody<B, W> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let polled = this.inner.poll_frame(cx);
        if let Poll::Ready(None | Some(Err(_))) = &polled {
            *this.call = None;
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
