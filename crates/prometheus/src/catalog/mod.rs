//! The metrics of calls: one table, from which they are registered, and the dashboard and the alerts are made.

mod calls;

use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

/// A metric, as it is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metric {
    /// Its name, without its unit and without `_total`.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// What it tells.
    pub help: &'static str,
    /// The labels it may have. A label that a call has no value for is left out.
    pub labels: &'static [&'static str],
}

/// What a [`Metric`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A counter.
    Counter,
    /// A gauge.
    Gauge,
    /// A histogram of durations, in seconds.
    Seconds,
    /// A histogram of sizes, in bytes.
    Bytes,
}

impl Metric {
    /// The name it has in a query: of a histogram without `_bucket`, `_sum` and `_count`.
    pub fn full_name(&self) -> String {
        let suffix = match self.kind {
            Kind::Counter => "_total",
            Kind::Gauge => "",
            Kind::Seconds => "_seconds",
            Kind::Bytes => "_bytes",
        };
        format!("{}{suffix}", self.name)
    }

    pub(crate) fn unit(&self) -> Option<&'static Unit> {
        match self.kind {
            Kind::Counter | Kind::Gauge => None,
            Kind::Seconds => Some(&Unit::Seconds),
            Kind::Bytes => Some(&Unit::Bytes),
        }
    }

    /// Writes its descriptor.
    pub(crate) fn describe<'e>(&self, encoder: &'e mut DescriptorEncoder<'_>) -> Result<MetricEncoder<'e>, fmt::Error> {
        encoder.encode_descriptor(self.name, self.help, self.unit(), self.metric_type())
    }

    pub(crate) fn metric_type(&self) -> MetricType {
        match self.kind {
            Kind::Counter => MetricType::Counter,
            Kind::Gauge => MetricType::Gauge,
            Kind::Seconds | Kind::Bytes => MetricType::Histogram,
        }
    }
}

/// The metrics of one kind of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Catalog {
    /// Counts calls, and times them from request to end; of a stream, to its head.
    pub duration: Metric,
    /// Calls that have begun and not ended.
    pub active: Metric,
    /// From the request to the response head.
    pub to_head: Metric,
    /// Bytes of request bodies.
    pub request_size: Metric,
    /// Bytes of response bodies.
    pub response_size: Metric,
    /// From a stream's head to its end.
    pub stream_duration: Metric,
    /// Streams that have begun and not ended.
    pub active_streams: Metric,
    /// Observations that were put into an overflow series.
    pub refused: Metric,
}

impl Catalog {
    /// All of them.
    pub fn metrics(&self) -> [Metric; 8] {
        [
            self.duration,
            self.active,
            self.to_head,
            self.request_size,
            self.response_size,
            self.stream_duration,
            self.active_streams,
            self.refused,
        ]
    }
}

pub use calls::{HTTP_CLIENT, HTTP_SERVER, RPC_CLIENT, RPC_SERVER};

/// All kinds of calls.
pub const CALLS: [Catalog; 4] = [HTTP_SERVER, HTTP_CLIENT, RPC_SERVER, RPC_CLIENT];

/// What becomes of spans.
pub const SPANS: [Metric; 6] = [
    ACTIVE_SPANS,
    SPANS_STARTED,
    SPANS_ENDED,
    SPANS_EXPORTED,
    SPANS_FAILED,
    SPANS_LOST,
];

/// `http_requests_total` of the classic names.
pub const CLASSIC_REQUESTS: Metric = Metric {
    name: "http_requests",
    kind: Kind::Counter,
    help: "Number of HTTP requests",
    labels: &["method", "endpoint", "status"],
};

/// `http_request_duration_seconds` of the classic names.
pub const CLASSIC_DURATION: Metric = Metric {
    name: "http_request_duration",
    kind: Kind::Seconds,
    help: "Duration of HTTP requests",
    labels: &["method", "endpoint"],
};

/// Spans that have started and not ended. A gauge, by the name that dashboards know it by.
pub const ACTIVE_SPANS: Metric = Metric {
    name: "active_spans_total",
    kind: Kind::Gauge,
    help: "Number of spans that are being recorded",
    labels: &[],
};

/// Spans that have started.
pub const SPANS_STARTED: Metric = span_counter("tower_telemetry_spans_started", "Spans that were begun and recorded");

/// Spans that have ended.
pub const SPANS_ENDED: Metric = span_counter("tower_telemetry_spans_ended", "Spans that were recorded to their end");

/// Spans that were exported.
pub const SPANS_EXPORTED: Metric = span_counter("tower_telemetry_spans_exported", "Spans that an exporter has taken");

/// Spans that an exporter has lost.
pub const SPANS_FAILED: Metric = span_counter(
    "tower_telemetry_spans_failed",
    "Spans that an exporter could not export",
);

/// Spans that will not arrive, for whatever reason.
pub const SPANS_LOST: Metric = Metric {
    name: "tower_telemetry_spans_lost",
    kind: Kind::Counter,
    help: "Spans that were lost, in a queue or by an exporter",
    labels: &["cause"],
};

/// Calls that were slow.
pub const SLOW_CALLS: Metric = Metric {
    name: "tower_telemetry_slow_calls",
    kind: Kind::Counter,
    help: "Calls that have reached the limit of their time",
    labels: BY_ROUTE,
};

/// Calls that blocked their thread.
pub const BLOCKING_CALLS: Metric = Metric {
    name: "tower_telemetry_blocking_calls",
    kind: Kind::Counter,
    help: "Calls that did not return from a poll within its limit",
    labels: BY_ROUTE,
};

const BY_ROUTE: &[&str] = &["http_request_method", "http_route", "call", "phase"];

/// Calls that took too long.
pub const SLOW: [Metric; 2] = [SLOW_CALLS, BLOCKING_CALLS];

/// Values that a policy has changed before they were written down.
pub const SANITIZED_VALUES: Metric = Metric {
    name: "tower_telemetry_sanitized_values",
    kind: Kind::Counter,
    help: "Values that a policy has changed before they were written down",
    labels: &["change"],
};

const fn span_counter(name: &'static str, help: &'static str) -> Metric {
    Metric {
        name,
        kind: Kind::Counter,
        help,
        labels: &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_conventions() {
        let names =
            [HTTP_SERVER.duration, HTTP_SERVER.active, HTTP_CLIENT.request_size].map(|metric| metric.full_name());
        assert_eq!(
            names,
            [
                "http_server_request_duration_seconds",
                "http_server_active_requests",
                "http_client_request_body_size_bytes",
            ]
        );
    }

    #[test]
    fn no_name_is_there_twice() {
        let all = CALLS.iter().flat_map(Catalog::metrics).chain(SPANS).chain(SLOW).chain([
            CLASSIC_REQUESTS,
            CLASSIC_DURATION,
            SANITIZED_VALUES,
        ]);
        let mut names: Vec<_> = all.map(|metric| metric.full_name()).collect();
        names.sort();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
