//! What every contender has to do: answer, or send, `GET /users/42`.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{HOST, USER_AGENT};
use http::{HeaderName, HeaderValue, Request, Response, Uri};
use http_body_util::{Empty, Full};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, Span, SpanData, SpanProcessor};
use tower::Service;
use tower_telemetry::semconv::Route;

/// The route of the request.
pub const ROUTE: &str = "/users/{id}";

const SAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const UNSAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

/// Whether the caller samples its trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    Sampled,
    Unsampled,
}

impl Caller {
    fn traceparent(self) -> &'static str {
        match self {
            Caller::Sampled => SAMPLED,
            Caller::Unsampled => UNSAMPLED,
        }
    }

    /// The request that a server gets from it.
    pub fn request(self) -> Request<Empty<Bytes>> {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = Uri::from_static("/users/42");
        let headers = request.headers_mut();
        headers.insert(HOST, HeaderValue::from_static("users.example:8080"));
        headers.insert(USER_AGENT, HeaderValue::from_static("curl/8.5.0"));
        headers.insert(
            HeaderName::from_static("traceparent"),
            HeaderValue::from_static(self.traceparent()),
        );
        request
    }

    /// The same, with the route that the router in front has found.
    pub fn routed_request(self) -> Request<Empty<Bytes>> {
        let mut request = self.request();
        request.extensions_mut().insert(Route::new(ROUTE));
        request
    }

    /// The context in which a client makes its call.
    pub fn context(self) -> opentelemetry::Context {
        let flags = match self {
            Caller::Sampled => TraceFlags::SAMPLED,
            Caller::Unsampled => TraceFlags::default(),
        };
        opentelemetry::Context::new().with_remote_span_context(SpanContext::new(
            TraceId::from(0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c),
            SpanId::from(0xb7ad_6b71_6920_3331),
            flags,
            true,
            TraceState::default(),
        ))
    }
}

/// The request that a client sends, with room for the headers that a layer may add.
pub fn outgoing() -> Request<Empty<Bytes>> {
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = Uri::from_static("http://users.example:8080/users/42");
    let headers = request.headers_mut();
    headers.insert(HOST, HeaderValue::from_static("users.example:8080"));
    headers.insert(USER_AGENT, HeaderValue::from_static("curl/8.5.0"));
    request
}

/// The innermost service: answers 200 with a small body.
#[derive(Clone, Copy, Debug)]
pub struct Handler {
    /// When it answers.
    pub answers: Answers,
}

/// When the innermost service answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    AtOnce,
    Never,
}

impl<B> Service<Request<B>> for Handler {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Answer {
        Answer(self.answers)
    }
}

/// The future of the innermost service.
#[derive(Debug)]
pub struct Answer(Answers);

impl Future for Answer {
    type Output = Result<Response<Full<Bytes>>, Infallible>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        match self.0 {
            Answers::AtOnce => Poll::Ready(Ok(Response::new(Full::new(Bytes::from_static(
                b"{\"name\":\"Ada\"}",
            ))))),
            Answers::Never => Poll::Pending,
        }
    }
}

/// A provider of the SDK that drops every span at its end.
pub fn provider() -> SdkTracerProvider {
    SdkTracerProvider::builder()
        .with_span_processor(Dropping)
        .build()
}

#[derive(Debug)]
struct Dropping;

impl SpanProcessor for Dropping {
    fn on_start(&self, _: &mut Span, _: &opentelemetry::Context) {}

    fn on_end(&self, _: SpanData) {}

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: std::time::Duration) -> OTelSdkResult {
        Ok(())
    }
}
