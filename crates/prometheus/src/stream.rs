//! Streams, which last as long as somebody listens.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::{StatusCode, response};
use tower_telemetry_observe::Held;

use crate::calls::{AppLabels, Calls, find_ended};
use crate::exemplar::Trace;
use crate::measured::Measured;
use crate::table::At;

/// Keeps an upgraded connection, such as a WebSocket, in the metrics of streams.
///
/// What happens on a connection after the switch of protocols is not seen by tower. So the handler says how long that lasts: it puts one into
/// the response's extensions, and holds a clone for as long as it speaks. Without one, the call is counted and timed, and there is no
/// stream.
///
/// ```
/// use http::{Response, StatusCode};
/// use tower_telemetry_prometheus::UpgradedStream;
///
/// let stream = UpgradedStream::new();
/// let open = stream.clone();
/// std::thread::spawn(move || {
///     let _open = open; // until the conversation is over
/// });
/// let response = Response::builder().status(StatusCode::SWITCHING_PROTOCOLS).extension(stream).body(());
/// # let _ = response;
/// ```
///
/// In axum, answer with `(Extension(stream), upgrade.on_upgrade(move |socket| async move { let _open = open; … }))`.
#[derive(Clone, Default)]
pub struct UpgradedStream(Arc<Mutex<Vec<Begun>>>);

/// The address of the metrics that a stream is told of, and what is dropped with it.
type Begun = (usize, Box<dyn Any + Send + Sync>);

impl UpgradedStream {
    /// One that begins with its response.
    pub fn new() -> Self {
        Self::default()
    }

    /// The one of this response.
    pub(crate) fn of(response: &response::Parts) -> Option<&Self> {
        response.extensions.get()
    }

    pub(crate) fn is_switch(response: &response::Parts) -> bool {
        response.status == StatusCode::SWITCHING_PROTOCOLS
    }

    /// From now on. The stream is what is dropped with the last clone.
    pub(crate) fn begin<S: Any + Send + Sync>(&self, metrics: usize, stream: impl FnOnce() -> S) {
        let mut begun = self.begun();
        // It begins once to each metrics, with its first response.
        if begun.iter().all(|(others, _)| *others != metrics) {
            begun.push((metrics, Box::new(stream())));
        }
    }

    fn begun(&self) -> MutexGuard<'_, Vec<Begun>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for UpgradedStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpgradedStream")
            .field("begun", &!self.begun().is_empty())
            .finish()
    }
}

/// One in the gauge of open streams, until it is dropped.
pub(crate) struct OpenStream<F: Measured, L: AppLabels> {
    calls: Held<Calls<F, L>>,
    at: Option<At>,
}

impl<F: Measured, L: AppLabels> OpenStream<F, L> {
    /// Of a call that began there.
    pub(crate) fn new(calls: &Held<Calls<F, L>>, at: Option<At>) -> Self {
        let calls = calls.clone();
        let stream = OpenStream { calls, at };
        stream.add(1);
        stream
    }

    /// Always in the same shard: a scrape that reads one after the other sees none that has ended and not begun.
    fn add(&self, number: i64) {
        let OpenStream { calls, at } = self;
        calls.active.metric(*at).streams.add_in(calls.shard(), number);
    }

    /// The stream has ended in this way.
    pub(crate) fn ended(&self, call: &F, error_type: Option<&'static str>, lifetime: Duration, trace: Option<Trace>) {
        let streams = &self.calls.streams;
        let at = find_ended(streams, self.at, call, error_type);
        streams.metric(at).time(self.calls.shard(), lifetime, trace);
    }

    /// It ends when this is dropped.
    pub(crate) fn until_closed(self, call: &F) -> impl Any + Send + Sync + use<F, L> {
        Upgraded {
            lifetime: find_ended(&self.calls.streams, self.at, call, None),
            open: self,
            since: Instant::now(),
        }
    }
}

impl<F: Measured, L: AppLabels> Drop for OpenStream<F, L> {
    fn drop(&mut self) {
        self.add(-1);
    }
}

/// An upgraded connection, until it is dropped.
struct Upgraded<F: Measured, L: AppLabels> {
    open: OpenStream<F, L>,
    lifetime: Option<At>,
    since: Instant,
}

impl<F: Measured, L: AppLabels> Drop for Upgraded<F, L> {
    fn drop(&mut self) {
        let calls = &self.open.calls;
        let lifetimes = calls.streams.metric(self.lifetime);
        lifetimes.time(calls.shard(), self.since.elapsed(), None);
    }
}
