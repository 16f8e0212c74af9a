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
pub(crate) struct Installed(());

static INSTALLED: AtomicBool = AtomicBool::new(false);
/// Whether one of ours was ever installed: it stays the global provider after its end.
static EVER: AtomicBool = AtomicBool::new(false);

impl Installed {
    pub(crate) fn claim() -> Result<Self, Error> {
        match INSTALLED.swap(true, Ordering::AcqRel) {
            true => Err(Error::AlreadyInstalled),
            false => Ok(Self(())),
        }
    }

    /// To be asked right before it becomes the global provider: whether that takes the place of one that is not ours.
    pub(crate) fn replaces_another(&self) -> bool {
        !EVER.swap(true, Ordering::AcqRel) && provider_is_there()
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        INSTALLED.store(false, Ordering::Release);
    }
}
