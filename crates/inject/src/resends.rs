//! Counts the attempts of a request that is sent again.

use std::task::{Context, Poll};

use http::Request;
use tower_layer::Layer;
use tower_service::Service;
use tower_telemetry_semconv::ResendCount;

/// Has the attempts of each request counted, with a [`ResendCount`] in its extensions. It goes outside of what sends requests again, an
/// [`InjectLayer`](crate::InjectLayer) inside.
///
/// ```
/// use tower::ServiceBuilder;
/// use tower_telemetry_inject::{CountResendsLayer, InjectLayer};
///
/// # fn stack<P: Clone>(policy: P) {
/// let stack = ServiceBuilder::new()
///     .layer(CountResendsLayer::new())
///     .retry(policy)
///     .layer(InjectLayer::new());
/// # let _ = stack;
/// # }
/// ```
///
/// A request that has a count keeps it.
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

impl<S, B> Service<Request<B>> for CountResends<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        request.extensions_mut().get_or_insert_default::<ResendCount>();
        self.inner.call(request)
    }
}
