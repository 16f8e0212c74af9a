//! Threads, in the context of who starts them.

use std::thread::{self, JoinHandle};

use crate::context::carried;

/// Like [`std::thread::spawn`], in the current context.
///
/// ```
/// use tower_telemetry_traced::{in_span, thread};
///
/// thread::spawn(|| in_span("index.build", |_| { /* … */ })).join().unwrap();
/// ```
///
/// For scoped threads and pools of threads, carry the context by hand:
///
/// ```
/// use tower_telemetry_traced::CarriedContext;
///
/// let carried = CarriedContext::detached();
/// std::thread::scope(|scope| scope.spawn(|| carried.in_scope(|| { /* … */ })).join()).unwrap();
/// ```
///
/// # Panics
///
/// Like the standard library's, when the system has no more threads.
pub fn spawn<W, R>(work: W) -> JoinHandle<R>
where
    W: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    let carried = carried();
    thread::spawn(move || carried.in_scope(work))
}
