//! The routes of an axum router.
#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::routing::get;
use tower_service::Service;
use tower_telemetry_observe::ClassifyHttp;
use tower_telemetry_semconv::{Http, Route};

/// The route that a layer on all routes reads.
fn route(request: http::request::Builder) -> Option<String> {
    let seen = Arc::new(Mutex::new(None));
    let note = Arc::clone(&seen);
    let layer = from_fn(move |request: Request, next: Next| {
        let (mut parts, body) = request.into_parts();
        let call = Http::server().read(&mut parts);
        let before = note.lock().unwrap().replace(call.route().map(str::to_owned));
        assert_eq!(before, None, "read once");
        next.run(Request::from_parts(parts, body))
    });
    let ok = || get(async || "ok");
    let mut router = Router::new()
        .nest("/n", Router::new().route("/u/{id}", ok()))
        .route("/w/{*rest}", ok())
        .fallback(async || "fallback")
        .layer(layer);
    let mut response = router.call(request.body(Body::empty()).unwrap());
    let poll = std::pin::pin!(&mut response).poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(poll, Poll::Ready(Ok(_))));
    seen.lock().unwrap().take().unwrap()
}

#[test]
fn a_route_has_its_prefix_and_a_path_without_one_has_none() {
    let rows = [
        ("GET", "/n/u/42", Some("/n/u/{id}")),
        ("POST", "/n/u/42", Some("/n/u/{id}")),
        ("GET", "/w/a/b", Some("/w/{*rest}")),
        ("GET", "/other", None),
    ];
    for (method, target, expected) in rows {
        let request = http::Request::builder().method(method).uri(target);
        assert_eq!(route(request).as_deref(), expected, "{method} {target}");
    }
}

#[test]
fn a_given_route_wins_unless_it_is_empty() {
    for (given, expected) in [("/given", "/given"), ("", "/w/{*rest}")] {
        let request = http::Request::get("/w/a").extension(Route::new(given));
        assert_eq!(route(request).as_deref(), Some(expected));
    }
}
