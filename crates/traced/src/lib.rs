//! Spans of functions and business steps, and their context in tasks, threads and channels.
//!
//! Layers see calls at the edge of a service. What happens inside is a matter of the code itself:
//!
#![cfg_attr(feature = "tokio", doc = "```")]
#![cfg_attr(not(feature = "tokio"), doc = "```text")]
//! use tower_telemetry_traced::{TracedExt, business_span, spawn, traced};
//!
//! #[traced(args(order), error_type = |_: &String| "declined")]
//! async fn charge(order: u32) -> Result<u32, String> {
//!     let amount = business_span("order.price").attr("order.id", order).in_scope(|_| 30);
//!     // A task keeps the parent: without help, its spans would begin traces of their own.
//!     spawn(async { /* … */ }.traced("receipt.send")).await.map_err(|error| error.to_string())?;
//!     Ok(amount)
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! assert_eq!(charge(17).await, Ok(30));
//! # });
//! ```
//!
//! Every span ends on every path: when its work is done; with the `error.type` `panic` when the work itself unwinds; with `cancelled` when it is
//! dropped before its end. A span is current while its own code runs, and never between two polls, so that tasks that take turns on a
//! thread do not get each other's spans as parents. There is no guard to hold across an `.await`.
//!
//! # Functions
//!
//! [`#[traced]`](macro@traced) is for functions and methods of any shape. Nothing of their arguments, results and errors is recorded but what is
//! chosen. Where the trace is not sampled, nothing is read and nothing allocated.
//!
//! # Without the macro
//!
//! | | |
//! |---|---|
//! | [`in_span`] | runs a closure in a span |
//! | [`traced`](TracedExt::traced) | puts a future or a stream into a span |
//! | [`business_span`], [`span`] | a span with attributes, for both |
//! | [`linked_span`] | the same as a trace of its own, with a link to the current span |
//! | [`database_span`], [`messaging_span`] | the same with the name and attributes of the semantic conventions |
//! | [`record`] | adds an attribute to the current span |
//!
//! # Tasks
//!
//! The current context belongs to a thread, or to the poll of a task. What is spawned does not get it by itself.
//!
//! | for | |
//! |---|---|
//! | tokio's tasks | [`spawn`], [`spawn_blocking`], [`JoinSet`] |
//! | tasks spawned in any other way, streams | [`in_current_context`](TracedExt::in_current_context) |
//! | threads | [`thread::spawn`] |
//! | rayon | [`rayon::join`], [`rayon::spawn`] |
//! | channels | [`Traced`] |
//! | closures that run anywhere, pools of threads, parallel iterators | [`CarriedContext::detached`] |
//! | `select!`, `join_all` | nothing: each future has its own span at each of its polls |
//!
//! Spans made there are children of the span that was current, even when that has ended meanwhile. It is not held: work that goes on does not
//! keep a request's span open.
//!
//! # When the hooks run
//!
//! Arguments are read (`args`) when the span starts or right after; a function that starts no span reads none. Results and errors (`result`, `error`,
//! `error_type`) are looked at when the work is done, before its value is handed on. A [limit](macro@traced) is compared at the end, on the same thread.
//!
//! # What is not recorded
//!
//! Texts of errors, panics and arguments, unless they are chosen by `error` and `args`. What is recorded goes
//! through a [`Sanitizer`], [by default](set_sanitizer) the one for production. The policy before an exporter has the last word: it leaves out the
//! text of an error, chosen or not, unless it [keeps such texts](tower_telemetry_sanitize::ErrorTexts::Kept). A tracer is that of
//! the global provider, and is looked for as [`tower-telemetry-span`](tower_telemetry_span) does. Telemetry that is suppressed stays so.
//!
//! A trace that is not sampled here is not asked about again: spans in it are not offered to the sampler, unless spans are seen that record
//! all the same. With the attributes of a function's arguments it is the other way round for a span that begins a trace: they are
//! read when the sampler has said yes, so that they cost nothing else; attributes of a [`SpanBuilder`] are there for it to see.
//!
//! # Features
//!
//! None is on by default.
//!
//! - `tokio`: [`spawn`], [`spawn_blocking`] and [`JoinSet`].
//! - `rayon`: [`rayon::join`] and [`rayon::spawn`].
#![cfg_attr(
    not(all(feature = "tokio", feature = "rayon")),
    allow(rustdoc::broken_intra_doc_links)
)]

