//! The layer and its service.

use std::fmt;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use crate::{
    CallName, Classify, ClassifyHttp, Observation, Observe, ObservedBody, ObservedFuture, Plain, PlainCall, Shared,
    contain,
};

/// Puts an observer around a service.
///
/// `C` reads and judges the calls, `O` watches them. Clones of a layer, and all services made by them, share both.
pub struct ObserveLayer<C, O> {
    shared: Shared<(C, O)>,
}

impl<C: Classify, O: Observe<C::Facts>> ObserveLayer<C, O> {
    /// Watches calls that `classify` understands with `observer`; several observers go in a tuple.
    pub fn new(classify: C, observer: O) -> Self {
        ObserveLayer {
            shared: Shared::new((classify, observer)),
        }
    }
}

impl<S, C, O> Layer<S> for ObserveLayer<C, O> {
    type Service = Observed<S, C, O>;

    fn layer(&self, inner: S) -> Self::Service {
        Observed {
            inner,
            shared: self.shared.clone(),
        }
    }
}

/// A service whose calls are watched. Readiness and errors are the inner service's.
///
/// With a [`ClassifyHttp`] it is a `Service<http::Request<_>>` whose response has an [`ObservedBody`]; with [`Plain`] it is a `Service` of
/// whatever the inner one takes and gives.
pub struct Observed<S, C, O> {
    inner: S,
    shared: Shared<(C, O)>,
}

impl<S, C, O, B, R> Service<Request<B>> for Observed<S, C, O>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: 'static,
    R: Body,
    C: ClassifyHttp,
    O: Observe<C::Facts>,
{
    type Response = Response<ObservedBody<R, C, O>>;
    type Error = S::Error;
    type Future = ObservedFuture<S::Future, C, O>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if idle(&self.shared.get().1) {
            return ObservedFuture::new(self.inner.call(request), Observation::over());
        }
        let (mut parts, body) = request.into_parts();
        let mut observation = Observation::begin_http(self.shared.hold(), &mut parts);
        let inner = observation.in_scope(|| self.inner.call(Request::from_parts(parts, body)));
        ObservedFuture::new(inner, observation)
    }
}

impl<S, N, O, R> Service<R> for Observed<S, Plain<N>, O>
where
    S: Service<R>,
    S::Error: 'static,
    N: CallName<R>,
    O: Observe<PlainCall>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ObservedFuture<S::Future, Plain<N>, O>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        if idle(&self.shared.get().1) {
            return ObservedFuture::new(self.inner.call(request), Observation::over());
        }
        let mut observation = match contain(|| self.shared.get().0.read(&request)) {
            Some(facts) => Observation::<Plain<N>, O>::begin(self.shared.hold(), facts),
            None => Observation::over(),
        };
        let inner = observation.in_scope(|| self.inner.call(request));
        ObservedFuture::new(inner, observation)
    }
}

fn idle<F>(observer: &impl Observe<F>) -> bool {
    contain(|| observer.idle()).unwrap_or(false)
}

impl<C, O> Clone for ObserveLayer<C, O> {
    fn clone(&self) -> Self {
        ObserveLayer {
            shared: self.shared.clone(),
        }
    }
}

impl<S: Clone, C, O> Clone for Observed<S, C, O> {
    fn clone(&self) -> Self {
        Observed {
            inner: self.inner.clone(),
            shared: self.shared.clone(),
        }
    }
}

impl<C, O> fmt::Debug for ObserveLayer<C, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObserveLayer").finish_non_exhaustive()
    }
}

impl<S: fmt::Debug, C, O> fmt::Debug for Observed<S, C, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observed")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_debug_forms_show_the_inner_service_and_nothing_of_classifier_and_observer() {
        let layer = ObserveLayer::new(Plain::new("call"), ());
        assert_eq!(format!("{layer:?}"), "ObserveLayer { .. }");
        let service = layer.layer("inner");
        assert_eq!(format!("{service:?}"), "Observed { inner: \"inner\", .. }");
    }
}
