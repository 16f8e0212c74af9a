//! The layer: credential headers marked, and a policy for all below.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::Sanitizer;

/// Marks headers that carry credentials as [sensitive](http::HeaderValue::is_sensitive), in requests and in responses, and puts its policy
/// into the request's extensions.
///
/// Layers that respect the mark, as tower-http's and this family's do, then show no such header, and HTTP/2 does not keep them in its
/// tables. Layers and handlers below find the policy as a [`Sanitizer`] in the request's extensions; the span layers of this family take it
/// from there, so that routes of one server can have policies of their own.
///
/// ```
/// use http::{Request, Response};
/// use tower::{Layer, Service, ServiceExt, service_fn};
/// use tower_telemetry_sanitize::{SanitizeLayer, Sanitizer};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut service = SanitizeLayer::new(Sanitizer::default()).layer(service_fn(|request: Request<()>| async move {
///     assert!(request.headers()["authorization"].is_sensitive());
///     assert!(request.extensions().get::<Sanitizer>().is_some());
///     Response::builder().header("set-cookie", "id=1").body(())
/// }));
/// let request = Request::get("/").header("authorization", "Bearer abc").body(())?;
/// let response = service.ready().await?.call(request).await?;
/// assert!(response.headers()["set-cookie"].is_sensitive());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct SanitizeLayer {
    sanitizer: Sanitizer,
}

impl SanitizeLayer {
    /// With this policy.
    pub fn new(sanitizer: Sanitizer) -> Self {
        SanitizeLayer { sanitizer }
    }
}

impl<S> Layer<S> for SanitizeLayer {
    type Service = Sanitize<S>;

    fn layer(&self, inner: S) -> Sanitize<S> {
        Sanitize {
            inner,
            sanitizer: self.sanitizer.clone(),
        }
    }
}

/// The service of a [`SanitizeLayer`].
#[derive(Clone, Debug)]
pub struct Sanitize<S> {
    inner: S,
    sanitizer: Sanitizer,
}

impl<S, B, R> Service<Request<B>> for Sanitize<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = SanitizeFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        self.sanitizer.mark_sensitive(request.headers_mut());
        request.extensions_mut().insert(self.sanitizer.clone());
        SanitizeFuture {
            inner: self.inner.call(request),
            sanitizer: self.sanitizer.clone(),
        }
    }
}

pin_project! {
    /// The future of a [`Sanitize`].
    #[derive(Debug)]
    pub struct SanitizeFuture<F> {
        #[pin]
        inner: F,
        sanitizer: Sanitizer,
    }
}

impl<F, R, E> Future for SanitizeFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let mut answer = ready!(this.inner.poll(cx));
        if let Ok(response) = &mut answer {
            this.sanitizer.mark_sensitive(response.headers_mut());
        }
        Poll::Ready(answer)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use tower::{ServiceExt, service_fn};

    use super::*;

    #[tokio::test]
    async fn the_innermost_policy_counts_and_other_headers_stay_as_they_are() {
        let inner = Sanitizer::builder()
            .with_credential_headers(["X-Partner-Key"])
            .build()
            .unwrap();
        let handler = service_fn(async |request: Request<()>| {
            let policy = request.extensions().get::<Sanitizer>().unwrap();
            assert!(
                policy
                    .header(&"x-partner-key".parse().unwrap(), &"v".parse().unwrap())
                    .as_deref()
                    == Some("REDACTED")
            );
            for (name, sensitive) in [("cookie", true), ("x-partner-key", true), ("accept", false)] {
                assert_eq!(request.headers()[name].is_sensitive(), sensitive, "{name}");
            }
            Ok::<_, Infallible>(Response::new(()))
        });
        let service = SanitizeLayer::default().layer(SanitizeLayer::new(inner).layer(handler));
        let request = Request::get("/")
            .header("cookie", "a")
            .header("x-partner-key", "b")
            .header("accept", "c");
        service.oneshot(request.body(()).unwrap()).await.unwrap();
    }

    #[tokio::test]
    async fn errors_pass() {
        let service =
            SanitizeLayer::default().layer(service_fn(async |_: Request<()>| Err::<Response<()>, _>("broken")));
        assert_eq!(service.oneshot(Request::new(())).await.unwrap_err(), "broken");
    }
}
