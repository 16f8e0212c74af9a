//! Counts the attempts of a request that is sent again.

use std::task::{Context, Poll};

use reqwest::Request;
use tower_layer::Layer;
use tower_service::Service;
use tower_telemetry_semconv::ResendCount;

use crate::request::{set_extensions, take_extensions};

/// Has the attempts of each request counted, for services of reqwest's requests. It goes outside of what sends requests again, such as
/// `tower::retry`, a [`ReqwestLayer`](crate::ReqwestLayer) inside. [`ReqwestMiddleware`](crate::ReqwestMiddleware) needs none.
///
/// A request that has a [`ResendCount`] keeps it.
#[derive(Clone, Copy, Debug, Default)]
pub struct CountResendsLayer(());

impl CountResendsLayer {
    /// The layer; it has no settings.
    pub fn new() -> Self {
        Self(())
    }
}

impl<S> Layer<S> for CountResendsLayer {
    type Service = CountResends<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CountResends { inner }
    }
}

/// The service of [`CountResendsLayer`].
#[derive(Clone, Copy, Debug)]
pub struct CountResends<S> {
    inner: S,
}

impl<S: Service<Request>> Service<Request> for CountResends<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> S::Future {
        let mut extensions = take_extensions(&mut request);
        extensions.get_or_insert_default::<ResendCount>();
        set_extensions(&mut request, extensions);
        self.inner.call(request)
    }
}
