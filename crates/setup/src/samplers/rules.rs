//! Rules, the first that matches decides; they can be replaced while spans start.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use opentelemetry::trace::{Link, SpanKind, TraceContextExt as _, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};

use super::Rule;
use super::ratio::Ratio;
use super::rule::Start;

/// A sampler by importance: the first [`Rule`] that matches says which share of the traces is recorded.
///
/// ```
/// use tower_telemetry_setup::{Rule, Rules, Telemetry, Waterfall};
///
/// let rules = Rules::otherwise(0.01)
///     .with_rule(Rule::always().with_hint("debug").with_rate_limit(5.0))
///     .with_rule(Rule::never().with_path("/healthz*"))
///     .with_rule(Rule::always().with_name("POST /checkout"));
/// let telemetry = Telemetry::builder("orders")
///     .with_sampling_rules(rules.clone())
///     .with_waterfall(Waterfall::stderr())
///     .build()?;
///
/// // Later, while the service runs:
/// rules.replace(&Rules::otherwise(1.0));
/// # telemetry.shutdown()?;
/// # Ok::<(), tower_telemetry_setup::Error>(())
/// ```
///
/// A share is always of the same traces, by the lower half of their ids and as the SDK's `TraceIdRatioBased` has it, so services that
/// decide by the same share agree. Rate limits are a service's own.
///
/// Given to the builder, rules decide where there is no parent; below, its decision holds. As any sampler, they can be put into other
/// [branches](crate::TelemetryBuilder::with_branches) as well. In those for parents that are remote and not sampled, mind that the
/// layers start such spans with the method alone as their name and without attributes, unless
/// `Spans::with_sampling_attributes(SamplingAttributes::Always)` says otherwise.
///
/// Clones are the same rules.
#[derive(Debug, Clone)]
#[must_use]
pub struct Rules {
    table: Arc<RwLock<Table>>,
}

#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) rules: Vec<Rule>,
    pub(super) otherwise: Ratio,
}

impl Rules {
    /// No rule yet; this share of the traces that none matches, from 0 to 1.
    pub fn otherwise(ratio: f64) -> Self {
        Self::of(Table {
            rules: Vec::new(),
            otherwise: Ratio::new(ratio),
        })
    }

    pub(super) fn of(table: Table) -> Self {
        Self {
            table: Arc::new(RwLock::new(table)),
        }
    }

    /// Adds a rule after those that are there.
    pub fn with_rule(self, rule: Rule) -> Self {
        self.table
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .rules
            .push(rule);
        self
    }

    /// From now on decides as `rules` do at this moment, in all clones.
    pub fn replace(&self, rules: &Self) {
        let table = rules.table().clone();
        *self.table.write().unwrap_or_else(PoisonError::into_inner) = table;
    }

    fn table(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether no trace can ever be recorded.
    pub(crate) fn is_never(&self) -> bool {
        let table = self.table();
        table.otherwise.get() <= 0.0 && table.rules.iter().all(|rule| rule.ratio.get() <= 0.0)
    }
}

impl Table {
    fn takes(&self, trace: TraceId, start: &Start<'_>) -> bool {
        match self.rules.iter().find(|rule| rule.matches(start)) {
            Some(rule) => rule.ratio.takes(trace) && rule.limit.as_ref().is_none_or(|(_, bucket)| bucket.take()),
            None => self.otherwise.takes(trace),
        }
    }
}

impl ShouldSample for Rules {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        let start = Start {
            parent,
            name,
            kind,
            attributes,
        };
        SamplingResult {
            decision: match self.table().takes(trace, &start) {
                true => SamplingDecision::RecordAndSample,
                false => SamplingDecision::Drop,
            },
            attributes: Vec::new(),
            trace_state: parent.map_or(TraceState::NONE, |parent| {
                parent.span().span_context().trace_state().clone()
            }),
        }
    }
}

/// One rule a line, the last for what none matches.
impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.table();
        for rule in &table.rules {
            writeln!(f, "{rule}")?;
        }
        write!(f, "{} % of all others", table.otherwise.get() * 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The id with the highest lower half: only a share of 1 takes it.
    const LAST: TraceId = TraceId::from_bytes([0xff; 16]);

    fn sampled(rules: &Rules, trace: TraceId, name: &str) -> bool {
        let result = rules.should_sample(None, trace, name, &SpanKind::Server, &[], &[]);
        result.decision == SamplingDecision::RecordAndSample
    }

    #[test]
    fn the_first_rule_that_matches_decides() {
        let rules = Rules::otherwise(0.5)
            .with_rule(Rule::never().with_name("GET /health*"))
            .with_rule(Rule::always().with_name("GET *"));
        assert!(!sampled(&rules, TraceId::from(1), "GET /healthz"));
        assert!(sampled(&rules, LAST, "GET /orders"));
        assert!(sampled(&rules, TraceId::from(1), "POST /orders"));
        assert!(!sampled(&rules, LAST, "POST /orders"));
    }

    #[test]
    fn rules_are_replaced_in_all_clones() {
        let rules = Rules::otherwise(0.0);
        let running = rules.clone();
        assert!(!sampled(&running, LAST, "a"));
        let new = Rules::otherwise(1.0);
        rules.replace(&new);
        assert!(sampled(&running, LAST, "a"));
        new.replace(&Rules::otherwise(0.0));
        assert!(sampled(&running, LAST, "a"), "they are not the same from then on");
        rules.replace(&rules.clone());
        assert!(sampled(&running, LAST, "a"), "nor do they lock themselves out");
    }

    #[test]
    fn a_rule_s_rate_limit_is_for_that_rule() {
        let rules = Rules::otherwise(1.0).with_rule(Rule::always().with_name("a").with_rate_limit(1e-6));
        assert!(sampled(&rules, LAST, "a"));
        assert!(!sampled(&rules, LAST, "a"));
        assert!(sampled(&rules, LAST, "b"));
    }

    #[test]
    fn rules_that_sample_nothing_are_known() {
        assert!(Rules::otherwise(0.0).with_rule(Rule::never()).is_never());
        assert!(!Rules::otherwise(0.0).with_rule(Rule::sample(0.1)).is_never());
        assert!(!Rules::otherwise(0.1).is_never());
    }
}
