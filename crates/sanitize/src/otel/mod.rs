//! The policy for OpenTelemetry's types.

mod attributes;
mod baggage;
#[cfg(feature = "opentelemetry_sdk")]
mod exporter;
#[cfg(feature = "opentelemetry_sdk")]
mod limits;
mod look;
mod names;
mod settled;
mod span;
#[cfg(feature = "opentelemetry_sdk")]
mod survey;

#[cfg(feature = "opentelemetry_sdk")]
pub use exporter::SanitizingExporter;
#[cfg(feature = "opentelemetry_sdk")]
pub(crate) use limits::Limits;
pub(crate) use settled::Settled;
pub use span::SanitizedSpan;
