//! Metrics get into a registry, unless their names are taken.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Registry;

use crate::names::{Name, registered, shown};

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

/// Registers these metrics, unless one of the registry's own has a name that they need: also one of a family that has no series yet.
pub(crate) fn register(registry: &mut Registry, collect: impl Collect) -> Result<(), RegisterError> {
    let (others, registered) = (shown(registry), registered(registry));
    let welcome = Arc::new(AtomicBool::new(true));
    registry.register_collector(Box::new(Registered {
        collect,
        welcome: Arc::clone(&welcome),
    }));
    let mut ours = shown(registry);
    for other in &others {
        if let Some(at) = ours.iter().position(|name| name == other) {
            ours.remove(at);
        }
    }
    let mut taken: HashSet<_> = others.iter().chain(&registered).flat_map(Name::takes).collect();
    for name in ours {
        let fault = if !name.is_valid() {
            RegisterError::InvalidName
        } else if name.takes().any(|sample| !taken.insert(sample)) {
            RegisterError::NameTaken
        } else {
            continue;
        };
        welcome.store(false, Ordering::Relaxed);
        return Err(fault(name.name));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use prometheus_client::metrics::counter::Counter as Theirs;
    use prometheus_client::metrics::family::Family as TheirFamily;
    use prometheus_client::metrics::gauge::Gauge;

    use super::*;
    use crate::{Counter, Family, Metrics};

    fn family(name: &str) -> Family<[(&'static str, String); 1], Counter> {
        Family::counters(name, "For a test")
    }

    #[test]
    fn a_name_is_taken_once() {
        let mut registry = Registry::default();
        assert_eq!(family("jobs").register(&mut registry), Ok(()));
        let before = shown(&registry);
        let taken = RegisterError::NameTaken("jobs".into());
        assert_eq!(family("jobs").register(&mut registry), Err(taken));
        assert_eq!(shown(&registry), before, "nothing of it is left");
    }

    #[test]
    fn names_of_others_are_taken_too() {
        let mut registry = Registry::default();
        registry.register("jobs", "A gauge", Gauge::<i64>::default());
        assert!(family("jobs").register(&mut registry).is_err());
    }

    #[test]
    fn the_name_of_a_family_that_is_still_empty_is_taken() {
        let mut registry = Registry::default();
        let empty = TheirFamily::<[(&str, &str); 1], Theirs>::default();
        registry.register("http_server_active_requests", "An empty family", empty);
        let taken = RegisterError::NameTaken("http_server_active_requests".into());
        assert_eq!(Metrics::server().register(&mut registry).map(drop), Err(taken));

        family("mails").register(&mut registry).expect("a new name");
        let taken = RegisterError::NameTaken("mails".into());
        assert_eq!(family("mails").register(&mut registry), Err(taken), "ours are shown");
    }

    #[test]
    fn the_name_of_a_sample_is_taken_too() {
        let mut registry = Registry::default();
        registry.register("jobs_total", "A gauge", Gauge::<i64>::default());
        registry.register("mails", "A counter", Theirs::<u64>::default());
        assert!(family("jobs").register(&mut registry).is_err());
        let mails = Family::<[(&str, &str); 1], _>::gauges("mails_total", "Mails");
        assert!(mails.register(&mut registry).is_err());
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
