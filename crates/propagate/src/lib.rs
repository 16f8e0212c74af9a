//! Trace context between HTTP headers and OpenTelemetry contexts: strict W3C, and nothing half-written.
//!
//! - [`W3c`] is a propagator for `traceparent` and `tracestate` as [W3C Trace Context Level 2][w3c] defines them. It works
//!   wherever OpenTelemetry takes a [`TextMapPropagator`], and on a [`HeaderMap`](http::HeaderMap) directly, which is
//!   faster and never leaves a stale header beside a new one.
//! - [`W3cBaggage`] is the same for `baggage` as [W3C Baggage][w3c-baggage] has it. Nothing sends baggage unless it is asked to.
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
//! # When the hooks run
//!
//! None do: [`extract`](Propagation::extract) and [`inject`](Propagation::inject) are called by whoever has headers, a server's layer before it starts its span, a
//! client's after. The propagator is looked up with each call, so that one that is installed later is found. [`CarryContextLayer`] takes the current
//! context in `Service::call`.
//!
//! [w3c]: https://www.w3.org/TR/trace-context-2/
//! [w3c-baggage]: https://www.w3.org/TR/baggage/
//! [`TextMapPropagator`]: opentelemetry::propagation::TextMapPropagator

mod baggage;
mod carry;
mod choice;
mod entries;
mod hint;
mod kept;
mod member;
mod members;
mod none;
mod outbound;
mod received;
mod replacing;
mod traceparent;
mod tracestate;
mod w3c;
mod whitespace;

pub use baggage::W3cBaggage;
pub use carry::{CarriedContext, CarryContext, CarryContextLayer};
pub use choice::Propagation;
pub use hint::SamplingHint;
pub use none::NoPropagator;
pub use outbound::{NoPropagation, Outbound};
pub use w3c::W3c;
