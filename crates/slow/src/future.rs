//! Any future, or other work, as a call.

use std::borrow::Cow;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};
use std::time::Instant;

use pin_project_lite::pin_project;
use tower_telemetry_observe::{Held, Shared, contain};

use crate::call::{End, Tracked};
use crate::calls::Calls;
use crate::settings::Settings;

use crate::{Ended, Label, Limits, Slow};

/// Warns if a future is slow: for all futures.
///
/// ```
/// use std::time::Duration;
/// use tower_telemetry_slow::WarnIfSlow;
///
/// # async fn cart_of(customer: u32) -> Vec<u32> { vec![customer] }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let cart = cart_of(7).warn_if_slow("load cart", Duration::from_millis(200)).await;
/// # assert_eq!(cart, [7]);
/// # }
/// ```
pub trait WarnIfSlow: Future + Sized {
    /// Warns if it takes so long from its first poll to its end, with the usual settings.
    fn warn_if_slow(self, name: impl Into<Cow<'static, str>>, limits: impl Into<Limits>) -> MaybeSlow<Self> {
        static USUAL: LazyLock<Shared<Calls>> = LazyLock::new(|| Calls::shared(Settings::default()));
        MaybeSlow::new(self, USUAL.hold(), name.into(), limits.into())
    }

    /// The same with settings of your own. Which limits `slow` has makes no difference.
    fn warn_if_slow_by<F>(
        self,
        slow: &Slow<F>,
        name: impl Into<Cow<'static, str>>,
        limits: impl Into<Limits>,
    ) -> MaybeSlow<Self> {
        MaybeSlow::new(self, slow.calls(), name.into(), limits.into())
    }
}

impl<T: Future> WarnIfSlow for T {}

pin_project! {
    /// The future of [`WarnIfSlow`].
    #[derive(Debug)]
    pub struct MaybeSlow<T> {
        #[pin]
        inner: T,
        state: State,
    }
}

#[derive(Debug)]
enum State {
    NotStarted(Held<Calls>, Cow<'static, str>, Limits),
    Running(Running),
    Over,
}

/// Work that has begun.
#[derive(Debug)]
struct Running {
    call: Tracked,
    name: Cow<'static, str>,
    started: Instant,
    // What it is if nobody says otherwise before it is dropped.
    ended: Ended,
}

impl<T> MaybeSlow<T> {
    fn new(inner: T, calls: Held<Calls>, name: Cow<'static, str>, limits: Limits) -> Self {
        MaybeSlow {
            inner,
            state: State::NotStarted(calls, name, limits),
        }
    }
}

impl State {
    fn run<T>(&mut self, poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
        *self = match mem::replace(self, State::Over) {
            State::NotStarted(calls, name, limits) => State::Running(Running::new(calls, name, limits)),
            state => state,
        };
        let State::Running(running) = self else { return poll() };
        let polled = running.run(poll);
        match polled {
            Poll::Pending => running.call.pending(|| Label::named(running.name.clone())),
            Poll::Ready(_) => {
                running.ended = Ended::Complete;
                *self = State::Over;
            }
        }
        polled
    }
}

impl Running {
    fn new(calls: Held<Calls>, name: Cow<'static, str>, limits: Limits) -> Self {
        let started = Instant::now();
        let by_clock = contain(|| calls.settings.clock.or_given(started)).unwrap_or(started);
        Running {
            call: Tracked::new(calls, by_clock, limits, None, || Label::named(name.clone())),
            name,
            started,
            ended: Ended::Dropped,
        }
    }

    fn run<T>(&mut self, part: impl FnOnce() -> T) -> T {
        self.ended = Ended::Panicked;
        let value = self.call.run(part);
        self.ended = Ended::Dropped;
        value
    }
}

/// Times work that is no future, and tells at its end if it was slow: of [`Slow::stopwatch`].
///
/// Dropped before it is [finished](Self::finish), the work was given up.
///
/// ```
/// use std::time::Duration;
/// use tower_telemetry_slow::Slow;
///
/// let slow = Slow::<()>::new();
/// let mut stopwatch = slow.stopwatch("parse catalog", Duration::from_millis(200));
/// let items = stopwatch.run(|| "a b c".split(' ').count());
/// stopwatch.finish();
/// # assert_eq!(items, 3);
/// ```
#[derive(Debug)]
pub struct Stopwatch(Running);

impl Stopwatch {
    /// Runs a part of the work.
    pub fn run<T>(&mut self, part: impl FnOnce() -> T) -> T {
        self.0.run(part)
    }

    /// The work is done.
    pub fn finish(mut self) {
        self.0.ended = Ended::Complete;
    }
}

impl<F> Slow<F> {
    /// Begins to time work of this name that is no future. Which limits this one has makes no difference.
    pub fn stopwatch(&self, name: impl Into<Cow<'static, str>>, limits: impl Into<Limits>) -> Stopwatch {
        Stopwatch(Running::new(self.calls(), name.into(), limits.into()))
    }
}

impl<T: Future> Future for MaybeSlow<T> {
    type Output = T::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T::Output> {
        let this = self.project();
        let inner = this.inner;
        this.state.run(|| inner.poll(cx))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let error_type = match self.ended {
            Ended::Complete | Ended::Failed | Ended::Dropped => None,
            Ended::Panicked => Some("panic"),
        };
        let end = End {
            ended: self.ended,
            error_type,
        };
        let name = mem::take(&mut self.name);
        contain(|| self.call.end(&end, || self.started.elapsed(), || Label::named(name)));
    }
}
