//! One provider for the process, one at a time.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::Error;
use crate::check::provider_is_there;

/// Who finds the provider.
#[derive(Debug)]
pub(crate) enum Reach {
    /// Whoever has the guard.
    Handle,
    /// Everybody in the process.
    Process(Installed),
}

/// The one permission per process to be the global provider; given back when dropped.
#[derive(Debug)]
pub(crate) struct Installed {
    before: Before,
}

/// Who was the global provider before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Nobody,
    OneOfOurs,
    Another,
}

static INSTALLED: AtomicBool = AtomicBool::new(false);
/// Whether one of ours was ever installed: it stays the global provider after its end.
static EVER: AtomicBool = AtomicBool::new(false);

impl Installed {
    pub(crate) fn claim() -> Result<Self, Error> {
        if INSTALLED.swap(true, Ordering::AcqRel) {
            return Err(Error::AlreadyInstalled);
        }
        let before = match (EVER.swap(true, Ordering::AcqRel), provider_is_there()) {
            (true, _) => Before::OneOfOurs,
            (false, true) => Before::Another,
            (false, false) => Before::Nobody,
        };
        Ok(Self { before })
    }

    pub(crate) fn finds_another_provider(&self) -> bool {
        self.before == Before::Another
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        INSTALLED.store(false, Ordering::Release);
    }
}
