//! A share of all traces, the same ones everywhere.

use opentelemetry::trace::TraceId;

/// A ratio, in the form that trace ids are compared with: as `TraceIdRatioBased` of the SDK does it, so that services agree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ratio(f64);

impl Ratio {
    pub(crate) fn new(ratio: f64) -> Self {
        // Not a number is no trace.
        Self(if ratio > 0.0 { ratio.min(1.0) } else { 0.0 })
    }

    pub(crate) fn get(self) -> f64 {
        self.0
    }

    /// Whether this trace is in: the highest 63 bits of its id's lower half are below that share of their range.
    pub(crate) fn takes(self, trace: TraceId) -> bool {
        if self.0 >= 1.0 {
            return true;
        }
        let low = u128::from_be_bytes(trace.to_bytes()) as u64;
        low >> 1 < (self.0 * (1_u64 << 63) as f64) as u64
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator, Sampler, SamplingDecision, ShouldSample as _};

    use super::*;

    #[test]
    fn a_ratio_takes_the_traces_that_the_sdk_s_takes() {
        let ids = RandomIdGenerator::default();
        for ratio in [-1.0, 0.0, 0.001, 0.1, 0.5, 0.99, 1.0, 2.0] {
            let sdk = Sampler::TraceIdRatioBased(ratio);
            for _ in 0..10_000 {
                let id = ids.new_trace_id();
                let kind = opentelemetry::trace::SpanKind::Server;
                let decision = sdk.should_sample(None, id, "", &kind, &[], &[]).decision;
                assert_eq!(
                    Ratio::new(ratio).takes(id),
                    decision == SamplingDecision::RecordAndSample,
                    "{id} at {ratio}"
                );
            }
        }
        assert!(!Ratio::new(f64::NAN).takes(TraceId::from(1)));
    }

    /// Three services decide by themselves, and none breaks a trace of another.
    #[test]
    fn a_million_traces_over_three_services_are_all_or_nothing() {
        const TRACES: u32 = 1_000_000;
        let ids = RandomIdGenerator::default();
        let services = [Ratio::new(0.1); 3];
        let mut sampled = 0;
        for _ in 0..TRACES {
            let id = ids.new_trace_id();
            let decisions = services.map(|service| service.takes(id));
            assert!(
                decisions.iter().all(|decision| *decision == decisions[0]),
                "{id} is split"
            );
            sampled += u32::from(decisions[0]);
        }
        // Three standard deviations are 0.0009; six, so that this fails by chance once in 500 million runs.
        let rate = f64::from(sampled) / f64::from(TRACES);
        assert!((rate - 0.1).abs() < 0.0018, "{rate}");
    }
}
