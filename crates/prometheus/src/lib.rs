//! Metrics of tower calls, for Prometheus: bounded, with exemplars, and without a lock on the way of a call.
//!
//! ```
//! use http::{Request, Response};
//! use prometheus_client::registry::Registry;
//! use tower::{Layer, Service, ServiceExt, service_fn};
//! use tower_telemetry_prometheus::{Http, Metrics, Scrape};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut registry = Registry::default();
//! let layer = Metrics::server().register(&mut registry)?.layer(Http::server());
//! let metrics = Scrape::new(registry); // the service for `/metrics`
//!
//! let mut service = layer.layer(service_fn(|_: Request<String>| async {
//!     Ok::<_, std::convert::Infallible>(Response::new(String::from("hello")))
//! }));
//! drop(service.ready().await?.call(Request::new(String::new())).await?); // read to its end, or dropped
//!
//! let scraped = metrics.oneshot(Request::get("/metrics").body(())?).await?;
//! let text = http_body_util::BodyExt::collect(scraped.into_body()).await?.to_bytes();
//! let text = std::str::from_utf8(&text)?;
//! assert!(text.contains("http_server_active_requests{http_request_method=\"GET\"} 0"));
//! assert!(text.contains("http_server_request_duration_seconds_count{"), "{text}");
//! # Ok(())
//! # }
//! ```
//!
//! # What is counted
//!
//! Each call once, at its end, whichever that is; the names are those of the
//! [semantic conventions](https://opentelemetry.io/docs/specs/semconv/http/http-metrics/) where these have any ([`catalog`] is the table).
//!
//! | metric | kind | by default |
//! |---|---|---|
//! | `http_server_request_duration_seconds`, `http_client_…` | histogram; its `_count` is the counter of calls | yes |
//! | `http_server_active_requests`, `http_client_…` | gauge | yes |
//! | `http_server_active_streams`, `http_server_stream_duration_seconds`, `http_client_…` | gauge and histogram | yes: [`Streams`] |
//! | `http_server_time_to_head_seconds`, `http_client_…` | histogram | [`TimeToHead::Kept`] |
//! | `http_server_request_body_size_bytes`, `…_response_…`, `http_client_…` | histograms | [`Bodies::Measured`] |
//! | `http_server_refused_series_total`, `http_client_…` | counter | yes |
//! | `http_requests_total`, `http_request_duration_seconds` | counter and histogram | [`Names::Classic`] |
//! | `rpc_server_call_duration_seconds`, `rpc_server_active_calls`, …, `rpc_client_…` | the same for gRPC | [`Metrics::grpc_server`], [`Metrics::grpc_client`] |
//! | `active_spans_total`, `tower_telemetry_spans_…_total` | gauge and counters | `SpanCounts`, with the feature `opentelemetry_sdk` |
//! | `tower_telemetry_slow_calls_total`, `tower_telemetry_blocking_calls_total` | counters | [`SlowCounts`], with `tower-telemetry-slow` |
//! | `tower_telemetry_sanitized_values_total` | counter | [`register_sanitizer`] |
//! | `process_…` | gauges and counters | `register_process`, with the feature `process` |
//!
//! What has failed can be told apart by `error_type`: `cancelled`, `panic`, `body_error`, `timeout`, a status, ….
//! A client that cancels its own call has made no error: its call has neither a status nor an `error_type`. A stream, such as server-sent
//! events, counts as a call until its response head; how it ended, and after what time, is told by its own histogram.
//!
//! # When the hooks run
//!
//! In `Service::call`, before the inner service: [labels of your own](MetricsBuilder::with_labels) are taken, and the gauge of calls in flight goes up. While
//! it is polled: the current span is looked for, until there is one. At the response head: [whether it is a stream](MetricsBuilder::with_stream_test). At the
//! end: the histograms, and the gauge goes down. When somebody scrapes: series are added up and written; no call waits for that.
//!
//! # What it costs
//!
//! Numbers are kept in atomics, several times each, so that threads do not wait for each other's caches; series are found by their content in a
//! table that is read without locks. Once a series exists, nothing is allocated for a call, unless a policy changes its labels, or they only read
//! like those that its series was made for. A series takes 128 bytes for 14 buckets, times the shards: twice as many as there are processors, at
//! most 32.
//!
//! # How many series there can be
//!
//! Methods, schemes, versions, statuses and `error_type` come from closed sets, routes from the router: never from what a client sends. What
//! is left is bounded: by default 2,000 series of each metric ([`with_max_series`](MetricsBuilder::with_max_series)). What comes after that
//! is counted in one series `otel_metric_overflow="true"`, so that totals stay right, and in the counter of refused series, and one warning says so. Hosts are
//! no labels of a server's metrics, unless from a [list](Hosts); on a client they are, as the conventions want it.
//!
//! # What may be in labels
//!
//! Labels of your own pass a [policy](MetricsBuilder::with_sanitizer) before they have a series, by default the one for production. Labels that
//! then read the same share one series: to Prometheus they are the same in any order, and an empty one is none.
//!
//! # Exemplars
//!
//! Where a span is current while a call runs, and sampled, its ids are kept as an example for the bucket that the call falls into. It
//! does not matter who has made the span: put this layer inside of the one that makes it, or behind it in a tuple of observers. [`Scrape`] shows exemplars in
//! `OpenMetrics` text and in protobuf. prometheus-client has no way to take them from a metric that is not its own: its own
//! `encoding::text::encode`, and so any other exporter of the registry, shows the same series without exemplars.
//!
//! # Features
//!
//! - `axum`: the route of an axum router.
//! - `gzip` (default), `zstd`: `/metrics` compressed.
//! - `opentelemetry_sdk`: what becomes of spans.
//! - `process`: what this process uses, on Linux.
//! - `protobuf`: `/metrics` as protobuf, with native histograms. It needs no `protoc`.
//! - `tower`: `error.type` for the errors of tower's timeout and load-shed layers.