pub mod attribute;
mod builder;
mod context;
mod conventions;
#[allow(missing_docs)]
mod function;
mod future;
mod judge;
mod lint;
mod name;
mod outlook;
#[cfg(feature = "rayon")]
pub mod rayon;
mod record;
#[allow(missing_docs)]
mod returned;
mod running;
mod scope;
mod slow;
mod span;
#[cfg(feature = "tokio")]
mod task;
pub mod thread;

pub use builder::{IntoSpan, SpanBuilder};
pub use context::{InContext, Traced, TracedExt};
pub use conventions::{Messaging, database_span, messaging_span};
pub use future::InSpan;
pub use judge::{ByClosure, ByErrorType, ErrorType, Judge, Outcome, Unjudged};
pub use name::SpanName;
#[doc(no_inline)]
pub use opentelemetry;
pub use record::{Record, set_sanitizer};
pub use span::{ActiveSpan, business_span, in_span, linked_span, record, span};
#[cfg(feature = "tokio")]
pub use task::{JoinSet, spawn, spawn_blocking};
#[doc(no_inline)]
pub use tower_telemetry_propagate::CarriedContext;

#[doc(no_inline)]
pub use tower_telemetry_sanitize::Sanitizer;

/// What the macro expands to calls of.
#[doc(hidden)]
pub mod __private {
    pub use opentelemetry::trace::{SpanKind, SpanRef};

    pub use crate::function::*;
    pub use crate::judge::Outcome;
    pub use crate::returned::*;
}

/// Puts each call of a function into a span: of functions and methods, sync, `async`, returning `impl Future` or a boxed future, in
/// `#[async_trait]`s, with or without generics.
///
/// | option | |
/// |---|---|
/// | `name = "order.payment"` | the span's name, a text or a constant; `module::function` without it |
/// | `kind = client` | the kind: `internal` (without it), `client`, `server`, `producer` or `consumer` |
/// | `args(user_id, order.id)` | records these arguments, or fields of them, under the names they have here; `total = order.total()` records any expression under this key |
/// | `result` | records what is returned, of a `Result` the `Ok`, as `result` |
/// | `error` | records the error's text, as the description of the status |
/// | `error_type = \|error\| …` | the `error.type` of an `Err`: a `&'static str` |
/// | `threshold = "200ms"` | a warning of a call that takes as long, sampled or not: at most ten in a minute, as of [`tower-telemetry-slow`](tower_telemetry_slow) |
/// | `crate = path` | where this crate is, if it has another name |
///
/// A value is recorded by [`Record`], with `%` before it by `Display`, with `?` by `Debug`: `args(%id, ?state)`, `result(%)`, `error(?)`.
///
/// An `Err` makes the span's status an error. Its `error.type` is told by the option, else by [`ErrorType`] where the error implements it, else
/// it is the name of the error's type.
///
/// ```
/// use tower_telemetry_traced::traced;
///
/// # #[derive(Debug)]
/// # struct Receipt { number: u32 }
/// # struct Order { id: u32, total: f64 }
/// # #[derive(Debug)]
/// # enum Declined { Stolen, Empty }
/// # impl std::fmt::Display for Receipt {
/// #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.number.fmt(f) }
/// # }
/// # impl Declined { fn code(&self) -> &'static str { "declined" } }
/// struct Till;
///
/// impl Till {
///     #[traced(name = "order.payment", args(order.id, order.total), result(%), error_type = Declined::code, threshold = "200ms")]
///     async fn charge(&self, order: &Order) -> Result<Receipt, Declined> {
///         // …
/// #       if order.total < 0.0 { return Err(Declined::Stolen) }
/// #       if order.total > 1e3 { return Err(Declined::Empty) }
///         Ok(Receipt { number: 1 })
///     }
/// }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # assert_eq!(Till.charge(&Order { id: 1, total: 2.0 }).await.unwrap().number, 1);
/// # });
/// ```
///
/// The span of an `async fn` starts at the first poll, under the context that is current there; that of a function that returns a future, when
/// it is called. The function's attributes, such as `#[inline]`, stay with it. A `const fn` cannot be traced.
pub use tower_telemetry_traced_macros::traced;
