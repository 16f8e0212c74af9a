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
//! That exports to the collector named by the standard environment variables, and without one prints each trace as a waterfall. All that the
//! family's example shop has, logs with trace ids and metrics of what becomes of spans, takes ten lines:
//!
//! ```
//! # #[cfg(all(feature = "logs", feature = "prometheus"))]
//! # mod service {
//! use tower_telemetry_prometheus::prometheus_client::registry::Registry;
//! use tower_telemetry_prometheus::SpanCounts;
//! use tower_telemetry_setup::{Logs, Telemetry};
//!
//! # pub
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let mut registry = Registry::default();
//!     let telemetry = Telemetry::builder_from_env("orders")
//!         .with_service_version(env!("CARGO_PKG_VERSION"))
//!         .with_span_counts(SpanCounts::register(&mut registry)?)
//!         .with_logs(Logs::text())
//!         .install()?;
//!     tracing::info!("{}", telemetry.report());
//!     // ... the service runs, and shows the registry as `/metrics` ...
//!     Ok(telemetry.shutdown()?)
//! }
//! # }
//! # #[cfg(all(feature = "logs", feature = "prometheus"))]
//! # service::main().unwrap();
//! ```
//!
//! The builder says in code what the environment does not. Here a trace goes to a closure:
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
//! - [`Telemetry`] is the guard. Its drop flushes and shuts down, within a bounded time, under any runtime or none. It [lists the
//!   variables](Telemetry::from_env) that are read, and [reports](Telemetry::report) what is in force.
//! - [`TelemetryBuilder`] sets everything in code. Where spans go: [`Otlp`] (HTTP and gRPC, by the features `otlp-http` and `otlp-grpc`), a
//!   [`Waterfall`], exporters of your own, or all of them.
//! - [`Profile`] has the defaults for a desk, for staging and for production.
//! - [`Rules`] sample by importance; [`Keep`] exports what failed although it was not sampled.
//! - [`Batch`] and [`ExportCounts`]: how spans are gathered, and what became of each.
//! - [`Logs`] writes logs with trace ids (feature `logs`).
//! - [`plan`](mod@plan) says how much there will be to store.
//! - [`Waterfall`] collects spans into [`Trace`]s, over several services in one process, and prints them or hands them to a
//!   closure. Tests can check traces that way, too, or span by span with [`InMemory`].
//!
//! In production, what matters is sampled in full, and what failed is kept:
//!
//! ```
//! use std::time::Duration;
//! use tower_telemetry_setup::{Keep, Rule, Rules, Telemetry};
//!
//! let rules = Rules::otherwise(0.01)
//!     .with_rule(Rule::never().with_path("/healthz*"))
//!     .with_rule(Rule::always().with_name("POST /checkout"));
//! let telemetry = Telemetry::builder_from_env("orders")
//!     .with_sampling_rules(rules)
//!     .with_keep(Keep::failed().with_slow(Duration::from_secs(2)))
//!     .install()?;
//! # telemetry.shutdown()?;
//! # Ok::<(), tower_telemetry_setup::Error>(())
//! ```
//!
//! Spans are exported in batches, on threads that are not traced themselves. A collector that is down or slow slows no request: spans wait
//! in a queue of 2,048, and what finds no room is dropped and [counted](Telemetry::exports). Losses are told as `tracing` warnings, at most
//! once a minute.
//!
//! # When the hooks run
//!
//! The sampler is asked when a span starts, on its thread. Processors of [your own](TelemetryBuilder::with_processor), [`Keep`] and the [`Waterfall`] see a span
//! when it starts and when it ends, on its thread; exporters get batches, on threads of their own. What is left is exported when [`Telemetry`] is dropped.
//!
//! # Self-check
//!
//! What would make tracing silently not work is told once as a `tracing` warning, at the start or at the first span, and is in the
//! [report](Telemetry::report): see [`Finding`]. The layers tell that no provider was there when calls came, as it is when one is installed
//! too late or with another version of the `opentelemetry` crate, and that no route was ever seen.
//!
//! # Features
//!
//! - `gzip` (default), `zstd`: compression of what is exported by OTLP over HTTP. Over gRPC gzip is always there; `zstd-grpc` is zstd.
//! - `logs` (default): [`Logs`] and [`TraceIds`]; `otlp-logs`: logs exported by OTLP, too.
//! - `otlp-http` (default), `otlp-grpc`: export by OTLP.
//! - `prometheus`: metrics of spans.
//! - `sampling-file`: rules from TOML, and from files that are looked at again.
#![cfg_attr(
    not(all(
        any(feature = "otlp-http", feature = "otlp-grpc"),
        feature = "logs",
        feature = "sampling-file"
    )),
    allow(rustdoc::broken_intra_doc_links)
)]

mod batch;
mod bounded;
mod builder;
mod check;
mod environment;
mod error;
mod in_memory;
mod keep;
#[cfg(feature = "logs")]
mod logs;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod otlp;
mod pipeline;
pub mod plan;
mod profile;
mod report;
mod resource;
mod samplers;
mod telemetry;
mod waterfall;

/// Where [`HttpClient`](opentelemetry_http::HttpClient) is, for [`Otlp::http_with`].
#[cfg(feature = "otlp-http")]
#[doc(no_inline)]
pub use opentelemetry_http;
/// The SDK whose samplers and exporters the builder takes.
#[doc(no_inline)]
pub use opentelemetry_sdk;
#[doc(no_inline)]
pub use tower_telemetry_propagate::SamplingHint;

pub use batch::{Batch, BatchProcessor, ExportCounts, Exports, Losses};
pub use builder::TelemetryBuilder;
pub use check::Finding;
pub use error::Error;
pub use in_memory::InMemory;
pub use keep::{Keep, KeepCounts};
#[cfg(feature = "logs")]
pub use logs::{Logs, TraceIds};
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
pub use otlp::{Compression, Otlp};
pub use pipeline::Next;
pub use profile::Profile;
pub use report::Report;
pub use samplers::{RateLimit, Rule, Rules};
pub use telemetry::Telemetry;
pub use waterfall::{Trace, TraceSpan, Waterfall, WaterfallProcessor};
