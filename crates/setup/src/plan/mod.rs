//! How much there will be to store.
//!
//! ```
//! use tower_telemetry_setup::plan::plan;
//!
//! // Ten million requests a day, 1 % of them traced, 10 spans each, kept for a week.
//! let plan = plan(10_000_000, 0.01, 10.0, 7).with_bytes_per_span(1_024.0);
//! assert_eq!(plan.daily_traces(), 100_000.0);
//! assert_eq!(plan.daily_spans(), 1_000_000.0);
//! assert_eq!(plan.daily_bytes(), 1_024_000_000.0);
//! assert_eq!(plan.total_bytes(), 7_168_000_000.0);
//! ```
//!
//! `cargo run -p capacity -- plan --daily-requests 10000000` prints a table, and compares strategies.

mod size;
mod strategy;

pub use self::size::{BYTES_PER_SPAN, GZIPPED_BYTES_PER_SPAN, Size};
pub use self::strategy::{Retention, Share};

/// What a day brings, and what is stored of it. Estimates, so not whole numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct Plan {
    daily_requests: u64,
    sampling_rate: f64,
    spans_per_trace: f64,
    retention_days: u32,
    bytes_per_span: f64,
    kept: Option<Kept>,
}

/// Traces that are exported although they were not sampled.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Kept {
    share: f64,
    spans: f64,
}

/// A plan for so many requests a day, of which this share is traced (from 0 to 1), with so many spans in a trace, kept for so many
/// days. A span has [`BYTES_PER_SPAN`] unless that is set.
pub fn plan(daily_requests: u64, sampling_rate: f64, spans_per_trace: f64, retention_days: u32) -> Plan {
    Plan {
        daily_requests,
        sampling_rate: share(sampling_rate),
        spans_per_trace: spans_per_trace.max(0.0),
        retention_days,
        bytes_per_span: BYTES_PER_SPAN,
        kept: None,
    }
}

/// From 0 to 1; not a number is nothing.
fn share(share: f64) -> f64 {
    if share > 0.0 { share.min(1.0) } else { 0.0 }
}

impl Plan {
    /// How many bytes a span takes where it is stored: a backend's own format and its indexes may need more than what is sent.
    pub fn with_bytes_per_span(mut self, bytes: f64) -> Self {
        self.bytes_per_span = bytes.max(0.0);
        self
    }

    /// Traces are kept when they failed, although they were not sampled: this share of the requests fails, and of each such trace so
    /// many spans are kept, those of the service that keeps it. See [`Keep`](crate::Keep).
    pub fn with_kept_failures(mut self, share: f64, spans: f64) -> Self {
        self.kept = Some(Kept {
            share: self::share(share),
            spans: spans.max(0.0),
        });
        self
    }

    /// Traces that are stored, in whole or in part.
    pub fn daily_traces(&self) -> f64 {
        self.sampled() + self.kept_traces()
    }

    /// Spans that are stored.
    pub fn daily_spans(&self) -> f64 {
        let kept = self.kept.map_or(0.0, |kept| kept.spans);
        self.sampled() * self.spans_per_trace + self.kept_traces() * kept
    }

    /// What a day adds to the store.
    pub fn daily_bytes(&self) -> f64 {
        self.daily_spans() * self.bytes_per_span
    }

    /// What the store holds once the first day's is let go.
    pub fn total_bytes(&self) -> f64 {
        self.daily_bytes() * f64::from(self.retention_days)
    }

    /// What is where with two tiers instead of one.
    pub fn tiered(&self, retention: Retention) -> (f64, f64) {
        let of = |days: u32| self.daily_bytes() * f64::from(days);
        (
            of(retention.hot_days),
            of(retention.cold_days) / retention.cold_compression.max(1.0),
        )
    }

    fn sampled(&self) -> f64 {
        self.daily_requests as f64 * self.sampling_rate
    }

    fn kept_traces(&self) -> f64 {
        let unsampled = self.daily_requests as f64 * (1.0 - self.sampling_rate);
        self.kept.map_or(0.0, |kept| unsampled * kept.share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kibibyte_a_span_and_ten_a_trace_for_ten_million_requests_a_day() {
        let plan = plan(10_000_000, 0.01, 10.0, 7).with_bytes_per_span(1_024.0);
        assert_eq!(plan.daily_traces(), 100_000.0);
        assert_eq!(plan.daily_spans(), 1_000_000.0);
        assert_eq!(Size(plan.daily_bytes()).to_string(), "977 MiB");
        assert_eq!(Size(plan.total_bytes()).to_string(), "6.68 GiB");
    }

    #[test]
    fn kept_failures_come_on_top_of_what_is_sampled() {
        let plan = plan(1_000, 0.1, 10.0, 1).with_kept_failures(0.01, 3.0);
        assert_eq!(plan.daily_traces(), 100.0 + 9.0);
        assert_eq!(plan.daily_spans(), 1_000.0 + 27.0);
    }

    #[test]
    fn two_tiers_share_the_days() {
        let plan = plan(1_000, 1.0, 1.0, 7).with_bytes_per_span(100.0);
        let retention = Retention {
            hot_days: 2,
            cold_days: 30,
            cold_compression: 10.0,
        };
        assert_eq!(plan.tiered(retention), (200_000.0, 300_000.0));
    }

    #[test]
    fn nonsense_is_nothing() {
        assert_eq!(plan(1_000, -1.0, 10.0, 7).daily_spans(), 0.0);
        assert_eq!(plan(1_000, 2.0, 1.0, 7).daily_spans(), 1_000.0);
        assert_eq!(plan(1_000, f64::NAN, 1.0, 7).daily_spans(), 0.0);
    }
}
