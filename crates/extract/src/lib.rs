//! Server side: the caller's trace context becomes the parent of a SERVER span, for HTTP and gRPC.
//!
//! ```
//! use http::{Request, Response};
//! use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
//! use tower::{Layer, Service, ServiceExt, service_fn};
//! use tower_telemetry_extract::{ExtractLayer, Spans};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let exporter = InMemorySpanExporter::default();
//! let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
//! let layer = ExtractLayer::new().with_spans(Spans::server().with_tracer_provider(&provider));
//!
//! let mut service = layer.layer(service_fn(|_: Request<String>| async {
//!     Ok::<_, std::convert::Infallible>(Response::new(String::from("hello")))
//! }));
//! let request = Request::get("/greeting")
//!     .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
//!     .body(String::new())
//!     .unwrap();
//! let response = service.ready().await.unwrap().call(request).await.unwrap();
//! drop(response); // the span lasts until the body has been read, or is dropped
//!
//! let span = &exporter.get_finished_spans().unwrap()[0];
//! assert_eq!(span.name, "GET");
//! assert_eq!(span.span_context.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
//! assert_eq!(span.parent_span_id.to_string(), "b7ad6b7169203331");
//! # }
//! ```
//!
//! # What it records
//!
//! Names, attributes and status follow the [HTTP server span conventions](https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span).
//! The span begins when the service is called, and ends once: with the response body, its trailers or its error, at a switch of protocols,
//! or when the call is dropped (`error.type` is then `cancelled`) or panics (`panic`). Its status is an error for 5xx and for whatever
//! else went wrong, never for 4xx.
//!
//! # When the hooks run
//!
//! In `Service::call`, before the inner service: trust is decided, the caller's context is read, a
//! [hint](ExtractLayer::with_sampling_hint) placed, the span started. At the response head: its status is noted, and a
//! [trace header](ExtractLayer::with_trace_header) added. At the end of the body: the last attributes, and the span ends. The context is current at each
//! poll in between. `poll_ready` is handed through.
//!
//! # The parent
//!
//! The caller's context is read from the request's headers by the [`Propagation`] of the layer. Where the current span is already part of
//! the caller's trace, as under a second layer, that span is the parent. Without a caller, it is the current span or none.
//!
//! # Trust
//!
//! Anyone can send a `traceparent`. On a public service give [`Http::with_trust`] a policy: what a stranger sends is then only linked to a
//! trace of the service's own, or not looked at, and baggage and forwarded headers go the same way.
//!
//! ```
//! use tower_telemetry_extract::{ExtractLayer, Http, IpNet, Peers, Trust, TrustPolicy};
//!
//! let inside = Peers::new(["10.0.0.0/8".parse::<IpNet>()?]);
//! let layer = ExtractLayer::new().with_http(Http::server().with_trust(TrustPolicy::peers(inside, Trust::Link)));
//! # let _ = layer;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # In axum
//!
//! Apply the layer with `Router::layer`, where the route is known, and switch on the feature `axum`.
//!
//! # In tonic
//!
//! ```
//! use tonic::transport::Server;
//! use tower_telemetry_extract::{ExtractLayer, Grpc};
//!
//! let (_, health) = tonic_health::server::health_reporter();
//! let grpc = Grpc::server().with_service("grpc.health.v1.Health", ["Check", "Watch"]);
//! let server = Server::builder()
//!     .layer(ExtractLayer::grpc().with_grpc(grpc))
//!     .add_service(health);
//! # let _ = server;
//! ```
//!
//! Names, attributes and status then follow the [gRPC conventions](https://opentelemetry.io/docs/specs/semconv/rpc/grpc/). The span ends with the
//! stream, and the status in the trailers is the last word. Without declared methods, a span has its method's name once the first reply has
//! shown that there is such a method; of what counts as what, [`Grpc`] tells all. Further in than tonic-web's layer, the status of gRPC-Web is seen, too.
//! Switch on the feature `tonic` for the peer's address.
//!
//! A server that speaks HTTP as well, such as an axum router with tonic's `Routes` merged into it, gets [`ExtractLayer::http_or_grpc`]: each
//! request is read as what it is.
//!
//! # Features
//!
//! None is on by default.
//!
//! - `axum`: the route and the peer's address of an axum router.
//! - `tonic`: the peer's address on tonic's server, and the status of its errors.
//! - `tower`: `error.type` for the errors of tower's timeout and load-shed layers.

mod hint;
mod layer;
mod observer;
mod response;
mod watch;

pub use layer::ExtractLayer;
pub use observer::Extract;
pub use response::TraceHeader;
#[doc(no_inline)]
pub use tower_telemetry_propagate::{Propagation, SamplingHint};
#[doc(no_inline)]
pub use tower_telemetry_semconv::{
    AllowedHeaders, Grpc, GrpcCall, Http, HttpCall, HttpOrGrpc, HttpOrGrpcCall, IpNet, LateRoute, PeerAddr, Peers,
    Route, Server, StatusAttribute, Trust, TrustPolicy,
};
#[doc(no_inline)]
pub use tower_telemetry_span::{SamplingAttributes, Spans};
pub use watch::ExtractWatch;
