//! reqwest's responses as `http` has them, and their bodies on the way to the caller.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::response;
use pin_project_lite::pin_project;
use reqwest::{Body, Response, ResponseBuilderExt};
use tower_telemetry_observe::{End, Failure, Interest, Observation, Observe, ObservedBody};
use tower_telemetry_semconv::{Client, Http, HttpCall};

type Observed<O> = Observation<Http<Client>, O>;

pin_project! {
    /// The future of an [`ObservedReqwest`](crate::ObservedReqwest) service.
    #[derive(Debug)]
    pub struct ObservedResponse<F, O: Observe<HttpCall<Client>>> {
        #[pin]
        inner: F,
        observation: Observed<O>,
    }
}

impl<F, O: Observe<HttpCall<Client>>> ObservedResponse<F, O> {
    pub(crate) fn new(inner: F, observation: Observed<O>) -> Self {
        ObservedResponse { inner, observation }
    }
}

impl<F, E, O> Future for ObservedResponse<F, O>
where
    F: Future<Output = Result<Response, E>>,
    E: 'static,
    O: Observe<HttpCall<Client>> + Send + Sync + 'static,
    O::Watch: Send + Sync + 'static,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let observation = this.observation;
        let polled = observation.in_scope(|| this.inner.poll(cx));
        if polled.is_pending() {
            observation.pending(cx);
        }
        let answered = ready!(polled);
        if let Err(error) = &answered {
            observation.end(End::Failed(Failure::Service(error)));
        }
        let observation = mem::replace(observation, Observation::over());
        Poll::Ready(answered.map(|response| watch(response, observation)))
    }
}

/// Tells of the head. The body is watched while somebody wants to hear of it: else the response is handed on as it came.
fn watch<O>(mut response: Response, mut observation: Observed<O>) -> Response
where
    O: Observe<HttpCall<Client>> + Send + Sync + 'static,
    O::Watch: Send + Sync + 'static,
{
    let (mut parts, ()) = http::Response::new(()).into_parts();
    parts.status = response.status();
    parts.version = response.version();
    swap(&mut parts, &mut response);
    observation.head(&mut parts);
    swap(&mut parts, &mut response);
    if observation.interest() < Interest::Everything {
        observation.end(End::Complete { trailers: None });
        return response;
    }
    let url = http::Response::builder().url(response.url().clone()).body(());
    let response = http::Response::<Body>::from(response);
    let mut response = response.map(|body| Body::wrap(ObservedBody::new(body, observation)));
    // reqwest takes the URL out of the extensions, which are then those that came.
    if let Ok(url) = url {
        response.extensions_mut().extend(url.into_parts().0.extensions);
    }
    Response::from(response)
}

/// Lent, not copied: whoever has them has all of them.
fn swap(parts: &mut response::Parts, response: &mut Response) {
    mem::swap(&mut parts.headers, response.headers_mut());
    mem::swap(&mut parts.extensions, response.extensions_mut());
}
