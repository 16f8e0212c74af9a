//! What would make tracing silently not work, said once.

mod checker;
mod finding;
mod provider;
mod reach;

pub(crate) use self::checker::{Checked, Checker};
pub use self::finding::Finding;
pub(crate) use self::provider::is_there as provider_is_there;
