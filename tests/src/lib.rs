//! Whole stacks over real connections. What the tests share stands here: servers, their clients, the usual layers, and what these leave behind.

mod broken;
mod caller;
mod connection;
mod ended;
mod layers;
mod raw;
mod server;
mod written;

use std::time::Duration;

pub use broken::{HALF, hanging_up, nobody, resetting};
pub use caller::{ids, traceparent};
pub use connection::{BOTH, Connection, Goodbye, Protocol};
pub use ended::{SECRET, ended};
pub use layers::{traced_client, traced_server};
pub use raw::{Answer, Raw};
pub use server::Server;
pub use written::{logged, page};

/// README's examples compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// What is waited for comes within milliseconds; a machine that is very busy gets this long.
pub const PATIENCE: Duration = Duration::from_secs(120);
