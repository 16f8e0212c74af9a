//! The layer for services of reqwest's requests.

use std::fmt;
use std::task::{Context, Poll};

use reqwest::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;
use tower_telemetry_inject::Inject;
use tower_telemetry_observe::{Observation, Observe};
use tower_telemetry_semconv::{Client, Http, HttpCall};

use crate::ObservedResponse;
use crate::error_type::with_error_types;
use crate::request::{Shared, begin, idle, set_extensions, take_extensions};

/// Has the calls of a `Service<reqwest::Request>` observed, such as those of [`reqwest::Client`]. See the [crate's page](crate).
///
/// By default each call is a CLIENT span, whose context goes into the request's headers.
pub struct ReqwestLayer<O = Inject> {
    shared: Shared<O>,
}

impl<O: Observe<HttpCall<Client>>> ReqwestLayer<O> {
    /// Reads requests like this, and has their calls observed by this observer; several go in a tuple.
    pub fn new(http: Http<Client>, observer: O) -> Self {
        ReqwestLayer {
            shared: Shared::new((with_error_types(http), observer)),
        }
    }
}

impl Default for ReqwestLayer {
    /// Spans with the global tracer provider, and the global propagator or W3C trace context.
    fn default() -> Self {
        Self::new(Http::client(), Inject::new())
    }
}

impl<S, O> Layer<S> for ReqwestLayer<O> {
    type Service = ObservedReqwest<S, O>;

    fn layer(&self, inner: S) -> Self::Service {
        ObservedReqwest {
            inner,
            shared: self.shared.clone(),
        }
    }
}

/// A service of reqwest's requests whose calls are observed. Readiness, responses and errors are the inner service's.
pub struct ObservedReqwest<S, O = Inject> {
    inner: S,
    shared: Shared<O>,
}

impl<S, O> Service<Request> for ObservedReqwest<S, O>
where
    S: Service<Request, Response = Response>,
    S::Error: 'static,
    O: Observe<HttpCall<Client>> + Send + Sync + 'static,
    O::Watch: Send + Sync + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = ObservedResponse<S::Future, O>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        if idle(&self.shared) {
            return ObservedResponse::new(self.inner.call(request), Observation::over());
        }
        let mut extensions = take_extensions(&mut request);
        let mut observation = begin(&self.shared, &mut request, &mut extensions);
        set_extensions(&mut request, extensions);
        let answer = observation.in_scope(|| self.inner.call(request));
        ObservedResponse::new(answer, observation)
    }
}

impl<O> Clone for ReqwestLayer<O> {
    fn clone(&self) -> Self {
        ReqwestLayer {
            shared: self.shared.clone(),
        }
    }
}

impl<S: Clone, O> Clone for ObservedReqwest<S, O> {
    fn clone(&self) -> Self {
        ObservedReqwest {
            inner: self.inner.clone(),
            shared: self.shared.clone(),
        }
    }
}

impl<O> fmt::Debug for ReqwestLayer<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestLayer").finish_non_exhaustive()
    }
}

impl<S: fmt::Debug, O> fmt::Debug for ObservedReqwest<S, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObservedReqwest")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ReqwestMiddleware;

    #[test]
    fn the_debug_forms_show_the_inner_service_and_nothing_of_the_observers() {
        let layer = ReqwestLayer::default();
        assert_eq!(format!("{layer:?}"), "ReqwestLayer { .. }");
        let service = layer.layer("inner");
        assert_eq!(format!("{service:?}"), "ObservedReqwest { inner: \"inner\", .. }");
        assert_eq!(
            format!("{:?}", ReqwestMiddleware::default()),
            "ReqwestMiddleware { .. }"
        );
    }

    #[test]
    fn all_that_is_shared_between_threads_can_be() {
        fn assert_shared<T: Clone + Send + Sync + 'static>() {}
        assert_shared::<(ReqwestLayer, ReqwestMiddleware)>();
        assert_shared::<ObservedReqwest<reqwest::Client>>();
        fn assert_send<T: Send>() {}
        assert_send::<ObservedResponse<std::future::Pending<()>, Inject>>();
    }
}
