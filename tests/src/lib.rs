//! Whole stacks over real connections. What the tests share stands here: a server, its clients, and the spans they leave behind.

mod connection;
mod ended;
mod raw;
mod server;

use std::time::Duration;

pub use connection::{BOTH, Connection, Goodbye, Protocol};
pub use ended::{SECRET, ended};
pub use raw::{Answer, Raw};
pub use server::Server;

/// README's examples compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// What is waited for comes within milliseconds; a machine that is very busy gets this long.
pub const PATIENCE: Duration = Duration::from_secs(120);
