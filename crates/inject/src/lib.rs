//! Client side: a CLIENT span for each call, and its trace context in the request headers, for HTTP and gRPC.
//!
//! ```
//! use http::{Request, Response};
//! use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
//! use tower::{Layer, Service, ServiceExt, service_fn};
//! use tower_telemetry_inject::{InjectLayer, Spans};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let exporter = InMemorySpanExporter::default();
//! let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
//! let layer = InjectLayer::new().with_spans(Spans::client().with_tracer_provider(&provider));
//!
//! // Any HTTP client that is a tower service; this one answers with the header that it was sent.
//! let mut client = layer.layer(service_fn(|request: Request<String>| async move {
//!     let mut response = Response::new(String::new());
//!     response.headers_mut().insert("echo", request.headers()["traceparent"].clone());
//!     Ok::<_, std::convert::Infallible>(response)
//! }));
//! let request = Request::get("http://catalog.test/items?sig=SECRET").body(String::new()).unwrap();
//! let response = client.ready().await.unwrap().call(request).await.unwrap();
//!
//! let span = &exporter.get_finished_spans().unwrap()[0];
//! let sent = response.headers()["echo"].to_str().unwrap();
//! assert_eq!(sent[36..52], span.span_context.span_id().to_string());
//! let url = span.attributes.iter().find(|attribute| attribute.key.as_str() == "url.full").unwrap();
//! assert_eq!(url.value.as_str(), "http://catalog.test/items?sig=REDACTED");
//! # }
//! ```
//!
//! # What it records
//!
//! Names, attributes and status follow the [HTTP client span conventions](https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span).
//! The status is an error for 4xx, 5xx and transport errors. A caller that drops the call is not an error.
//!
//! The span ends at the response head: `Spans::client().with_end(SpanEnd::Body)` makes it last until the body has been read. A body that
//! fails after the head is told in a `tracing` event with the span's ids.
//!
//! # When the hooks run
//!
//! In `Service::call`, before the client: the span starts, and its context is written into the headers. At the response head: the status is noted, and
//! the span ends; with [`SpanEnd::Body`], and for gRPC, at the end of the body. A call that is dropped or fails before its head ends there. Time in
//! `poll_ready`, such as waiting for a free connection, is not part of the call.
//!
//! # Headers
//!
//! The span's context replaces whatever trace headers the request had. Where no span is made, the current context is written instead; where
//! there is none, the request's own headers are left as they are.
//!
//! Which hosts get them is the layer's [`Outbound`]. Below a queue, such as `tower::buffer`, put a [`CarryContextLayer`] above it, so that the
//! caller's context is found here.
//!
//! # One request
//!
//! What one request wants goes into its extensions:
//!
//! | extension | effect |
//! |---|---|
//! | [`UrlTemplate`] | the pattern of its URL: in the span's name, and `url.template` |
//! | [`RequestSpan`] | the span's name; attributes of your own; or no span: the context around the call then goes into the headers |
//! | [`NoPropagation`] | its headers are left as they are |
//! | [`ResendCount`] | counts the attempts to send it, and their clones' |
//!
//! # Redirects and retries
//!
//! A layer that follows redirects or tries again goes *outside* this one: each attempt is then a span of its own, with its own id in its
//! headers, and each hop's host is judged by [`Outbound`], which also removes what an earlier hop was given. A [`CountResendsLayer`] outside
//! of that layer has the attempts counted: `http.request.resend_count` is 1 on the second, 2 on the third.
//!
//! ```text
//! retry outside: a span for each attempt        retry inside: one span, with the last status
//!
//! CountResendsLayer                             InjectLayer   GET 200
//!   tower::retry                                  tower::retry
//!     InjectLayer   GET 503                         client    503, 503, 200
//!     InjectLayer   GET 503  resend_count = 1
//!     InjectLayer   GET 200  resend_count = 2
//!       client
//! ```
//!
//! # tonic's channel
//!
//! ```
//! use tonic::transport::Endpoint;
//! use tonic_health::pb::health_client::HealthClient;
//! use tower::Layer;
//! use tower_telemetry_inject::{Grpc, InjectLayer};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let endpoint = Endpoint::from_static("http://health.internal:50051");
//! let layer = InjectLayer::grpc().with_grpc(Grpc::client().with_target(endpoint.uri()));
//! let client = HealthClient::new(layer.layer(endpoint.connect_lazy()));
//! # let _ = client;
//! # }
//! ```
//!
//! Names, attributes and status follow the [gRPC conventions](https://opentelemetry.io/docs/specs/semconv/rpc/grpc/). Spans of gRPC end with the stream,
//! not with the head; every status but `OK` is an error, and a stream that the caller drops is `CANCELLED` and none. The target is told to the layer,
//! since a request gets its authority further in. The feature `tonic` tells the status of the channel's errors: what is not there is `UNAVAILABLE`.
//!
//! # hyper-util's client
//!
//! `hyper_util::client::legacy::Client` is a tower service: put the layer around it. The feature `hyper-util` tells its connection errors
//! apart (`error.type` is `connect`), and records the peer's address.
//!
//! # Features
//!
//! None is on by default.
//!
//! - `hyper-util`: `error.type` for errors of hyper-util's client, and its peer's address.
//! - `tonic`: the status of errors of tonic's channel.
//! - `tower`: `error.type` for the errors of tower's timeout and load-shed layers.

mod layer;
mod observer;
mod resends;

pub use layer::InjectLayer;
pub use observer::Inject;
pub use resends::{CountResends, CountResendsLayer};
#[doc(no_inline)]
pub use tower_telemetry_propagate::{CarriedContext, CarryContextLayer, NoPropagation, Outbound, Propagation};
#[doc(no_inline)]
pub use tower_telemetry_semconv::{
    AllowedHeaders, Client, Grpc, GrpcCall, Http, HttpCall, HttpOrGrpc, HttpOrGrpcCall, ResendCount, StatusAttribute,
    UrlTemplate,
};
#[doc(no_inline)]
pub use tower_telemetry_span::{RequestSpan, SamplingAttributes, SpanEnd, Spans};
