//! Futures, streams and values that take their context along.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use futures_core::Stream;
use pin_project_lite::pin_project;
use tower_telemetry_propagate::CarriedContext;

use crate::builder::IntoSpan;
use crate::future::InSpan;
use crate::outlook::Outlook;

/// The current context for work that may outlast its span.
pub(crate) fn carried() -> CarriedContext {
    // Whether unsampled spans record can be seen only as long as the span is there.
    Outlook::current();
    CarriedContext::detached()
}

/// Puts a future or a stream into a span, or into the current context.
pub trait TracedExt: Sized {
    /// In a span of this name, or of this [builder](crate::SpanBuilder), under the context that is current here: see [`InSpan`].
    ///
    /// ```
    /// use tower_telemetry_traced::TracedExt;
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let user = async { "ada" }.traced("user_service.get_user").await;
    /// # assert_eq!(user, "ada");
    /// # });
    /// ```
    #[cfg_attr(debug_assertions, track_caller)]
    fn traced<S: IntoSpan>(self, span: S) -> InSpan<Self, S::Judge> {
        span.into_span().around(self)
    }

    /// In the context that is current here, wherever it is polled: for a task, whichever way it is spawned.
    ///
    /// Its spans are children of the span that is current here, even when that has ended, and it is not held.
    ///
    /// ```
    /// use tower_telemetry_traced::TracedExt;
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let mut tasks = tokio::task::JoinSet::new();
    /// tasks.spawn(async { /* … */ }.in_current_context());
    /// # });
    /// ```
    fn in_current_context(self) -> InContext<Self> {
        InContext {
            inner: self,
            carried: carried(),
        }
    }
}

impl<T> TracedExt for T {}

pin_project! {
    /// A future or a stream that is polled in the context it was made in.
    #[derive(Clone, Debug)]
    #[must_use = "futures do nothing unless they are polled"]
    pub struct InContext<T> {
        #[pin]
        inner: T,
        carried: CarriedContext,
    }
}

impl<F: Future> Future for InContext<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.carried.in_scope(|| this.inner.poll(cx))
    }
}

impl<S: Stream> Stream for InContext<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        this.carried.in_scope(|| this.inner.poll_next(cx))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}

/// A value on its way through a channel, with the context of who sent it.
///
/// ```
/// use std::sync::mpsc;
/// use tower_telemetry_traced::{Traced, in_span};
///
/// let (orders, received) = mpsc::channel::<Traced<u32>>();
/// let worker = std::thread::spawn(move || {
///     for order in received {
///         // A child of the sender's span.
///         order.in_scope(|order| in_span("order.pack", |span| span.attr("order.id", order)));
///     }
/// });
/// orders.send(Traced::new(17)).unwrap();
/// # drop(orders);
/// # worker.join().unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Traced<T> {
    value: T,
    carried: CarriedContext,
}

impl<T> Traced<T> {
    /// This value, with the current context.
    pub fn new(value: T) -> Self {
        Traced {
            value,
            carried: carried(),
        }
    }

    /// Another value that comes of this one, with the same context.
    pub fn map<U>(self, map: impl FnOnce(T) -> U) -> Traced<U> {
        Traced {
            value: map(self.value),
            carried: self.carried,
        }
    }

    /// Does something with the value, in its context.
    pub fn in_scope<R>(self, work: impl FnOnce(T) -> R) -> R {
        self.carried.in_scope(|| work(self.value))
    }

    /// Makes a future of the value, which is polled in the value's context.
    ///
    /// ```
    /// # async fn pack(order: u32) {}
    /// # async fn receive(mut orders: tokio::sync::mpsc::Receiver<tower_telemetry_traced::Traced<u32>>) {
    /// while let Some(order) = orders.recv().await {
    ///     order.then(|order| pack(order)).await;
    /// }
    /// # }
    /// ```
    pub fn then<F: Future>(self, work: impl FnOnce(T) -> F) -> InContext<F> {
        InContext {
            inner: self.carried.in_scope(|| work(self.value)),
            carried: self.carried,
        }
    }

    /// The value, to look at.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// The value and its context.
    pub fn into_parts(self) -> (T, CarriedContext) {
        (self.value, self.carried)
    }
}
