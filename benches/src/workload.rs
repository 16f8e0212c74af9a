//! What every contender has to do: answer, or send, `GET /users/42`.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{HOST, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Uri};
use http_body::Body;
use http_body_util::{Empty, Full};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use tower::Service;
use tower_telemetry::semconv::Route;

/// The route of the request.
pub(crate) const ROUTE: &str = "/users/{id}";
/// The body of the response.
pub(crate) const BODY: &str = "{\"name\":\"Ada\"}";
/// The host that is asked.
pub(crate) const ADDRESS: &str = "users.example";
/// The port that is asked.
pub(crate) const PORT: u16 = 8080;
/// The URL that a client asks for.
pub(crate) const URL: &str = "http://users.example:8080/users/42";

const AUTHORITY: &str = "users.example:8080";
const AGENT: &str = "curl/8.5.0";

/// Whether the caller samples its trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    Sampled,
    Unsampled,
}

impl Caller {
    /// The header of its trace.
    pub(crate) fn traceparent(self) -> &'static str {
        match self {
            Caller::Sampled => "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            Caller::Unsampled => "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
        }
    }

    /// The request that a server gets from it.
    pub(crate) fn request(self) -> Request<Empty<Bytes>> {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = Uri::from_static("/users/42");
        say_who(request.headers_mut());
        request.headers_mut().insert(
            HeaderName::from_static("traceparent"),
            HeaderValue::from_static(self.traceparent()),
        );
        request
    }

    /// The same, with the route that the router in front has found.
    pub(crate) fn routed_request(self) -> Request<Empty<Bytes>> {
        let mut request = self.request();
        request.extensions_mut().insert(Route::new(ROUTE));
        request
    }

    /// The context in which a client makes its call.
    pub(crate) fn context(self) -> opentelemetry::Context {
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

/// The request that a client sends. Its headers have room for more, as those of a request that was just built have.
pub(crate) fn outgoing() -> Request<Empty<Bytes>> {
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = Uri::from_static(URL);
    say_who(request.headers_mut());
    request
}

fn say_who(headers: &mut HeaderMap) {
    headers.insert(HOST, HeaderValue::from_static(AUTHORITY));
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
}

/// The innermost service: answers 200.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Handler {
    /// With a small body.
    AtOnce,
    /// The same, but at the second poll.
    AtSecondPoll,
    /// Never.
    Never,
}

impl Handler {
    /// Its answer.
    pub(crate) fn answer() -> Response<Full<Bytes>> {
        Response::new(Full::new(Bytes::from_static(BODY.as_bytes())))
    }
}

impl<B> Service<Request<B>> for Handler {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Answer {
        Answer(*self)
    }
}

/// The future of a [`Handler`].
#[derive(Debug)]
pub(crate) struct Answer(Handler);

impl Future for Answer {
    type Output = Result<Response<Full<Bytes>>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        match self.0 {
            Handler::AtOnce => Poll::Ready(Ok(Handler::answer())),
            Handler::AtSecondPoll => {
                self.0 = Handler::AtOnce;
                Poll::Pending
            }
            Handler::Never => Poll::Pending,
        }
    }
}

/// A body of small frames that never ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Endless;

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    // Else the bare stack's loop does nothing at all, which no body can.
    #[inline(never)]
    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        let data = Bytes::from_static(BODY.as_bytes());
        Poll::Ready(Some(Ok(http_body::Frame::data(data))))
    }
}
