//! A tower call as an OpenTelemetry span, by the semantic conventions.
//!
//! The layers for HTTP and gRPC are [`ExtractLayer`](https://docs.rs/tower-telemetry-extract) on servers and
//! [`InjectLayer`](https://docs.rs/tower-telemetry-inject) on clients. This crate holds what they share, and makes spans of any other
//! service's calls:
//!
//! ```
//! use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
//! use tower::{Layer, Service, ServiceExt, service_fn};
//! use tower_telemetry_observe::{ObserveLayer, Plain};
//! use tower_telemetry_span::{SpanObserver, Spans};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let exporter = InMemorySpanExporter::default();
//! let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
//! let spans = SpanObserver::new(Spans::plain().with_tracer_provider(&provider));
//!
//! let mut resize = ObserveLayer::new(Plain::new("resize image"), spans)
//!     .layer(service_fn(|pixels: u32| async move { if pixels > 0 { Ok(pixels / 2) } else { Err("empty") } }));
//! assert_eq!(resize.ready().await.unwrap().call(0).await, Err("empty"));
//!
//! let span = &exporter.get_finished_spans().unwrap()[0];
//! assert_eq!(span.name, "resize image");
//! assert_eq!(span.attributes[0], opentelemetry::KeyValue::new("error.type", "service_error"));
//! # }
//! ```
//!
//! # When the hooks run
//!
//! 1. In `Service::call`, before the inner service: the [filter](Spans::with_filter); the span starts; the
//!    [attributes of the request](Spans::with_request_attributes) are asked for if it records.
//! 2. The span's context is current while the inner service is called, and at each poll of its future and body.
//! 3. At the end, whichever it is: what the response says, then [attributes of the end](Spans::with_end_attributes), then the span ends. For a
//!    client's HTTP call that is the response head, unless [`SpanEnd::Body`] was asked for.
//!
//! A closure that panics costs what it would have said.
//!
//! # Which tracer
//!
//! The one given ([`Spans::with_tracer_provider`], [`Spans::with_tracer`]), else the global provider's. The global provider is looked up
//! when calls come, not when the layer is built, and remembered once it is a real one; while there is none it is asked for again at calls
//! 1, 2, 4, 8 … and then at every 1,024th, and that is said once, as a `tracing` warning.
//!
//! # One request
//!
//! A [`RequestSpan`] in a request's extensions leaves it out, names its span, or adds to it.
//!
//! # Start and end
//!
//! Attributes known at the start are given at the start, so that samplers see them, with one exception: see [`SamplingAttributes`].
//! Spans end explicitly, whoever still holds their context; their end is their start plus the time that has passed, whatever the wall clock
//! does. The context is current while the call's own code runs, and never between two polls.
//!
//! # What may be written down
//!
//! What the semantic conventions say is clean by itself. Attributes of your own, names and captured headers are guarded by a
//! [`Sanitizer`](tower_telemetry_sanitize::Sanitizer): the one for production, [another one](Spans::with_sanitizer), or that of the request.
//!
//! Spans made by `tracing` with the `tracing-opentelemetry` layer inside such a call are children of its span.

mod describe;
mod describe_grpc;
mod observer;
mod policy;
mod request;
mod routes;
mod settings;
mod start;
mod tracer;
mod watch;

pub use describe::{Describe, DescribeHttp};
pub use observer::SpanObserver;
pub use request::RequestSpan;
pub use settings::{SamplingAttributes, SpanEnd, Spans};
pub use start::Parent;
pub use tracer::{GlobalTracer, Started};
pub use watch::SpanWatch;
