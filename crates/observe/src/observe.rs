//! The two traits an observer implements.

use std::task::Context;
use std::time::Instant;

use http::request;

use crate::{Head, Report};

/// Watches calls: one [`Watch`] for each.
///
/// Here one that counts calls that have failed, whichever way they ended:
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use tower::{Layer, ServiceExt, service_fn};
/// use tower_telemetry_observe::{Call, Observe, ObserveLayer, Plain, Report, Watch};
///
/// #[derive(Clone, Default)]
/// struct Failures(Arc<AtomicU64>);
///
/// impl<F> Observe<F> for Failures {
///     type Watch = Self;
///
///     fn watch(&self, _: &mut Call<'_, F>) -> Self {
///         self.clone()
///     }
/// }
///
/// impl<F> Watch<F> for Failures {
///     fn end(self, report: &Report<'_, F>) {
///         let failed = report.verdict.error_type().is_some();
///         self.0.fetch_add(failed.into(), Ordering::Relaxed);
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let failures = Failures::default();
/// let layer = ObserveLayer::new(Plain::new("parse"), failures.clone());
/// for text in ["17", "seventeen"] {
///     let parse = layer.layer(service_fn(|text: &'static str| async { text.parse::<u32>() }));
///     let _ = parse.oneshot(text).await;
/// }
/// assert_eq!(failures.0.load(Ordering::Relaxed), 1);
/// # }
/// ```
///
/// `F` is what the classifier read from the request: an observer says by its bounds which facts it needs.
/// Tuples of observers are observers ([several in one layer](crate#several-observers-in-one-layer)); `Option` and `Arc` of an observer, too.
pub trait Observe<F> {
    /// What watches one call. Use `Option<W>` to leave some calls out.
    type Watch: Watch<F>;

    /// Whether nothing would be done for any call at present. Asked before a call is even read; where the answer is yes, [`watch`](Self::watch)
    /// is not asked.
    fn idle(&self) -> bool {
        false
    }

    /// A call begins. Runs in [`Service::call`](tower_service::Service::call), before the inner service is called.
    fn watch(&self, call: &mut Call<'_, F>) -> Self::Watch;
}

/// A call that is about to begin.
#[derive(Debug)]
#[non_exhaustive]
pub struct Call<'a, F> {
    /// What the classifier read from the request.
    pub facts: &'a F,
    /// The request's head, where the call is an HTTP one. An observer may add headers and extensions.
    pub request: Option<&'a mut request::Parts>,
    /// When the call began. All durations of the call count from here.
    pub started: Instant,
}

impl<'a, F> Call<'a, F> {
    /// A call that begins now.
    pub fn new(facts: &'a F, request: Option<&'a mut request::Parts>) -> Self {
        Call {
            facts,
            request,
            started: Instant::now(),
        }
    }
}

/// How much of a call a [`Watch`] wants to hear.
///
/// Of several fused ones the keenest counts: the others then hear everything, too, and have nothing to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Interest {
    /// Nothing: the call is let go at once, without [`Watch::end`].
    Nothing,
    /// Its scope alone: [`Watch::in_scope`], without [`Watch::end`].
    Scope,
    /// All of it, if that is no trouble: an adapter to which it is work to watch a body may [end](crate::Observation::end) the call at its head.
    Casual,
    /// All of it.
    #[default]
    Everything,
}

/// Watches one call, from its request to its end.
///
/// The order is: [`in_scope`](Watch::in_scope) around the inner call and every poll, [`pending`](Watch::pending) after each poll that has
/// to wait, [`head`](Watch::head) at most once, [`data`](Watch::data) for each data frame, and [`end`](Watch::end) exactly once, last.
///
/// A hook that panics is contained: the call goes on as if the hook had returned, and the other observers' hooks run. Not so a panic in
/// `in_scope`, which is taken for the call's own, as it cannot be told from one in `poll`.
pub trait Watch<F> {
    /// What this watch wants to hear from here on. Asked right after [`Observe::watch`], and after [`head`](Watch::head).
    ///
    /// A call in which nobody is interested costs next to nothing: it is neither judged nor timed.
    fn interest(&self) -> Interest {
        Interest::Everything
    }

    /// Runs the inner call, and each poll of its future and body. To attach a context, do it around `poll`.
    /// An implementation must call `poll`.
    fn in_scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        poll()
    }

    /// The inner future or body of the call with these facts was polled and is not ready.
    fn pending(&mut self, facts: &F, cx: &mut Context<'_>) {
        let _ = (facts, cx);
    }

    /// The response head is there.
    fn head(&mut self, head: &mut Head<'_, F>) {
        let _ = head;
    }

    /// A data frame of this many bytes was handed on.
    fn data(&mut self, bytes: usize) {
        let _ = bytes;
    }

    /// The call has ended.
    fn end(self, report: &Report<'_, F>);
}
