//! tokio's tasks, in the context of who spawns them.

use std::future::Future;
use std::ops::{Deref, DerefMut};

use tokio::task::{self, AbortHandle, JoinHandle};

use crate::context::{TracedExt, carried};

/// Like [`tokio::spawn`], in the current context.
///
/// The task's spans are children of the span that is current here, even when that has ended meanwhile; the task does not keep it open. Put the
/// task into a span of its own by [`traced`](TracedExt::traced), and into a trace of its own with [`linked_span`](crate::linked_span).
///
/// ```
/// use tower_telemetry_traced::{TracedExt, linked_span, spawn};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// async fn send_receipt() {}
///
/// spawn(send_receipt()); // in the request's trace, below its span
/// spawn(send_receipt().traced("receipt.send")); // the same, in a span of its own
/// spawn(send_receipt().traced(linked_span("receipt.send"))); // a trace of its own, with a link
/// # });
/// ```
///
/// # Panics
///
/// Like tokio's, outside a runtime.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(future.in_current_context())
}

/// Like [`tokio::task::spawn_blocking`], in the current context.
///
/// # Panics
///
/// Like tokio's, outside a runtime.
#[track_caller]
pub fn spawn_blocking<W, R>(work: W) -> JoinHandle<R>
where
    W: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    let carried = carried();
    task::spawn_blocking(move || carried.in_scope(work))
}

/// tokio's [`JoinSet`](task::JoinSet), whose tasks run in the context that is current when they are spawned.
///
/// ```
/// use tower_telemetry_traced::{JoinSet, TracedExt};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let mut parts = JoinSet::new();
/// for part in ["lamp", "shade"] {
///     parts.spawn(async move { part.len() }.traced("part.reserve"));
/// }
/// # let mut reserved = 0;
/// while let Some(part) = parts.join_next().await {
///     // …
/// #   reserved += part.unwrap();
/// }
/// # assert_eq!(reserved, 9);
/// # });
/// ```
#[derive(Debug)]
pub struct JoinSet<T>(task::JoinSet<T>);

impl<T> JoinSet<T> {
    /// An empty set.
    pub fn new() -> Self {
        JoinSet(task::JoinSet::new())
    }
}

impl<T: 'static> JoinSet<T> {
    /// Like [`tokio::task::JoinSet::spawn`], in the current context.
    ///
    /// # Panics
    ///
    /// Like tokio's, outside a runtime.
    #[track_caller]
    pub fn spawn<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.0.spawn(future.in_current_context())
    }

    /// Like [`tokio::task::JoinSet::spawn_local`], in the current context.
    ///
    /// # Panics
    ///
    /// Like tokio's, outside a `LocalSet`.
    #[track_caller]
    pub fn spawn_local<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        self.0.spawn_local(future.in_current_context())
    }

    /// Like [`tokio::task::JoinSet::spawn_blocking`], in the current context.
    ///
    /// # Panics
    ///
    /// Like tokio's, outside a runtime.
    #[track_caller]
    pub fn spawn_blocking<W>(&mut self, work: W) -> AbortHandle
    where
        W: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        let carried = carried();
        self.0.spawn_blocking(move || carried.in_scope(work))
    }
}

impl<T> Default for JoinSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Deref for JoinSet<T> {
    type Target = task::JoinSet<T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T> DerefMut for JoinSet<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}
