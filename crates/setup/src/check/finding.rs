//! What can be found.

use std::fmt;

/// Something that makes tracing not work, or not work as meant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// A tracer provider was installed before this one.
    AnotherProviderBefore,
    /// Another tracer provider has taken this one's place.
    AnotherProviderSince,
    /// The process's propagator carries nothing.
    NoPropagator,
    /// The sampler samples nothing that begins here.
    NothingSampled,
    /// Nobody accepts connections where an exporter sends to.
    Unreachable {
        /// The address.
        exporter: String,
        /// What happened when it was tried.
        reason: String,
    },
    /// No span has started [in time](crate::TelemetryBuilder::with_first_span_within). So it looks when whoever makes spans uses
    /// another version of the `opentelemetry` crate, whose global provider is another one, and is not set.
    Unused,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnotherProviderBefore => f.write_str(
                "another tracer provider was installed before this one: spans of tracers that were taken from it still go to it; \
                 install telemetry first in `main`, and install one provider only",
            ),
            Self::AnotherProviderSince => f.write_str(
                "another tracer provider was installed after this one and gets the spans of all tracers taken from now on: \
                 remove that `opentelemetry::global::set_tracer_provider`",
            ),
            Self::NoPropagator => f.write_str(
                "the process's propagator carries nothing, so libraries that use it start a trace of their own in each service: \
                 remove the `set_text_map_propagator` that comes after the setup",
            ),
            Self::NothingSampled => f.write_str(
                "the sampler records no trace that begins here: see OTEL_TRACES_SAMPLER and its argument, and `with_sampler`",
            ),
            Self::Unreachable { exporter, reason } => {
                write!(f, "nobody can be reached at {exporter} ({reason}): spans are lost until a collector listens there")
            }
            Self::Unused => f.write_str(
                "no span has started since telemetry was installed: if requests were served, their layers may use another version of \
                 the opentelemetry crate, which `cargo tree -d -i opentelemetry` shows, or are not applied to these routes",
            ),
        }
    }
}
