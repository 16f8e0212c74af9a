//! Which callers are told of a span in their response.

use std::convert::Infallible;

use futures_util::FutureExt;
use http::{Request, Response};
use http_body_util::Empty;
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use opentelemetry_sdk::trace::Sampler;
use tower::{Layer, ServiceExt, service_fn};
use tower_telemetry_extract::{ExtractLayer, Spans, TraceHeader};
use tower_telemetry_testkit::spans::Recorder;

#[test]
fn a_caller_is_not_told_of_its_own_span() {
    let recorder = Recorder::new();
    let spans = Spans::server()
        .with_tracer_provider(&recorder.provider)
        .with_filter(|_| false);
    let service = ExtractLayer::new()
        .with_spans(spans)
        .with_trace_header(TraceHeader::TraceResponse, |_| true)
        .layer(service_fn(|_: Request<()>| async {
            Ok::<_, Infallible>(Response::new(Empty::<&[u8]>::new()))
        }));
    let request = Request::builder()
        .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        .body(())
        .expect("a request");
    let answer = service
        .oneshot(request)
        .now_or_never()
        .expect("at once")
        .expect("it answers");
    assert!(answer.headers().is_empty());
}

#[test]
fn a_caller_is_told_of_its_trace_where_that_is_wanted() {
    for (header, name, before, after) in [
        (TraceHeader::TraceResponse, "traceresponse", "", ""),
        (TraceHeader::ServerTiming, "server-timing", "traceparent;desc=\"", "\""),
    ] {
        // Also when the span is not sampled: its id is known all the same.
        for sampler in [Sampler::AlwaysOn, Sampler::AlwaysOff] {
            let recorder = Recorder::sampling(sampler);
            let service = ExtractLayer::new()
                .with_spans(Spans::server().with_tracer_provider(&recorder.provider))
                .with_trace_header(header, |request| request.uri.path() == "/told")
                .layer(service_fn(|_: Request<()>| async {
                    let ids = Context::current().span().span_context().clone();
                    let flags = ids.trace_flags().to_u8();
                    let current = format!("00-{}-{}-{flags:02x}", ids.trace_id(), ids.span_id());
                    let mut response = Response::new(Empty::<&[u8]>::new());
                    response
                        .headers_mut()
                        .insert("current", current.parse().expect("a value"));
                    response
                        .headers_mut()
                        .insert("server-timing", "db;dur=5".parse().expect("a value"));
                    Ok::<_, Infallible>(response)
                }));
            let ask = |path: &str| {
                let request = Request::get(path).body(()).expect("a request");
                let answer = service.clone().oneshot(request).now_or_never().expect("at once");
                answer.expect("it answers").headers().clone()
            };
            let told = ask("/told");
            let span = told["current"].to_str().expect("text");
            let last = told.get_all(name).iter().next_back().expect("it is there");
            assert_eq!(*last, format!("{before}{span}{after}"));
            assert_eq!(told["server-timing"], "db;dur=5", "what was there stays first");
            let untold = ask("/untold");
            assert!(!untold.contains_key("traceresponse") && untold.get_all("server-timing").iter().count() == 1);
        }
    }
}
