//! Redirects followed outside the client layer: a span per hop, and no hop is told what it may not know.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{HeaderMap, Request, StatusCode, header::LOCATION};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use opentelemetry::baggage::BaggageExt;
use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry::trace::FutureExt;
use opentelemetry::{Context, KeyValue};
use tower::{Layer, ServiceBuilder, ServiceExt};
use tower_http::follow_redirect::FollowRedirectLayer;
use tower_telemetry::propagate::{Outbound, Propagation, W3c, W3cBaggage};
use tower_telemetry_testkit::spans::{Recorder, text};
use tower_telemetry_tests::{Server, traced_client};

#[tokio::test]
async fn another_origin_is_not_sent_what_the_first_one_was() {
    let seen: Arc<Mutex<Vec<HeaderMap>>> = Arc::default();
    let note = {
        let seen = Arc::clone(&seen);
        move |headers: HeaderMap| seen.lock().expect("not poisoned").push(headers)
    };
    let first = note.clone();
    let app = Router::new()
        .route(
            "/start",
            get(|headers: HeaderMap| async move {
                // The same server under another name.
                let host = headers["host"].to_str().expect("text");
                let elsewhere = format!("http://{}/end", host.replace("127.0.0.1", "localhost"));
                first(headers);
                (StatusCode::FOUND, [(LOCATION, elsewhere)])
            }),
        )
        .route("/end", get(|headers: HeaderMap| async move { note(headers) }));
    let server = Server::start(app).await;

    let recorder = Recorder::new();
    let both = TextMapCompositePropagator::new(vec![Box::new(W3c), Box::new(W3cBaggage)]);
    let traced = traced_client(&recorder)
        .with_propagation(Propagation::new(both))
        .with_outbound(Outbound::default().with_trace_context_to(["127.0.0.1"]));
    let stack = ServiceBuilder::new()
        .layer(FollowRedirectLayer::new())
        .service(traced.layer(Client::builder(TokioExecutor::new()).build_http::<Body>()));
    let request = Request::get(format!("http://{}/start", server.address))
        .body(Body::empty())
        .expect("a request");
    let cx = Context::new().with_baggage([KeyValue::new("tenant", "7")]);
    let response = stack
        .oneshot(request)
        .with_context(cx)
        .await
        .expect("the server answers");
    assert_eq!(response.status(), StatusCode::OK);

    let seen = seen.lock().expect("not poisoned");
    let told = |headers: &HeaderMap| ["traceparent", "baggage"].map(|name| headers.contains_key(name));
    assert_eq!(
        seen.iter().map(told).collect::<Vec<_>>(),
        [[true, true], [false, false]]
    );
    let hosts: Vec<_> = recorder
        .spans()
        .iter()
        .map(|span| text(span, "server.address"))
        .collect();
    assert_eq!(hosts, [Some("127.0.0.1".to_owned()), Some("localhost".to_owned())]);
}
