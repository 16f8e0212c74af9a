//! What the tests share: time that stands still, and the lines that were written.
#![allow(dead_code, reason = "no test needs all of it")]

use std::convert::Infallible;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http::{Request, Response};
use http_body_util::BodyExt;
use tokio::runtime::Builder;
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_telemetry_semconv::{HttpCall, Route, Server};
use tower_telemetry_slow::{Slow, SlowLayer};
use tower_telemetry_testkit::{Log, Script, Step};

pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Runs this while the clock stands still but for its sleeps, and returns the lines from their level on.
pub(crate) fn lines(scenario: impl Future<Output = ()>) -> Vec<String> {
    log(|| {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(scenario);
    })
}

/// The lines of this, from their level on.
pub(crate) fn log(scenario: impl FnOnce()) -> Vec<String> {
    let lines = Log::of(scenario).into_iter();
    let without_time = |line: String| {
        line.trim_start()
            .split_once(' ')
            .map(|(_, line)| line.trim().to_owned())
    };
    lines.filter_map(without_time).collect()
}

/// The value of a field in a line.
pub(crate) fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (_, behind) = line.split_once(&format!(" {name}="))?;
    match behind.strip_prefix('"') {
        Some(text) => text.split('"').next(),
        None => behind.split(' ').next(),
    }
}

/// All values of a field.
pub(crate) fn fields<'a>(lines: &'a [String], name: &str) -> Vec<&'a str> {
    lines.iter().map(|line| field(line, name).unwrap_or("-")).collect()
}

/// By tokio's clock.
pub(crate) fn paused<F>(slow: impl Into<Slow<F>>) -> Slow<F> {
    slow.into().with_clock(|| tokio::time::Instant::now().into_std())
}

/// A clock that is set by hand.
#[derive(Clone)]
pub(crate) struct Hand(Arc<Mutex<Instant>>);

impl Hand {
    pub(crate) fn new() -> Self {
        Hand(Arc::new(Mutex::new(Instant::now())))
    }

    pub(crate) fn clock(&self) -> impl Fn() -> Instant + Send + Sync + 'static {
        let hand = self.clone();
        move || *hand.0.lock().unwrap()
    }

    pub(crate) fn turn(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

/// What a handler does: so long to the head, so long in the body, and then a body of these steps.
#[derive(Clone)]
pub(crate) struct Act {
    pub(crate) to_head: Duration,
    pub(crate) status: u16,
    pub(crate) body: Vec<Step>,
}

impl Act {
    pub(crate) fn of(to_head: Duration) -> Self {
        Act {
            to_head,
            status: 200,
            body: vec![Step::Data(5)],
        }
    }
}

/// A server that does as its request says.
pub(crate) fn server(
    slow: impl Into<Slow<HttpCall<Server>>>,
) -> impl Service<
    Request<Act>,
    Response = Response<impl http_body::Body<Data: Send, Error: std::fmt::Debug>>,
    Error = Infallible,
    Future: Send,
> + Clone {
    SlowLayer::server(slow).layer(service_fn(|request: Request<Act>| async move {
        let act = request.into_body();
        if !act.to_head.is_zero() {
            tokio::time::sleep(act.to_head).await;
        }
        let mut response = Response::new(Script::new(act.body));
        *response.status_mut() = http::StatusCode::from_u16(act.status).unwrap();
        Ok::<_, Infallible>(response)
    }))
}

pub(crate) fn get(route: &'static str, act: Act) -> Request<Act> {
    let request = Request::get("/path?sig=SECRET").extension(Route::new(route));
    request.body(act).unwrap()
}

/// Makes the call, and reads the answer to its end.
pub(crate) async fn served<S, B>(service: &S, request: Request<Act>)
where
    S: Service<Request<Act>, Response = Response<B>, Error = Infallible> + Clone,
    B: http_body::Body<Error: std::fmt::Debug>,
{
    let response = service.clone().oneshot(request).await.unwrap();
    let _ = response.into_body().collect().await;
}
