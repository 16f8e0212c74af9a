//! The same telemetry written by hand into the handler and into the client, with stock parts and no layer.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll};

use http::header::{HOST, USER_AGENT};
use http::{HeaderMap, Request, Response};
use opentelemetry::global::{self, BoxedTracer};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{SpanKind, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracer;
use tower::{Layer, Service};

use crate::provider::provider;
use crate::workload::{ADDRESS, Handler, PORT, ROUTE, URL};

/// How the context gets out of headers and into them.
#[derive(Clone, Copy, Debug)]
enum Propagator {
    Stock,
    Global,
}

impl Propagator {
    fn extract(self, headers: &HeaderMap) -> Context {
        let headers = HeaderExtractor(headers);
        match self {
            Propagator::Stock => TraceContextPropagator::new().extract(&headers),
            Propagator::Global => global::get_text_map_propagator(|global| global.extract(&headers)),
        }
    }
}

/// A server's handler that makes its own span.
#[derive(Debug)]
pub(crate) struct Server<T> {
    tracer: Arc<T>,
    propagator: Propagator,
}

impl Server<SdkTracer> {
    /// With a tracer of the SDK and the stock propagator.
    pub(crate) fn stock() -> Self {
        Server {
            tracer: Arc::new(provider().tracer("benches")),
            propagator: Propagator::Stock,
        }
    }
}

impl Server<BoxedTracer> {
    /// With whatever is installed globally.
    pub(crate) fn untold() -> Self {
        Server {
            tracer: Arc::new(global::tracer("benches")),
            propagator: Propagator::Global,
        }
    }
}

impl<T> Clone for Server<T> {
    fn clone(&self) -> Self {
        Server {
            tracer: Arc::clone(&self.tracer),
            propagator: self.propagator,
        }
    }
}

impl<T, B> Service<Request<B>> for Server<T>
where
    T: Tracer<Span: Send + Sync + 'static>,
{
    type Response = <Handler as Service<Request<B>>>::Response;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Task<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Answering {
        let parent = self.propagator.extract(request.headers());
        let header = |name| request.headers().get(name)?.to_str().ok();
        let (host, port) = header(HOST).and_then(|host| host.split_once(':')).unwrap_or_default();
        let agent = header(USER_AGENT).unwrap_or_default();
        let mut attributes = Vec::with_capacity(9);
        attributes.extend([
            KeyValue::new("http.request.method", "GET"),
            KeyValue::new("url.path", request.uri().path().to_owned()),
            KeyValue::new("url.scheme", "http"),
            KeyValue::new("http.route", ROUTE),
            KeyValue::new("server.address", host.to_owned()),
            KeyValue::new("server.port", port.parse().unwrap_or(80_i64)),
            KeyValue::new("network.protocol.version", "1.1"),
            KeyValue::new("user_agent.original", agent.to_owned()),
        ]);
        let span = self
            .tracer
            .span_builder("GET /users/{id}")
            .with_kind(SpanKind::Server)
            .with_attributes(attributes);
        let span = self.tracer.build_with_context(span, &parent);
        Answering(parent.with_span(span))
    }
}

/// The future of a [`Server`].
#[derive(Debug)]
pub(crate) struct Answering(Context);

impl Future for Answering {
    type Output = Result<<Handler as Service<Request<()>>>::Response, Infallible>;

    fn poll(self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<Self::Output> {
        let _current = self.0.clone().attach();
        let response = Handler::answer();
        let span = self.0.span();
        span.set_attribute(status(&response));
        span.end();
        Poll::Ready(Ok(response))
    }
}

/// A client's call that makes its own span.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    tracer: SdkTracer,
}

impl Client {
    /// With a tracer of the SDK and the stock propagator.
    pub(crate) fn stock() -> Self {
        Client {
            tracer: provider().tracer("benches"),
        }
    }
}

impl<S> Layer<S> for Client {
    type Service = Calling<S>;

    fn layer(&self, inner: S) -> Calling<S> {
        let tracer = self.tracer.clone();
        Calling { inner, tracer }
    }
}

/// The service of a [`Client`].
#[derive(Clone, Debug)]
pub(crate) struct Calling<S> {
    inner: S,
    tracer: SdkTracer,
}

impl<S, B, R> Service<Request<B>> for Calling<S>
where
    S: Service<Request<B>, Response = Response<R>, Error = Infallible, Future: Unpin>,
{
    type Response = Response<R>;
    type Error = Infallible;
    type Future = Called<S::Future>;

    fn poll_ready(&mut self, cx: &mut Task<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let mut attributes = Vec::with_capacity(6);
        attributes.extend([
            KeyValue::new("http.request.method", "GET"),
            KeyValue::new("url.full", URL.to_owned()),
            KeyValue::new("server.address", ADDRESS.to_owned()),
            KeyValue::new("server.port", i64::from(PORT)),
        ]);
        let span = self
            .tracer
            .span_builder("GET")
            .with_kind(SpanKind::Client)
            .with_attributes(attributes);
        let current = Context::current();
        let span = self.tracer.build_with_context(span, &current);
        let cx = current.with_span(span);
        let mut headers = HeaderInjector(request.headers_mut());
        TraceContextPropagator::new().inject_context(&cx, &mut headers);
        let inner = self.inner.call(request);
        Called { inner, cx }
    }
}

/// The future of a [`Client`].
#[derive(Debug)]
pub(crate) struct Called<F> {
    inner: F,
    cx: Context,
}

impl<F, R> Future for Called<F>
where
    F: Future<Output = Result<Response<R>, Infallible>> + Unpin,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<Self::Output> {
        let polled = Pin::new(&mut self.inner).poll(cx);
        if let Poll::Ready(Ok(response)) = &polled {
            let span = self.cx.span();
            span.set_attribute(status(response));
            span.set_attribute(KeyValue::new("network.protocol.version", "1.1"));
            span.end();
        }
        polled
    }
}

fn status<R>(response: &Response<R>) -> KeyValue {
    KeyValue::new("http.response.status_code", i64::from(response.status().as_u16()))
}
