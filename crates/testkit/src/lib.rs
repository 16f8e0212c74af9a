//! For this family's own tests: a [`Script`] to play as a body, services that give one [`Answer`] or [`Never`] one, a [`Journal`] that writes down
//! what an observer saw, and [`MethodAndStatus`], the smallest classifier of HTTP calls.
//!
//! ```
//! use http::{Request, Response};
//! use tower_telemetry_testkit::{Journal, Outcome, Script, Step, exchange};
//!
//! let journal = Journal::new();
//! let body = Script::new([Step::Data(5), Step::Stall]);
//! drop(exchange(journal.clone(), Request::new(()), Response::new(body)));
//!
//! let ending = journal.ending();
//! assert_eq!(ending.outcome, Outcome::Dropped);
//! assert!(ending.had_head);
//! ```

mod classify;
mod exchange;
mod journal;
#[cfg(feature = "spans")]
mod log;
mod random;
mod script;
#[cfg(feature = "spans")]
pub mod spans;

pub use classify::{Exchange, MethodAndStatus};
pub use exchange::{Answer, Never, call, exchange};
pub use journal::{Ending, Entry, Journal, JournalWatch, Outcome};
#[cfg(feature = "spans")]
pub use log::Log;
pub use random::Random;
pub use script::{EndFlag, Polls, Script, ScriptError, ScriptPanic, Step};
