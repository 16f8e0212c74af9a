//! What goes into the request.

use http::Request;
use opentelemetry::baggage::BaggageExt;
use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry::trace::FutureExt;
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::Sampler;
use reqwest::Body;
use tower_telemetry::Inject;
use tower_telemetry::propagate::{Outbound, Propagation, W3c, W3cBaggage};
use tower_telemetry_testkit::spans::Recorder;
use tower_telemetry_tests::ended;

use crate::caller::{BOTH_WAYS, inject, plain, spans};
use crate::site::Site;

const STALE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[tokio::test]
async fn a_request_that_is_sent_twice_has_two_ids_and_no_old_one() {
    for way in BOTH_WAYS {
        let site = Site::open().await;
        let recorder = Recorder::new();
        for _ in 0..2 {
            let request = Request::get(site.url("/items/7"))
                .header("traceparent", STALE)
                .header("tracestate", "old=1");
            way.observed(inject(&recorder), plain(), request)
                .await
                .expect("an answer");
        }
        let spans = ended(&recorder, 2).await;
        let sent = site.traceparents();
        for (span, sent) in spans.iter().zip(&sent) {
            assert_eq!(sent[36..52], span.span_context.span_id().to_string());
            assert_ne!(sent[3..35], STALE[3..35]);
        }
        assert_ne!(sent[0], sent[1]);
        let asked = site.asked();
        assert!(asked.iter().all(|headers| !headers.contains_key("tracestate")));
    }
}

#[tokio::test]
async fn a_call_that_is_not_sampled_is_sent_an_id_of_its_own_and_says_so() {
    for way in BOTH_WAYS {
        let site = Site::open().await;
        let recorder = Recorder::sampling(Sampler::AlwaysOff);
        way.observed(inject(&recorder), plain(), Request::get(site.url("/items/7")))
            .await
            .expect("an answer");
        assert!(site.traceparents()[0].ends_with("-00"));
        assert!(recorder.spans().is_empty());
    }
}

#[tokio::test]
async fn a_host_off_the_list_is_told_nothing() {
    let both = || TextMapCompositePropagator::new(vec![Box::new(W3c), Box::new(W3cBaggage)]);
    let baggage = || Context::new().with_baggage([KeyValue::new("tenant", "north")]);
    for (listed, told) in [("127.0.0.1", true), ("*.shop.internal", false)] {
        for way in BOTH_WAYS {
            let site = Site::open().await;
            let recorder = Recorder::new();
            let inject = Inject::new()
                .with_spans(spans(&recorder))
                .with_propagation(Propagation::new(both()))
                .with_outbound(Outbound::default().with_trace_context_to([listed]));
            let request = Request::get(site.url("/items/7")).header("baggage", "stale=1");
            let call = way.observed(inject, plain(), request).with_context(baggage());
            call.await.expect("an answer");
            let asked = site.asked();
            assert_eq!(asked[0].contains_key("traceparent"), told);
            let baggage = asked[0].get("baggage").map(|value| value.to_str().expect("text"));
            assert_eq!(baggage, told.then_some("tenant=north"));
            assert_eq!(ended(&recorder, 1).await.len(), 1, "there is a span in any case");
        }
    }
}

#[tokio::test]
async fn the_callers_own_headers_and_body_arrive() {
    for way in BOTH_WAYS {
        let site = Site::open().await;
        let request = Request::post(site.url("/items/7"))
            .header("accept", "text/plain")
            .body(Body::from("seven"));
        let request = request.expect("a request");
        way.send(inject(&Recorder::new()), plain(), request)
            .await
            .expect("an answer");
        let asked = site.asked();
        assert_eq!(
            (&asked[0]["accept"], &asked[0]["content-length"]),
            (&"text/plain".parse().expect("a value"), &5.into())
        );
    }
}
