//! tower's own layers, on either side of this one.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get as route;
use http::{Request, Response, StatusCode};
use tokio::sync::Notify;
use tower::limit::ConcurrencyLimit;
use tower::load_shed::LoadShed;
use tower::load_shed::error::Overloaded;
use tower::timeout::{Timeout, error::Elapsed};
use tower::{BoxError, Layer, Service, ServiceExt};
use tower_telemetry_testkit::spans::{Recorder, assert_error, keys, text};
use tower_telemetry_tests::{Protocol, Server, ended, traced_client};

use crate::caller::{get, hyper, silent};

/// The server never answers, so that any limit is exceeded.
const SOON: Duration = Duration::from_millis(20);

#[tokio::test]
async fn a_timeout_within_the_layer_is_an_error_of_the_call() {
    let (server, _asked) = silent().await;
    let recorder = Recorder::new();
    let caller = traced_client(&recorder).layer(Timeout::new(hyper(Protocol::Http1), SOON));
    let error = caller.oneshot(get(server.address, "/")).await.expect_err("no answer");
    assert!(error.is::<Elapsed>());

    let span = ended(&recorder, 1).await.remove(0);
    assert_error(&span, Some("timeout"));
    assert!(!keys(&span).contains(&"http.response.status_code"));
}

#[tokio::test]
async fn a_timeout_around_the_layer_drops_the_call_which_is_no_error() {
    let (server, _asked) = silent().await;
    let recorder = Recorder::new();
    let caller = Timeout::new(traced_client(&recorder).layer(hyper(Protocol::Http1)), SOON);
    let error = caller.oneshot(get(server.address, "/")).await.expect_err("no answer");
    assert!(error.is::<Elapsed>());

    assert_error(&ended(&recorder, 1).await[0], None);
}

/// Answers the first request when it is told to; says when it has been asked.
async fn holding() -> (Server, Arc<Notify>, Arc<Notify>) {
    let (asked, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (ask, wait) = (Arc::clone(&asked), Arc::clone(&go));
    let handler = move || {
        ask.notify_one();
        Arc::clone(&wait).notified_owned()
    };
    (Server::start(Router::new().route("/", route(handler))).await, asked, go)
}

/// Makes a call, and a second one while the first is under way. The second is shed.
async fn make_two<S, B>(caller: S)
where
    S: Service<Request<Body>, Response = Response<B>, Error = BoxError> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
{
    let (server, asked, go) = holding().await;
    let first = tokio::spawn(caller.clone().oneshot(get(server.address, "/")));
    asked.notified().await;
    let error = caller
        .oneshot(get(server.address, "/"))
        .await
        .err()
        .expect("one at a time");
    assert!(error.is::<Overloaded>());
    go.notify_one();
    let answer = first.await.expect("no panic").expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_call_that_is_shed_within_the_layer_is_overloaded() {
    let recorder = Recorder::new();
    let limited = ConcurrencyLimit::new(hyper(Protocol::Http1), 1);
    make_two(traced_client(&recorder).layer(LoadShed::new(limited))).await;

    let [shed, first] = &ended(&recorder, 2).await[..] else {
        unreachable!()
    };
    assert_error(shed, Some("overloaded"));
    assert!(!keys(shed).contains(&"http.response.status_code"));
    assert_error(first, None);
    assert_eq!(text(first, "http.response.status_code").as_deref(), Some("200"));
}

#[tokio::test]
async fn a_call_that_is_shed_around_the_layer_is_never_made() {
    let recorder = Recorder::new();
    let limited = traced_client(&recorder).layer(ConcurrencyLimit::new(hyper(Protocol::Http1), 1));
    make_two(LoadShed::new(limited)).await;

    let span = ended(&recorder, 1).await.remove(0);
    assert_eq!(text(&span, "http.response.status_code").as_deref(), Some("200"));
}
