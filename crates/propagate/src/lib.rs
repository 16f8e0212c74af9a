//! Trace context between HTTP headers and OpenTelemetry contexts: strict W3C, and nothing half-written.
//!
//! - [`W3c`] is a propagator for `traceparent` and `tracestate` as [W3C Trace Context Level 2][w3c] defines them. It works
//!   wherever OpenTelemetry takes a [`TextMapPropagator`], and on a [`HeaderMap`](http::HeaderMap) directly, which is
//!   faster and never leaves a stale header beside a new one.
//! - [`Propagation`] is the choice of a propagator: the one installed globally, a given one, or none.
//!
//! ```
//! use http::HeaderMap;
//! use opentelemetry::{Context, trace::TraceContextExt};
//! use tower_telemetry_propagate::Propagation;
//!
//! let mut incoming = HeaderMap::new();
//! incoming.insert("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse()?);
//! incoming.insert("tracestate", "congo=t61rcWkgMzE".parse()?);
//!
//! let propagation = Propagation::default();
//! let cx = propagation.extract(&Context::new(), &incoming);
//! assert!(cx.span().span_context().is_sampled());
//!
//! let mut outgoing = HeaderMap::new();
//! propagation.inject(&cx, &mut outgoing);
//! assert_eq!(outgoing, incoming);
//! # Ok::<(), http::header::InvalidHeaderValue>(())
//! ```
//!
//! [w3c]: https://www.w3.org/TR/trace-context-2/
//! [`TextMapPropagator`]: opentelemetry::propagation::TextMapPropagator

mod choice;
mod entries;
mod kept;
mod traceparent;
mod tracestate;
mod w3c;

pub use choice::Propagation;
pub use w3c::W3c;
