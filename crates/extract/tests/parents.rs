//! Whose child a SERVER span is, and what the handler's own calls inherit.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use http::{Request, Response};
use http_body_util::Empty;
use opentelemetry::Context;
use opentelemetry::baggage::BaggageExt;
use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use opentelemetry_sdk::trace::Sampler;
use tower::{Layer, ServiceExt, service_fn};
use tower_telemetry_extract::{ExtractLayer, Http, Propagation, Spans, Trust, TrustPolicy};
use tower_telemetry_testkit::spans::{Recorder, is_parent};

const CALLER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const UNSAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

fn layer(recorder: &Recorder) -> ExtractLayer {
    ExtractLayer::new().with_spans(Spans::server().with_tracer_provider(&recorder.provider))
}

/// Sends a request with this header through the layers, and returns the span context that was current in the service.
fn current_in_service(layers: &[&ExtractLayer], traceparent: &str) -> SpanContext {
    let seen = Arc::new(Mutex::new(SpanContext::empty_context()));
    let note = Arc::clone(&seen);
    let inner = service_fn(move |_: Request<()>| {
        let note = Arc::clone(&note);
        async move {
            *note.lock().expect("not poisoned") = Context::current().span().span_context().clone();
            Ok::<_, Infallible>(Response::new(Empty::<&[u8]>::new()))
        }
    });
    let request = Request::builder()
        .header("traceparent", traceparent)
        .body(())
        .expect("a request");
    match layers {
        [one] => drop(one.layer(inner).oneshot(request).now_or_never().expect("at once")),
        [outer, middle] => drop(
            outer
                .layer(middle.layer(inner))
                .oneshot(request)
                .now_or_never()
                .expect("at once"),
        ),
        _ => panic!("one layer or two"),
    }
    assert!(
        !Context::current().has_active_span(),
        "nothing stays behind on the thread"
    );
    let seen = seen.lock().expect("not poisoned");
    seen.clone()
}

#[test]
fn the_caller_is_the_parent_and_the_span_is_current_in_the_service() {
    let recorder = Recorder::new();
    let current = current_in_service(&[&layer(&recorder)], CALLER);
    let span = recorder.span();
    assert_eq!(span.span_context, current);
    assert_eq!(span.span_context.trace_id().to_string(), &CALLER[3..35]);
    assert_eq!(span.parent_span_id.to_string(), &CALLER[36..52]);
    assert!(span.parent_span_is_remote);
}

#[test]
fn a_malformed_header_starts_a_trace_of_its_own() {
    for malformed in [
        "",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ] {
        let recorder = Recorder::new();
        current_in_service(&[&layer(&recorder)], malformed);
        let span = recorder.span();
        assert_eq!(span.parent_span_id, SpanId::INVALID, "{malformed:?}");
        assert_ne!(span.span_context.trace_id().to_string(), &CALLER[3..35]);
    }
}

#[test]
fn an_unsampled_span_still_has_an_id_of_its_own_for_the_calls_below() {
    let recorder = Recorder::sampling(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)));
    let current = current_in_service(&[&layer(&recorder)], UNSAMPLED);
    assert_eq!(current.trace_id().to_string(), &UNSAMPLED[3..35]);
    assert_ne!(current.span_id().to_string(), &UNSAMPLED[36..52]);
    assert!(!current.is_sampled());
    assert!(recorder.spans().is_empty());
}

#[test]
fn a_request_that_the_filter_leaves_out_still_carries_its_callers_context() {
    let recorder = Recorder::new();
    let spans = Spans::server()
        .with_tracer_provider(&recorder.provider)
        .with_filter(|_| false);
    let current = current_in_service(&[&ExtractLayer::new().with_spans(spans)], CALLER);
    assert_eq!(current.span_id().to_string(), &CALLER[36..52]);
    assert!(recorder.spans().is_empty());
}

#[test]
fn a_stranger_is_linked_and_its_sampling_does_not_count() {
    let recorder = Recorder::sampling(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)));
    let layer = layer(&recorder).with_http(Http::server().with_trust(Trust::Link));
    current_in_service(&[&layer], UNSAMPLED);
    let span = recorder.span();
    assert_eq!(span.parent_span_id, SpanId::INVALID);
    assert_ne!(span.span_context.trace_id().to_string(), &UNSAMPLED[3..35]);
    let [link] = &span.links.links[..] else {
        panic!("one link")
    };
    assert_eq!(link.span_context.trace_id().to_string(), &UNSAMPLED[3..35]);
    assert_eq!(link.span_context.span_id().to_string(), &UNSAMPLED[36..52]);
    current_in_service(&[&layer], "malformed");
    assert!(recorder.spans()[1].links.links.is_empty());
}

