//! What single requests want.

use http::Request;
use opentelemetry::KeyValue;
use opentelemetry::trace::{FutureExt, TraceContextExt};
use reqwest_middleware::ClientBuilder;
use tower_telemetry::propagate::NoPropagation;
use tower_telemetry::semconv::UrlTemplate;
use tower_telemetry::span::RequestSpan;
use tower_telemetry_testkit::spans::{Recorder, is_parent, text};
use tower_telemetry_tests::ended;

use crate::caller::{BOTH_WAYS, inject, middleware, plain};
use crate::site::Site;

#[tokio::test]
async fn a_request_without_a_span_carries_the_context_around_it() {
    for way in BOTH_WAYS {
        let site = Site::open().await;
        let recorder = Recorder::new();
        let around = recorder.within("around");
        let id = around.span().span_context().span_id();
        let request = Request::get(site.url("/items/7")).extension(RequestSpan::none());
        let call = way.observed(inject(&recorder), plain(), request).with_context(around);
        call.await.expect("an answer");
        assert_eq!(site.traceparents()[0][36..52], id.to_string());
        assert_eq!(ended(&recorder, 1).await[0].name, "around");
    }
}

#[tokio::test]
async fn a_request_without_propagation_keeps_its_headers() {
    for way in BOTH_WAYS {
        let site = Site::open().await;
        let recorder = Recorder::new();
        let request = Request::get(site.url("/items/7"))
            .header("baggage", "mine=1")
            .extension(NoPropagation);
        way.observed(inject(&recorder), plain(), request)
            .await
            .expect("an answer");
        let asked = site.asked();
        assert!(!asked[0].contains_key("traceparent"));
        assert_eq!(asked[0]["baggage"], "mine=1");
        assert_eq!(ended(&recorder, 1).await.len(), 1);
    }
}

#[tokio::test]
async fn a_request_can_name_and_describe_its_span() {
    for way in BOTH_WAYS {
        let site = Site::open().await;
        let recorder = Recorder::new();
        let around = recorder.within("around");
        let wish = RequestSpan::new()
            .with_name("refresh prices")
            .with_attributes([KeyValue::new("shop.tenant", "north")]);
        let request = Request::get(site.url("/items/7")).extension(wish);
        let call = way.observed(inject(&recorder), plain(), request).with_context(around);
        call.await.expect("an answer");
        let [span, around] = &ended(&recorder, 2).await[..] else {
            unreachable!()
        };
        assert_eq!(
            (&*span.name, text(span, "shop.tenant").as_deref()),
            ("refresh prices", Some("north"))
        );
        assert!(is_parent(around, span));
    }
}

#[tokio::test]
async fn reqwest_middlewares_own_builder_takes_them() {
    let site = Site::open().await;
    let recorder = Recorder::new();
    let client = ClientBuilder::new(plain()).with(middleware(&recorder)).build();
    let request = client
        .get(site.url("/items/7"))
        .with_extension(UrlTemplate::new("/items/{id}"));
    request.send().await.expect("an answer");
    assert_eq!(ended(&recorder, 1).await[0].name, "GET /items/{id}");
}
