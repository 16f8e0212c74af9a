//! A server whose answers are scripted, and whose metrics are read.

use std::future::{Ready, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use http_body::Body;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tower::{Layer, Service};
use tower_telemetry_observe::{ClassifyHttp, Observe};
use tower_telemetry_prometheus::{AppLabels, Http, HttpCall, Metrics, MetricsBuilder, MetricsLayer, Route, Server};
use tower_telemetry_testkit::{Answer, Never, Script, Step, call};

/// Metrics that count, and the registry that shows them.
pub(crate) struct Counted<L: AppLabels> {
    pub(crate) registry: Registry,
    pub(crate) metrics: Metrics<HttpCall<Server>, L>,
}

impl<L: AppLabels> Counted<L> {
    pub(crate) fn new(builder: MetricsBuilder<HttpCall<Server>, L>) -> Self {
        let mut registry = Registry::default();
        let metrics = builder.register(&mut registry).expect("new names");
        Counted { registry, metrics }
    }

    pub(crate) fn layer(&self) -> MetricsLayer<Http<Server>, L> {
        self.metrics.clone().layer(Http::server())
    }

    /// Answers this request with this response, and reads it to its end, if it has one.
    pub(crate) fn exchange(&self, request: Request<()>, response: Response<Script>) {
        read(call(&mut self.layer().layer(Answer::new(response)), request));
    }

    /// All lines, without comments.
    pub(crate) fn lines(&self) -> Vec<String> {
        lines(&self.registry)
    }

    /// The value of the series whose line begins like this.
    pub(crate) fn value(&self, series: &str) -> Option<f64> {
        let lines = self.lines();
        let line = lines
            .iter()
            .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        line.map(|value| value.parse().expect("a number"))
    }

    /// Asserts that these lines are there, and no other ones that begin like this.
    pub(crate) fn assert_lines(&self, begin: &str, expected: &[&str]) {
        let mut lines = self.lines();
        lines.retain(|line| line.starts_with(begin));
        lines.sort();
        let mut expected: Vec<_> = expected.iter().map(|line| format!("{begin}{line}")).collect();
        expected.sort();
        assert_eq!(lines, expected, "{}", self.lines().join("\n"));
    }
}

pub(crate) fn lines(registry: &Registry) -> Vec<String> {
    let mut text = String::new();
    encode(&mut text, registry).expect("text");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

/// A request for a route.
pub(crate) fn get(route: &'static str) -> Request<()> {
    Request::get("/path")
        .extension(Route::new(route))
        .body(())
        .expect("a request")
}

pub(crate) fn script(steps: impl IntoIterator<Item = Step>) -> Response<Script> {
    Response::new(Script::new(steps))
}

/// Reads a body until it ends, fails, panics or has to wait, and drops it.
pub(crate) fn read<B: Body>(response: Response<B>) {
    let mut body = Box::pin(response.into_body());
    let mut frame = || match body.as_mut().poll_frame(&mut context()) {
        Poll::Ready(Some(Ok(_))) => true,
        Poll::Ready(Some(Err(_)) | None) | Poll::Pending => false,
    };
    while catch_unwind(AssertUnwindSafe(&mut frame)).unwrap_or(false) {}
}

pub(crate) fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

/// Drops a call that waits for its answer.
pub(crate) fn hang_up<C, O>(layer: &impl Layer<Never, Service = tower_telemetry_observe::Observed<Never, C, O>>)
where
    C: ClassifyHttp,
    O: Observe<C::Facts>,
{
    let mut service = layer.layer(Never);
    let future = Box::pin(service.call(get("/a")));
    let mut future: Pin<Box<_>> = future;
    assert!(future.as_mut().poll(&mut context()).is_pending());
}

/// Fails with this error.
#[derive(Clone)]
pub(crate) struct Fails<E>(pub(crate) E);

impl<E: Clone> Service<Request<()>> for Fails<E> {
    type Response = Response<Script>;
    type Error = E;
    type Future = Ready<Result<Response<Script>, E>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Err(self.0.clone()))
    }
}
