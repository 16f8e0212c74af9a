//! Metrics get into a registry, unless their names are taken.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::encoding::text::encode_registry;
use prometheus_client::registry::Registry;

/// Why metrics were not registered. Nothing of them is in the registry then.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegisterError {
    /// The registry has a metric of this name already.
    NameTaken(String),
    /// A metric cannot have this name: of letters, digits, `_` and `:`, not beginning with a digit.
    InvalidName(String),
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RegisterError::NameTaken(name) => write!(f, "the registry already has a metric named {name}"),
            RegisterError::InvalidName(name) => write!(f, "a metric cannot be named {name:?}"),
        }
    }
}

impl std::error::Error for RegisterError {}

/// Writes metrics, with their descriptors.
pub(crate) trait Collect: fmt::Debug + Send + Sync + 'static {
    fn collect(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result;
}

/// What is registered for a [`Collect`].
#[derive(Debug)]
struct Registered<C> {
    collect: C,
    // A registry takes nothing back: who is not welcome stays silent.
    welcome: Arc<AtomicBool>,
}

impl<C: Collect> Collector for Registered<C> {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        match self.welcome.load(Ordering::Relaxed) {
            true => self.collect.collect(&mut encoder),
            false => Ok(()),
        }
    }
}

/// Registers these metrics.
///
/// The registry's names are those it shows, with its prefixes: a family of prometheus-client's own that has no series yet shows none.
pub(crate) fn register(registry: &mut Registry, collect: impl Collect) -> Result<(), RegisterError> {
    let before = names(registry);
    let welcome = Arc::new(AtomicBool::new(true));
    registry.register_collector(Box::new(Registered {
        collect,
        welcome: Arc::clone(&welcome),
    }));
    let mut after: Vec<_> = names(registry).into_iter().collect();
    after.sort();
    let ours = after.into_iter().filter_map(|(name, times)| {
        let known = before.get(&name).copied().unwrap_or_default();
        (times > known).then_some((name, times))
    });
    let mut faults = ours.filter_map(|(name, times)| {
        if !is_name(&name) {
            return Some(RegisterError::InvalidName(name));
        }
        (times > 1).then_some(RegisterError::NameTaken(name))
    });
    match faults.next() {
        Some(fault) => {
            welcome.store(false, Ordering::Relaxed);
            Err(fault)
        }
        None => Ok(()),
    }
}

/// The names of a registry's metrics, and how often each of them is there.
fn names(registry: &Registry) -> HashMap<String, usize> {
    let mut text = String::new();
    // What cannot be encoded has no names.
    let _ = encode_registry(&mut text, registry);
    let mut names = HashMap::new();
    for line in text.lines() {
        let described = line.strip_prefix("# TYPE ").and_then(|line| line.rsplit_once(' '));
        if let Some((name, _)) = described {
            *names.entry(name.to_owned()).or_default() += 1;
        }
    }
    names
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let starts = bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || b"_:".contains(&byte));
    starts && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_:".contains(&byte))
}

#[cfg(test)]
mod tests {
    use prometheus_client::metrics::gauge::Gauge;

    use super::*;
    use crate::{Counter, Family};

    fn family(name: &str) -> Family<[(&'static str, String); 1], Counter> {
        Family::counters(name, "For a test")
    }

    #[test]
    fn a_name_is_taken_once() {
        let mut registry = Registry::default();
        assert_eq!(family("jobs").register(&mut registry), Ok(()));
        let before = names(&registry);
        let taken = RegisterError::NameTaken("jobs".into());
        assert_eq!(family("jobs").register(&mut registry), Err(taken));
        assert_eq!(names(&registry), before, "nothing of it is left");
    }

    #[test]
    fn names_of_others_are_taken_too() {
        let mut registry = Registry::default();
        registry.register("jobs", "A gauge", Gauge::<i64>::default());
        assert!(family("jobs").register(&mut registry).is_err());
    }

    #[test]
    fn a_prefix_makes_another_name() {
        let mut registry = Registry::default();
        family("jobs")
            .register(registry.sub_registry_with_prefix("admin"))
            .expect("new");
        family("jobs").register(&mut registry).expect("another one");
        assert!(family("admin_jobs").register(&mut registry).is_err());
    }

    #[test]
    fn two_registries_have_the_same_names() {
        let jobs = family("jobs");
        for mut registry in [Registry::default(), Registry::default()] {
            assert_eq!(jobs.register(&mut registry), Ok(()));
        }
    }

    #[test]
    fn a_name_that_cannot_be_is_an_error() {
        for name in ["", "9lives", "a-b", "a b", "a\u{e9}"] {
            let error = family(name).register(&mut Registry::default());
            assert!(matches!(error, Err(RegisterError::InvalidName(_))), "{name}: {error:?}");
        }
        assert!(family("jobs").register(&mut Registry::with_prefix("a b")).is_err());
    }
}
