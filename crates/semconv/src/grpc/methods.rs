//! Which methods a server knows.

use std::sync::{Arc, OnceLock};

use super::method::MethodName;
use crate::hash::hash;
use crate::table::{find, find_or_keep};

/// The most methods that are learned.
const LEARNED: usize = 1024;

/// The methods that are known: names for spans and labels.
#[derive(Clone, Debug)]
pub(crate) enum Methods {
    /// These, sorted, and no others.
    Declared(Arc<Vec<MethodName>>),
    /// Those that have been replied to.
    Learned(Arc<[OnceLock<MethodName>]>),
}

impl Methods {
    pub(crate) fn learned() -> Self {
        Methods::Learned((0..LEARNED).map(|_| OnceLock::new()).collect())
    }

    /// Adds a method to those that are declared. The first one ends all learning.
    pub(crate) fn declare(&mut self, name: &str) {
        if let Methods::Learned(_) = self {
            *self = Methods::Declared(Arc::default());
        }
        if let Methods::Declared(declared) = self {
            if let Err(place) = position(declared, name) {
                Arc::make_mut(declared).insert(place, MethodName::kept(name));
            }
        }
    }

    pub(crate) fn find(&self, name: &str) -> Option<MethodName> {
        let known = match self {
            Methods::Declared(declared) => position(declared, name).ok().and_then(|place| declared.get(place)),
            Methods::Learned(learned) => {
                let place = find(learned, hash(name.as_bytes()), |known| known.as_str() == name);
                place.and_then(|place| learned.get(place)?.get())
            }
        };
        known.cloned()
    }

    /// A method has been replied to. `None` if it cannot be learned: there are too many.
    pub(crate) fn learn(&self, name: &str) -> Option<MethodName> {
        let Methods::Learned(learned) = self else { return None };
        let is = |known: &MethodName| known.as_str() == name;
        let place = find_or_keep(learned, hash(name.as_bytes()), is, || MethodName::kept(name))?;
        learned.get(place)?.get().cloned()
    }

    /// Whether a method that is not known may come to be.
    pub(crate) fn are_learned(&self) -> bool {
        matches!(self, Methods::Learned(_))
    }
}

fn position(declared: &[MethodName], name: &str) -> Result<usize, usize> {
    declared.binary_search_by(|known| known.as_str().cmp(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_methods_are_known_and_no_others() {
        let mut methods = Methods::learned();
        for name in ["b.S/Two", "a.S/One", "b.S/Two", "c.S/Three"] {
            methods.declare(name);
        }
        for name in ["a.S/One", "b.S/Two", "c.S/Three"] {
            assert_eq!(methods.find(name).unwrap().as_str(), name);
        }
        assert!(methods.find("a.S/Two").is_none());
        assert!(methods.learn("a.S/Two").is_none() && methods.find("a.S/Two").is_none());
        assert!(!methods.are_learned());
        let Methods::Declared(declared) = methods else { panic!() };
        assert_eq!(declared.len(), 3);
    }

    #[test]
    fn a_method_is_learned_once_for_all_clones() {
        let methods = Methods::learned();
        let clone = methods.clone();
        assert!(methods.find("a.S/Learned").is_none());
        assert_eq!(methods.learn("a.S/Learned").unwrap().as_str(), "a.S/Learned");
        assert!(matches!(clone.find("a.S/Learned"), Some(MethodName::Kept(_))));
        assert!(
            Methods::learned().find("a.S/Learned").is_none(),
            "another server's methods"
        );
    }

    #[test]
    fn what_is_learned_has_an_end() {
        let methods = Methods::learned();
        let learned = (0..10_000).filter(|n| methods.learn(&format!("a.S/Number{n}")).is_some());
        let learned = learned.count();
        assert!((LEARNED / 2..=LEARNED).contains(&learned), "{learned}");
        let known = (0..10_000).filter(|n| methods.find(&format!("a.S/Number{n}")).is_some());
        assert_eq!(known.count(), learned);
    }
}
