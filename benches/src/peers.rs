//! Published layers for the same job, set up as their documentation says.

pub(crate) mod bridge;
pub(crate) mod contrib;
pub(crate) mod fast;
pub(crate) mod metrics;
pub(crate) mod reqwest;
