//! Values that must not be hashed again.

use std::collections::HashMap;
use std::ptr;
use std::sync::{Arc, PoisonError, RwLock};

use opentelemetry::Key;

/// The most keys of attributes that are hashed, grouped or mapped.
const MAX_KEYS: usize = 1024;

/// Keys that stand for values that are settled.
///
/// An attribute that was hashed when it was set comes by again when it is exported, and a hash looks like any other id. So a value that is
/// settled gets a key that is its own: the same text at an address that no other key has, as long as it is kept here.
#[derive(Debug, Default)]
pub(crate) struct Settled(RwLock<HashMap<Box<str>, Arc<str>>>);

/// The keys of hashes and groups, whichever policy made them.
pub(crate) static KEYED: std::sync::LazyLock<Settled> = std::sync::LazyLock::new(Settled::default);

impl Settled {
    /// Whether this very key is kept here.
    pub(crate) fn contains(&self, key: &Key) -> bool {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let text = key.as_str();
        kept.get(text).is_some_and(|kept| ptr::eq(kept.as_ptr(), text.as_ptr()))
    }

    /// The same key as it is kept here; `None` if there are too many.
    pub(crate) fn keep(&self, key: &Key) -> Option<Key> {
        let text = key.as_str();
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner).get(text).cloned();
        if let Some(kept) = kept {
            return Some(Key::from(kept));
        }
        let mut keys = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= MAX_KEYS {
            return None;
        }
        let kept = keys.entry(text.into()).or_insert_with(|| text.into());
        Some(Key::from(Arc::clone(kept)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_kept_key_is_settled_and_so_are_its_copies() {
        let settled = Settled::default();
        let key = Key::from("user.id");
        let kept = settled.keep(&key).unwrap();
        assert_eq!(kept, key);
        assert!(settled.contains(&kept) && settled.contains(&kept.clone()));
        assert!(!settled.contains(&key) && !settled.contains(&Key::from("user.id".to_owned())));
        assert!(settled.contains(&settled.keep(&kept).unwrap()));
    }

    #[test]
    fn so_many_keys_are_kept_and_no_more() {
        let settled = Settled::default();
        let kept = (0..2 * MAX_KEYS).filter_map(|n| settled.keep(&Key::from(n.to_string())));
        assert_eq!(kept.count(), MAX_KEYS);
    }
}
