//! When is looked, and what is told.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry::{Context, global};

use super::{Finding, provider, reach};
use crate::pipeline::{Pipeline, Use};

/// What is looked at.
#[derive(Debug)]
pub(crate) struct Checked {
    /// Where our own sampler counts probes; `None` when there are no spans anyway.
    pub(crate) probes: Option<Arc<AtomicU64>>,
    /// Addresses of exporters.
    pub(crate) destinations: Vec<String>,
    pub(crate) pipeline: Pipeline,
    pub(crate) installed: Instant,
    /// After so long without a span something may be wrong.
    pub(crate) first_span_within: Duration,
}

/// Looks at the start, and when the first span has started; tells what it finds once, as `tracing` warnings.
#[derive(Debug)]
pub(crate) struct Checker {
    checked: Arc<Checked>,
    told: Arc<Mutex<Vec<Finding>>>,
}

impl Checker {
    /// Tells of what is known, and begins to look. Without a thread nothing more is told by itself.
    pub(crate) fn start(checked: Checked, known: &[Finding]) -> Self {
        let checker = Self {
            checked: Arc::new(checked),
            told: Arc::default(),
        };
        checker.tell(known.iter().cloned());
        checker.tell(checker.checked.process());
        let looking = Self {
            checked: Arc::clone(&checker.checked),
            told: Arc::clone(&checker.told),
        };
        let _ = thread::Builder::new()
            .name("telemetry-check".into())
            .spawn(move || looking.look());
        checker
    }

    fn look(&self) {
        {
            let _suppressed = Context::enter_telemetry_suppressed_scope();
            self.tell(self.checked.unreachable());
        }
        if self.checked.probes.is_none() {
            return;
        }
        let mut used = self.checked.pipeline.wait_for_use(Some(self.checked.first_span_within));
        if used == Use::NotYet {
            self.tell([Finding::Unused]);
            used = self.checked.pipeline.wait_for_use(None);
        }
        if used == Use::Begun {
            self.tell(self.checked.process());
        }
    }

    /// Looks at everything now, and tells nothing.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let mut findings = self.checked.process();
        findings.extend(self.checked.unreachable());
        findings.extend(self.checked.unused());
        findings
    }

    fn tell(&self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            if !told.contains(&finding) {
                told.push(finding.clone());
                drop(told);
                tracing::warn!("{finding}");
            }
        }
    }
}

impl Checked {
    /// What is process-wide, and anyone may change.
    fn process(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let foreign = self.probes.as_deref().is_some_and(|probes| !provider::is_ours(probes));
        // One of ours that has been shut down meanwhile asks no sampler either.
        if foreign && self.pipeline.used() != Use::Over {
            findings.push(Finding::AnotherProviderSince);
        }
        if global::get_text_map_propagator(|propagator| propagator.fields().next().is_none()) {
            findings.push(Finding::NoPropagator);
        }
        findings
    }

    fn unused(&self) -> Option<Finding> {
        let late = self.installed.elapsed() >= self.first_span_within;
        let unused = late && self.probes.is_some() && self.pipeline.used() == Use::NotYet;
        unused.then_some(Finding::Unused)
    }

    fn unreachable(&self) -> Vec<Finding> {
        let each = self.destinations.iter();
        each.filter_map(|destination| reach::unreachable(destination)).collect()
    }
}
