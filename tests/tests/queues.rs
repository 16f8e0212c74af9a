//! A call that goes through a queue keeps its caller's context.

use std::convert::Infallible;

use axum::Router;
use axum::routing::post;
use futures_util::stream;
use http::{HeaderMap, Request, Response};
use http_body_util::Empty;
use opentelemetry::trace::{FutureExt, SpanId};
use opentelemetry_sdk::trace::SpanData;
use tonic::transport::Channel;
use tower::balance::p2c::Balance;
use tower::discover::Change;
use tower::load::Constant;
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_telemetry::propagate::CarryContextLayer;
use tower_telemetry_testkit::spans::{Recorder, is_parent};
use tower_telemetry_tests::{Server, traced_client};

/// A client at the far end of a queue.
fn far_end(
    recorder: &Recorder,
) -> impl Service<Request<()>, Response: Send, Error = Infallible, Future: Send> + Clone + Send + use<> {
    traced_client(recorder).layer(service_fn(|_: Request<()>| async {
        Ok::<_, Infallible>(Response::new(Empty::<&[u8]>::new()))
    }))
}

/// Makes a call within a span named `handler`, and returns that span and the client's.
async fn call_in_handler<S>(recorder: &Recorder, service: S) -> (SpanData, SpanData)
where
    S: Service<Request<()>>,
    S::Error: Into<BoxError>,
{
    let request = Request::get("http://shop.test/").body(()).expect("a request");
    let answered = service.oneshot(request).with_context(recorder.within("handler")).await;
    if let Err(error) = answered {
        panic!("no answer: {}", error.into());
    }
    (recorder.named("handler"), recorder.named("GET"))
}

#[tokio::test]
async fn a_buffers_worker_does_not_know_the_caller_and_the_carried_context_does() {
    let recorder = Recorder::new();
    let stack = ServiceBuilder::new()
        .buffer::<Request<()>>(8)
        .service(far_end(&recorder));
    let (_, lost) = call_in_handler(&recorder, stack).await;
    assert_eq!(lost.parent_span_id, SpanId::INVALID);

    let recorder = Recorder::new();
    let stack = ServiceBuilder::new()
        .layer(CarryContextLayer::new())
        .buffer::<Request<()>>(8)
        .service(far_end(&recorder));
    let (handler, call) = call_in_handler(&recorder, stack).await;
    assert!(is_parent(&handler, &call));
}

#[tokio::test]
async fn a_second_queue_does_not_lose_what_the_first_one_carried() {
    let recorder = Recorder::new();
    let stack = ServiceBuilder::new()
        .layer(CarryContextLayer::new())
        .buffer::<Request<()>>(8)
        .layer(CarryContextLayer::new())
        .buffer::<Request<()>>(8)
        .service(far_end(&recorder));
    let (handler, call) = call_in_handler(&recorder, stack).await;
    assert!(is_parent(&handler, &call));
}

#[tokio::test]
async fn a_balanced_set_of_clients_behind_a_buffer_finds_the_caller() {
    let recorder = Recorder::new();
    let client = far_end(&recorder);
    let found = (0..3).map(move |key| Ok::<_, Infallible>(Change::Insert(key, Constant::new(client.clone(), key))));
    let balance = Balance::new(Box::pin(stream::iter(found)));
    let stack = ServiceBuilder::new()
        .layer(CarryContextLayer::new())
        .buffer::<Request<()>>(8)
        .service(balance);
    let (handler, call) = call_in_handler(&recorder, stack).await;
    assert!(is_parent(&handler, &call));
}

#[tokio::test]
async fn a_channel_of_ones_own_finds_the_caller() {
    let recorder = Recorder::new();
    let (queue, mut jobs) = tokio::sync::mpsc::channel::<Request<()>>(1);
    let worker = tokio::spawn({
        let client = far_end(&recorder);
        async move { client.oneshot(jobs.recv().await.expect("a job")).await }
    });
    let submit = CarryContextLayer::new().layer(service_fn(move |request| {
        let queue = queue.clone();
        async move { queue.send(request).await.map(|()| Response::new(())) }
    }));
    let request = Request::get("http://shop.test/").body(()).expect("a request");
    let submitted = submit.oneshot(request).with_context(recorder.within("handler")).await;
    submitted.expect("the queue has room");
    worker.await.expect("the worker lives").expect("it answers");
    assert!(is_parent(&recorder.named("handler"), &recorder.named("GET")));
}

#[tokio::test]
async fn tonics_channel_sends_the_clients_span() {
    let recorder = Recorder::new();
    let echo = |headers: HeaderMap| async move { [("echo", headers["traceparent"].clone())] };
    let server = Server::start(Router::new().route("/shop.Orders/Place", post(echo))).await;

    let channel = Channel::from_shared(format!("http://{}", server.address))
        .expect("an address")
        .connect_lazy();
    let request = Request::post("/shop.Orders/Place")
        .body(tonic::body::Body::empty())
        .expect("a request");
    let response = traced_client(&recorder)
        .layer(channel)
        .oneshot(request)
        .with_context(recorder.within("handler"))
        .await
        .expect("the server answers");

    let (handler, call) = (recorder.named("handler"), recorder.named("POST"));
    assert!(is_parent(&handler, &call));
    let sent = response.headers()["echo"].to_str().expect("text");
    assert_eq!(sent[36..52], call.span_context.span_id().to_string());
}
