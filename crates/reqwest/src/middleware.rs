//! The middleware for reqwest-middleware.

use std::fmt;

use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Middleware, Next, Result};
use tower_telemetry_inject::Inject;
use tower_telemetry_observe::Observe;
use tower_telemetry_semconv::{Client, Http, HttpCall, ResendCount};

use crate::ObservedResponse;
use crate::error_type::with_error_types;
use crate::request::{Shared, begin, idle};

/// Has reqwest's calls observed, as a middleware of `reqwest-middleware`. See the [crate's page](crate).
///
/// By default each call is a CLIENT span, whose context goes into the request's headers.
pub struct ReqwestMiddleware<O = Inject> {
    shared: Shared<O>,
}

impl<O: Observe<HttpCall<Client>>> ReqwestMiddleware<O> {
    /// Reads requests like this, and has their calls observed by this observer; several go in a tuple.
    pub fn new(http: Http<Client>, observer: O) -> Self {
        ReqwestMiddleware {
            shared: Shared::new((with_error_types(http), observer)),
        }
    }
}

impl Default for ReqwestMiddleware {
    /// Spans with the global tracer provider, and the global propagator or W3C trace context.
    fn default() -> Self {
        Self::new(Http::client(), Inject::new())
    }
}

#[async_trait::async_trait]
impl<O> Middleware for ReqwestMiddleware<O>
where
    O: Observe<HttpCall<Client>> + Send + Sync + 'static,
    O::Watch: Send + Sync + 'static,
{
    async fn handle(&self, mut request: Request, extensions: &mut Extensions, next: Next<'_>) -> Result<Response> {
        if idle(&self.shared) {
            return next.run(request, extensions).await;
        }
        // All attempts of a call share its extensions.
        extensions.get_or_insert_default::<ResendCount>();
        let mut observation = begin(&self.shared, &mut request, extensions);
        let answer = observation.in_scope(|| next.run(request, extensions));
        ObservedResponse::new(answer, observation).await
    }
}

impl<O> Clone for ReqwestMiddleware<O> {
    fn clone(&self) -> Self {
        ReqwestMiddleware {
            shared: self.shared.clone(),
        }
    }
}

impl<O> fmt::Debug for ReqwestMiddleware<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestMiddleware").finish_non_exhaustive()
    }
}
