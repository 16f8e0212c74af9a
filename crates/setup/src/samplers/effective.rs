//! The sampler that the provider has: the one chosen, and what becomes of the rest.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::trace::{Link, SpanKind, TraceId};
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
    /// Whether a [`PROBE`] has come by.
    pub(crate) probed: Arc<AtomicBool>,
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
        let mut result = self.sampler.should_sample(parent, trace, name, kind, attributes, links);
        if name == PROBE {
            self.probed.store(true, Ordering::Release);
            result.decision = SamplingDecision::Drop;
        } else if result.decision == SamplingDecision::Drop && self.unsampled == Unsampled::Record {
            result.decision = SamplingDecision::RecordOnly;
        }
        result
    }
}
