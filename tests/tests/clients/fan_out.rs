//! Many calls of one parent.

use std::collections::HashSet;

use axum::Router;
use axum::routing::get as route;
use http::{HeaderMap, HeaderValue};
use http_body_util::BodyExt;
use opentelemetry::trace::{FutureExt, SpanKind, TraceContextExt};
use tower::ServiceExt;
use tower_telemetry::span::SpanEnd;
use tower_telemetry_testkit::spans::{Recorder, is_parent};
use tower_telemetry_tests::{BOTH, Protocol, Server, ended, traced_server};

use crate::caller::{get, traced};

/// As an earlier call left it in the headers.
const STALE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_calls_at_once_are_children_of_one_parent_with_ids_of_their_own() {
    let recorder = Recorder::new();
    let router = Router::new().route("/", route(async || "said"));
    let server = Server::start(router.layer(traced_server(&recorder))).await;
    let caller = traced(&recorder, Protocol::Http2, SpanEnd::Head);

    let cx = recorder.within("fan out");
    let call = |_| {
        let call = caller.clone().oneshot(get(server.address, "/"));
        tokio::spawn(
            async { call.await?.into_body().collect().await.map_err(anyhow::Error::from) }.with_context(cx.clone()),
        )
    };
    let calls: Vec<_> = (0..1_000).map(call).collect();
    for call in calls {
        call.await.expect("no panic").expect("an answer");
    }
    cx.span().end();

    let spans = ended(&recorder, 2_001).await;
    let of_kind = |kind| spans.iter().filter(move |span| span.span_kind == kind);
    let parent = of_kind(SpanKind::Internal).next().expect("the parent");
    assert!(of_kind(SpanKind::Client).all(|call| is_parent(parent, call)));
    let called: HashSet<_> = of_kind(SpanKind::Client)
        .map(|call| call.span_context.span_id())
        .collect();
    let served: HashSet<_> = of_kind(SpanKind::Server).map(|call| call.parent_span_id).collect();
    assert_eq!(called.len(), 1_000);
    assert_eq!(called, served, "each call was served as a child of its own");
}

#[tokio::test]
async fn headers_that_are_sent_twice_are_replaced_each_time() {
    let echo = async |headers: HeaderMap| {
        let sent: Vec<_> = headers
            .get_all("traceparent")
            .iter()
            .map(|value| value.to_str().expect("text").to_owned())
            .collect();
        sent.join(" ")
    };
    let server = Server::start(Router::new().route("/", route(echo))).await;
    for protocol in BOTH {
        let recorder = Recorder::new();
        let caller = traced(&recorder, protocol, SpanEnd::Head);
        for sending in 1..=2 {
            let mut stale = get(server.address, "/");
            stale
                .headers_mut()
                .insert("traceparent", HeaderValue::from_static(STALE));
            let answer = caller.clone().oneshot(stale).await.expect("an answer");
            let sent = answer.into_body().collect().await.expect("a body").to_bytes();
            let context = ended(&recorder, sending).await.remove(sending - 1).span_context;
            assert_eq!(sent, format!("00-{}-{}-01", context.trace_id(), context.span_id()));
        }
    }
}