#[test]
fn a_stranger_may_be_ignored_and_a_closure_may_decide() {
    let recorder = Recorder::new();
    let trust = TrustPolicy::by(|request| match request.headers.contains_key("x-inside") {
        true => Trust::Parent,
        false => Trust::Ignore,
    });
    let layer = layer(&recorder).with_http(Http::server().with_trust(trust));
    current_in_service(&[&layer], CALLER);
    let span = recorder.span();
    assert_eq!((span.parent_span_id, span.links.links.len()), (SpanId::INVALID, 0));
}

#[test]
fn what_is_not_trusted_leaves_its_baggage_behind() {
    let both = || {
        Propagation::new(TextMapCompositePropagator::new(vec![
            Box::new(BaggagePropagator::new()),
            Box::new(TraceContextPropagator::new()),
        ]))
    };
    for (trust, expected) in [(Trust::Parent, Some("7")), (Trust::Link, None), (Trust::Ignore, None)] {
        let recorder = Recorder::new();
        let service = layer(&recorder)
            .with_http(Http::server().with_trust(trust))
            .with_propagation(both())
            .layer(service_fn(move |_: Request<()>| async move {
                let found = Context::current().baggage().get("tenant").map(ToString::to_string);
                assert_eq!(found.as_deref(), expected);
                Ok::<_, Infallible>(Response::new(Empty::<&[u8]>::new()))
            }));
        let request = Request::builder()
            .header("traceparent", CALLER)
            .header("baggage", "tenant=7")
            .body(())
            .expect("a request");
        let answer = service.oneshot(request).now_or_never();
        assert!(answer.is_some_and(|answer| answer.is_ok()), "{trust:?}");
    }
}

#[test]
fn without_a_caller_there_is_nothing_to_link() {
    let recorder = Recorder::new();
    // A propagator that is not ours cannot tell whether it has found anything.
    let layer = layer(&recorder)
        .with_http(Http::server().with_trust(Trust::Link))
        .with_propagation(Propagation::new(TraceContextPropagator::new()));
    current_in_service(&[&layer], "");
    assert!(recorder.span().links.links.is_empty());
}

#[test]
fn what_an_outer_layer_does_not_believe_an_inner_one_does_not_either() {
    for trust in [Trust::Link, Trust::Ignore] {
        let (outer, inner) = (Recorder::new(), Recorder::new());
        let strict = layer(&outer).with_http(Http::server().with_trust(trust));
        current_in_service(&[&strict, &layer(&inner)], CALLER);
        assert!(is_parent(&outer.span(), &inner.span()), "{trust:?}");
        assert_ne!(inner.span().span_context.trace_id().to_string(), &CALLER[3..35]);
    }
}

#[test]
fn a_second_layer_makes_a_nested_span() {
    let (outer, inner) = (Recorder::new(), Recorder::new());
    current_in_service(&[&layer(&outer), &layer(&inner)], CALLER);
    assert!(is_parent(&outer.span(), &inner.span()));
}

#[test]
fn without_propagation_the_header_is_not_read() {
    let recorder = Recorder::new();
    let layer = layer(&recorder).with_propagation(Propagation::off());
    current_in_service(&[&layer], CALLER);
    assert_eq!(recorder.span().parent_span_id, SpanId::INVALID);
}

#[test]
fn a_suppressed_context_makes_no_span() {
    let recorder = Recorder::new();
    let suppressed = Context::enter_telemetry_suppressed_scope();
    let service = layer(&recorder).layer(service_fn(|_: Request<()>| async {
        Ok::<_, Infallible>(Response::new(Empty::<&[u8]>::new()))
    }));
    assert!(service.oneshot(Request::new(())).now_or_never().is_some());
    drop(suppressed);
    assert!(recorder.spans().is_empty());
}

#[test]
fn two_requests_that_take_turns_on_one_thread_keep_their_own_parents() {
    let recorder = Recorder::new();
    let service = layer(&recorder).layer(service_fn(|request: Request<()>| async move {
        let before = Context::current().span().span_context().clone();
        tokio::task::yield_now().await;
        let after = Context::current().span().span_context().clone();
        assert_eq!(before, after);
        assert_eq!(before.trace_id().to_string(), request.uri().path()[1..]);
        Ok::<_, Infallible>(Response::new(Empty::<&[u8]>::new()))
    }));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        let calls: Vec<_> = (1..=500_u32)
            .map(|number| {
                let trace = format!("{number:032x}");
                let request = Request::get(format!("/{trace}"))
                    .header("traceparent", format!("00-{trace}-00000000000000aa-01"))
                    .body(())
                    .expect("a request");
                tokio::task::spawn_local(service.clone().oneshot(request))
            })
            .collect();
        for call in calls {
            call.await.expect("no assertion failed").expect("it answers");
        }
    });
    assert_eq!(recorder.spans().len(), 500);
}
