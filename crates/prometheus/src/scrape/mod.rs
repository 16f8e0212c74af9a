//! `/metrics`: what a Prometheus server comes for.

mod accept;
mod compress;
mod lines;
#[cfg(feature = "protobuf")]
mod protobuf;
mod service;

pub use accept::{Encoding, Format};
pub use service::{Scrape, scrape};
