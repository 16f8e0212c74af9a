//! What is configured, and needed again when a call is described.

use std::sync::Arc;

use crate::Side;
use crate::url::{RedactedKeys, STANDARD_KEYS};

/// The settings of one [`Http`](crate::Http), shared by its calls: nothing, where all is as by default.
#[derive(Clone, Debug)]
pub(crate) struct Settings<S: Side>(Option<Arc<Given<S>>>);

#[derive(Clone, Debug)]
struct Given<S: Side> {
    redacted: RedactedKeys,
    side: S::Settings,
}

impl<S: Side> Settings<S> {
    pub(crate) fn new() -> Self {
        Settings(None)
    }

    #[inline]
    pub(crate) fn redacted(&self) -> &RedactedKeys {
        self.0.as_ref().map_or(&STANDARD_KEYS, |given| &given.redacted)
    }

    #[inline]
    pub(crate) fn side(&self) -> Option<&S::Settings> {
        self.0.as_ref().map(|given| &given.side)
    }

    pub(crate) fn set_redacted(&mut self, keys: RedactedKeys) {
        self.given().redacted = keys;
    }

    pub(crate) fn side_mut(&mut self) -> &mut S::Settings {
        &mut self.given().side
    }

    fn given(&mut self) -> &mut Given<S> {
        let given = self.0.get_or_insert_with(|| {
            Arc::new(Given {
                redacted: RedactedKeys::default(),
                side: S::Settings::default(),
            })
        });
        Arc::make_mut(given)
    }
}
