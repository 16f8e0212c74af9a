use std::convert::Infallible;
use std::future::Ready;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use tower::{Layer, Service};
use tower_telemetry_prometheus::{Metrics, Scrape};
use tower_telemetry_testkit::Step;

use crate::server::{Counted, context, get, script};

type Answer = Ready<Result<Response<Full<Bytes>>, Infallible>>;

/// The headers, and the text.
pub(crate) fn scraped(answer: Answer) -> (HeaderMap, String) {
    let Ok(response) = answer.into_inner();
    let (parts, body) = response.into_parts();
    let collect = std::pin::pin!(body.collect());
    let std::task::Poll::Ready(Ok(body)) = collect.poll(&mut context()) else {
        panic!("the body is there at once");
    };
    let text = String::from_utf8(body.to_bytes().to_vec()).expect("text");
    (parts.headers, text)
}

fn registry() -> Registry {
    let counted = Counted::new(Metrics::server());
    counted.exchange(get("/a"), script([Step::Data(1)]));
    let mut registry = counted.registry;
    registry.register("jobs", "Jobs", Counter::<u64>::default());
    registry.register("build", "Build", Info::new([("version", "1")]));
    registry
}

fn request(accept: &'static str) -> Request<()> {
    Request::get("/metrics")
        .header("accept", accept)
        .body(())
        .expect("a request")
}

#[test]
fn text_is_for_everybody_and_open_metrics_for_those_who_ask() {
    let mut service = Scrape::new(registry());
    let (headers, text) = scraped(service.call(request("*/*")));
    assert_eq!(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    assert!(text.contains("# TYPE jobs_total counter\njobs_total 0\n"), "{text}");
    assert!(
        text.contains("# TYPE build_info gauge\nbuild_info{version=\"1\"} 1\n"),
        "{text}"
    );
    assert!(!text.contains("# EOF") && !text.contains("# UNIT"), "{text}");

    let (headers, text) = scraped(service.call(request("application/openmetrics-text;version=1.0.0")));
    let expected = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(headers["content-type"], expected);
    assert_eq!(headers["vary"], "accept, accept-encoding");
    assert!(
        text.contains("# UNIT http_server_request_duration_seconds seconds\n"),
        "{text}"
    );
    assert!(text.ends_with("# EOF\n"), "{text}");
}

#[test]
fn only_reading_is_allowed() {
    let mut service = Scrape::new(registry());
    let mut request = request("*/*");
    *request.method_mut() = Method::HEAD;
    let (headers, text) = scraped(service.call(request.clone()));
    assert!(headers.contains_key("content-type") && text.is_empty());
    *request.method_mut() = Method::POST;
    let Ok(response) = service.call(request).into_inner();
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()["allow"], "GET, HEAD");
}

#[test]
fn a_scrape_is_not_measured_by_a_layer_around_it() {
    let counted = Counted::new(Metrics::server());
    let mut service = counted.layer().layer(Scrape::new(Registry::default()));
    let response = tower_telemetry_testkit::call(&mut service, request("*/*"));
    crate::server::read(response);
    counted.assert_lines("http_server_request_duration_seconds_count", &[]);
}

/// The bytes of an answer in this encoding.
#[cfg(any(feature = "gzip", feature = "zstd"))]
fn encoded(encoding: &'static str) -> Bytes {
    let mut request = request("*/*");
    request
        .headers_mut()
        .insert("accept-encoding", http::HeaderValue::from_static(encoding));
    let Ok(response) = Scrape::new(registry()).call(request).into_inner();
    assert_eq!(response.headers()["content-encoding"], encoding);
    let collect = std::pin::pin!(response.into_body().collect());
    let std::task::Poll::Ready(Ok(body)) = collect.poll(&mut context()) else {
        panic!("the body is there at once");
    };
    body.to_bytes()
}

#[cfg(feature = "gzip")]
#[test]
fn an_answer_is_compressed_with_gzip() {
    use std::io::Read;

    let mut text = String::new();
    let bytes = encoded("gzip");
    let read = flate2::read::GzDecoder::new(&*bytes).read_to_string(&mut text);
    assert!(text.contains("jobs_total 0"), "{read:?} {text}");
    assert!(bytes.len() < text.len());
}

#[cfg(feature = "zstd")]
#[test]
fn an_answer_is_compressed_with_zstd() {
    let bytes = encoded("zstd");
    let text = zstd::decode_all(&*bytes).expect("zstd");
    let text = std::str::from_utf8(&text).expect("text");
    assert!(text.contains("jobs_total 0"), "{text}");
    assert!(bytes.len() < text.len());
}

#[cfg(feature = "protobuf")]
#[test]
fn protobuf_has_exemplars_and_native_buckets() {
    use opentelemetry::Context;
    use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
    use prometheus_client::encoding::prometheus_protobuf::prometheus_data_model::MetricFamily;
    use prost::Message;
    use tower_telemetry_prometheus::NativeBuckets;

    let counted = Counted::new(Metrics::server().with_native_buckets(NativeBuckets::Beside));
    let flags = TraceFlags::SAMPLED;
    let span = SpanContext::new(TraceId::from(1), SpanId::from(2), flags, false, TraceState::default());
    let current = Context::new().with_remote_span_context(span).attach();
    counted.exchange(get("/a"), script([Step::Data(1)]));
    drop(current);
    let accept = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
    let Ok(response) = Scrape::new(counted.registry).call(request(accept)).into_inner();
    let collect = std::pin::pin!(response.into_body().collect());
    let std::task::Poll::Ready(Ok(body)) = collect.poll(&mut context()) else {
        panic!("the body is there at once");
    };
    let (mut bytes, mut families) = (body.to_bytes(), Vec::new());
    while !bytes.is_empty() {
        families.push(MetricFamily::decode_length_delimited(&mut bytes).expect("a family"));
    }
    let durations = families
        .iter()
        .find(|family| family.name == "http_server_request_duration_seconds");
    let metric = &durations.expect("durations").metric[0];
    let labels: Vec<_> = metric.label.iter().map(|label| &*label.name).collect();
    let expected = [
        "http_request_method",
        "http_route",
        "http_response_status_code",
        "network_protocol_version",
    ];
    assert_eq!(labels, expected);
    let histogram = metric.histogram.as_ref().expect("a histogram");
    assert_eq!((histogram.sample_count, histogram.schema), (1, 3));
    assert_eq!((histogram.bucket.len(), histogram.exemplars.len()), (15, 1));
    let exemplar = histogram.bucket[0].exemplar.as_ref().expect("an example");
    assert_eq!(exemplar.label[0].value, format!("{:032x}", 1));
    let native: u64 = histogram.positive_delta.iter().sum::<i64>().unsigned_abs() + histogram.zero_count;
    assert_eq!(native, 1);
}