mod app_series;
mod beside;
mod buckets;
mod builder;
mod calls;
pub mod catalog;
mod classic;
mod encode;
mod exemplar;
mod family;
mod grpc_labels;
mod histogram;
mod hosts;
mod http_labels;
mod http_or_grpc_labels;
mod http_side;
mod kinds;
mod label;
mod layer;
#[cfg(feature = "opentelemetry_sdk")]
mod losses;
mod measured;
mod metrics;
mod names;
mod native;
mod number;
#[cfg(feature = "process")]
mod process;
mod reading;
mod register;
mod request_body;
mod sanitized;
mod scrape;
mod series;
mod settings;
mod shard;
mod shown;
mod slow_counts;
#[cfg(feature = "opentelemetry_sdk")]
mod spans;
mod stream;
mod table;
mod text;
mod watch;
mod written;

pub use buckets::Buckets;
pub use builder::MetricsBuilder;
pub use calls::{AppLabels, NoLabels};
pub use classic::Classic;
pub use family::Family;
pub use grpc_labels::{GrpcEnded, GrpcSide, GrpcStarted, ReadGrpcEnded, ReadGrpcStarted};
pub use histogram::{Histogram, NativeBuckets};
pub use hosts::{Hosts, ServerHost};
pub use http_labels::{HttpEnded, HttpStarted, ReadEnded, ReadStarted};
pub use http_or_grpc_labels::Either;
pub use http_side::HttpSide;
pub use layer::MetricsLayer;
pub use measured::{CallLabels, Measured, StreamsCount};
pub use metrics::Metrics;
pub use number::{Counter, Gauge};
#[cfg(feature = "process")]
pub use process::register_process;
#[doc(no_inline)]
pub use prometheus_client;
pub use register::RegisterError;
pub use request_body::{CountRequestBody, CountRequestBodyLayer, CountedBody};
pub use sanitized::register_sanitizer;
pub use scrape::{Encoding, Format, Scrape, scrape};
pub use settings::{Bodies, Exemplars, Names, Streams, TimeToHead};
pub use slow_counts::{SlowCounts, SlowLabels};
#[cfg(feature = "opentelemetry_sdk")]
pub use spans::{CountedExporter, CountedProcessor, SpanCounts};
pub use stream::UpgradedStream;
#[doc(no_inline)]
pub use tower_telemetry_sanitize::Sanitizer;
#[doc(no_inline)]
pub use tower_telemetry_semconv::{
    Client, Grpc, GrpcCall, Http, HttpCall, HttpOrGrpc, HttpOrGrpcCall, LateRoute, Route, Server, UrlTemplate,
};
pub use watch::{MetricsWatch, NotMeasured};
