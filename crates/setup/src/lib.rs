//! OpenTelemetry tracing for a service, installed by one call and flushed by one guard.
//!
//! In `main`:
//!
//! ```
//! # fn main() -> Result<(), tower_telemetry_setup::Error> {
//! use tower_telemetry_setup::Telemetry;
//!
//! let telemetry = Telemetry::from_env("orders")?;
//! // ... the service runs ...
//! telemetry.shutdown() // or drop it
//! # }
//! ```
//!
//! That exports to the collector named by the standard environment variables, and without one prints each trace as a waterfall.
//! The builder does the same in code, and more. Here a trace goes to a closure:
//!
//! ```
//! use opentelemetry::trace::{Tracer as _, TracerProvider as _};
//! use tower_telemetry_setup::{Telemetry, Trace, Waterfall};
//!
//! let (send, traces) = std::sync::mpsc::channel();
//! let telemetry = Telemetry::builder("orders")
//!     .with_waterfall(Waterfall::to(move |trace: &Trace| drop(send.send(trace.to_string()))))
//!     .build()?;
//! telemetry.tracer_provider().tracer("docs").in_span("place order", |_| ());
//! telemetry.flush()?;
//! assert!(traces.recv()?.contains("· orders place order"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`Telemetry`] is the guard. Its drop flushes and shuts down, within a bounded time, under any runtime or none.
//! - [`TelemetryBuilder`] sets the service's name and version, its sampler, its propagator, and where spans go: [`Otlp`] (HTTP and
//!   gRPC, by the features `otlp-http` and `otlp-grpc`), a [`Waterfall`], exporters of your own, or all of them.
//! - [`Waterfall`] collects spans into [`Trace`]s, over several services in one process, and prints them or hands them to a
//!   closure. Tests can check traces that way, too.
//!
//! Spans are exported in batches, on threads that are not traced themselves. A collector that is down slows nothing: batches wait
//! in a queue of 2,048 spans, and what finds no room is dropped. What the SDK has to say about that, it says as `tracing` events.
#![cfg_attr(
    not(any(feature = "otlp-http", feature = "otlp-grpc")),
    allow(rustdoc::broken_intra_doc_links)
)]

mod batches;
mod both;
mod bounded;
mod builder;
mod environment;
mod error;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod otlp;
mod pipeline;
mod telemetry;
mod waterfall;

/// The SDK whose samplers and exporters the builder takes.
#[doc(no_inline)]
pub use opentelemetry_sdk;

pub use builder::TelemetryBuilder;
pub use error::Error;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
pub use otlp::Otlp;
pub use telemetry::Telemetry;
pub use waterfall::{Trace, TraceSpan, Waterfall, WaterfallProcessor};
