//! The sampler that the provider has: the one chosen, and what becomes of the rest.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::trace::{Link, SpanKind, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};

/// The name of a span that asks whose provider it was started with, and is never recorded.
pub(crate) const PROBE: &str = "tower-telemetry self-check";

/// What happens to a span that is not sampled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsampled {
    Drop,
    /// It is recorded, so that it can be kept after all.
    Record,
}

#[derive(Debug, Clone)]
pub(crate) struct Effective {
    pub(crate) sampler: Box<dyn ShouldSample>,
    pub(crate) unsampled: Unsampled,
    /// How many [`PROBE`]s have come by.
    pub(crate) probes: Arc<AtomicU64>,
}

impl ShouldSample for Effective {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        if name == PROBE {
            self.probes.fetch_add(1, Ordering::Release);
            // The sampler is not asked: it may count what it lets through.
            return SamplingResult {
                decision: SamplingDecision::Drop,
                attributes: Vec::new(),
                trace_state: TraceState::NONE,
            };
        }
        let mut result = self.sampler.should_sample(parent, trace, name, kind, attributes, links);
        if result.decision == SamplingDecision::Drop && self.unsampled == Unsampled::Record {
            result.decision = SamplingDecision::RecordOnly;
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_sdk::trace::Sampler;

    use super::*;
    use crate::RateLimit;

    #[test]
    fn a_probe_takes_nobody_s_place() {
        let sampler = Effective {
            sampler: Box::new(RateLimit::new(Sampler::AlwaysOn, 1e-6)),
            unsampled: Unsampled::Record,
            probes: Arc::default(),
        };
        let decide = |name| {
            let result = sampler.should_sample(None, TraceId::from(1), name, &SpanKind::Server, &[], &[]);
            result.decision
        };
        assert_eq!(decide(PROBE), SamplingDecision::Drop);
        assert_eq!(sampler.probes.load(Ordering::Acquire), 1);
        assert_eq!(decide("GET"), SamplingDecision::RecordAndSample);
        assert_eq!(decide("GET"), SamplingDecision::RecordOnly);
    }
}
