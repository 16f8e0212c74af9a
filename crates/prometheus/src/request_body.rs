//! The bytes of request bodies, as they are read.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Buf;
use http::{Extensions, Request};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

/// Nobody counts.
const UNCOUNTED: u64 = u64::MAX;

/// Where the bytes of one request's body are counted: left in its extensions by [`Metrics`](crate::Metrics) that want to know.
#[derive(Clone, Debug)]
pub(crate) struct RequestBytes(Arc<AtomicU64>);

impl RequestBytes {
    /// Asks who is further in to count.
    pub(crate) fn ask(extensions: &mut Extensions) -> Self {
        let new = || RequestBytes(Arc::new(AtomicU64::new(UNCOUNTED)));
        // Two layers of metrics share one.
        extensions.get_or_insert_with(new).clone()
    }

    /// How many there were, if somebody counted.
    pub(crate) fn counted(&self) -> Option<u64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|bytes| *bytes != UNCOUNTED)
    }

    fn begin(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

/// Counts the bytes of request bodies as the service reads them, for the metrics of a [`MetricsLayer`](crate::MetricsLayer) further out that
/// [measures bodies](crate::MetricsBuilder::with_bodies).
///
/// A layer of its own, since the body that the inner service gets becomes a [`CountedBody`]. Where no metrics ask, it does nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct CountRequestBodyLayer(());

impl CountRequestBodyLayer {
    /// The layer; it has no settings.
    pub fn new() -> Self {
        Self(())
    }
}

impl<S> Layer<S> for CountRequestBodyLayer {
    type Service = CountRequestBody<S>;

    fn layer(&self, inner: S) -> CountRequestBody<S> {
        CountRequestBody { inner }
    }
}

/// The service of [`CountRequestBodyLayer`].
#[derive(Clone, Copy, Debug)]
pub struct CountRequestBody<S> {
    inner: S,
}

impl<S, B> Service<Request<B>> for CountRequestBody<S>
where
    S: Service<Request<CountedBody<B>>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        // Taken: metrics further in, where the request may be passed on to, have a count of their own.
        let bytes = request.extensions_mut().remove::<RequestBytes>();
        if let Some(bytes) = &bytes {
            bytes.begin();
        }
        self.inner.call(request.map(|inner| CountedBody { inner, bytes }))
    }
}

pin_project! {
    /// A request body whose bytes are counted as they are read.
    #[derive(Debug)]
    pub struct CountedBody<B> {
        #[pin]
        inner: B,
        bytes: Option<RequestBytes>,
    }
}

impl<B: Body> Body for CountedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let polled = this.inner.poll_frame(cx);
        if let (Poll::Ready(Some(Ok(frame))), Some(bytes)) = (&polled, this.bytes) {
            if let Some(data) = frame.data_ref() {
                bytes.add(data.remaining());
            }
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
