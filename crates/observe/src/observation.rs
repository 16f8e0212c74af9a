//! One call being watched: the state that ends exactly once.

use std::cell::Cell;
use std::fmt;
use std::mem;
use std::task::Context;
use std::time::Instant;

use http::{HeaderMap, StatusCode, request, response};

use crate::expected::{Asked, Body, expected};
use crate::{
    Call, Classify, ClassifyHttp, End, Failure, Head, Held, Interest, Observe, Report, Watch, contain, plain_verdict,
};

/// One call being watched, from its request to its end.
///
/// [`Observed`](crate::Observed) carries it from the future to the body. It is public for adapters that cannot be a `Service` of
/// `http::Request`: begin one, run every poll in its [scope](Observation::in_scope), tell it what comes, and
/// [end](Observation::end) it. Dropped before that, it reports the call as [dropped](End::Dropped), or as complete where HTTP has
/// nothing more to send.
pub struct Observation<C: Classify, O: Observe<C::Facts>> {
    live: Option<Live<C, O>>,
}

struct Live<C: Classify, O: Observe<C::Facts>> {
    shared: Held<(C, O)>,
    // `None` once the call has ended.
    facts: Option<C::Facts>,
    // `None` when the observer's `watch` panicked, and once it has been told of the end.
    watch: Option<O::Watch>,
    interest: Interest,
    started: Instant,
    headed: Option<Instant>,
    asked: Asked,
    body: Body,
    bytes: u64,
}

impl<C: Classify, O: Observe<C::Facts>> Observation<C, O> {
    /// Begins to watch a call of which these facts are known.
    pub fn begin(shared: Held<(C, O)>, facts: C::Facts) -> Self {
        Self::start(shared, facts, None)
    }

    /// One that has ended, or never began: for calls of which an [idle](Observe::idle) observer is not told.
    pub fn over() -> Self {
        Observation { live: None }
    }

    fn start(shared: Held<(C, O)>, facts: C::Facts, request: Option<&mut request::Parts>) -> Self {
        let asked = Asked::by(request.as_deref().map(|request| &request.method));
        let mut call = Call::new(&facts, request);
        let started = call.started;
        let watch = contain(|| shared.1.watch(&mut call));
        let interest = contain(|| watch.interest()).unwrap_or_default();
        if interest == Interest::Nothing {
            contain(|| drop(watch));
            contain(|| drop(facts));
            return Self::over();
        }
        Observation {
            live: Some(Live {
                shared,
                facts: Some(facts),
                watch,
                interest,
                started,
                headed: None,
                asked,
                body: Body::Open,
                bytes: 0,
            }),
        }
    }

    /// What the watch wants to hear from here on. Ask again after the [head](Observation::head) where it takes work to tell of a body: when
    /// it is [`Nothing`](Interest::Nothing), [end](Observation::end) the call there.
    pub fn interest(&self) -> Interest {
        let watch = self.live.as_ref().and_then(|live| live.watch.as_ref());
        let interest = watch.and_then(|watch| contain(|| watch.interest()));
        interest.unwrap_or(Interest::Nothing)
    }

    /// The call, while somebody wants to hear more of it than its scope.
    fn heard(&mut self) -> Option<&mut Live<C, O>> {
        self.live.as_mut().filter(|live| live.interest >= Interest::Casual)
    }

    /// Runs the inner call, or one poll of it. A panic in it ends the call as [`End::Panicked`], and goes on.
    pub fn in_scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        self.armed(|live| match live {
            Some(live) => live.watch.in_scope(poll),
            None => poll(),
        })
    }

    /// Runs the call's own code, so that a panic in it ends the call.
    fn armed<T>(&mut self, code: impl FnOnce(&mut Option<Live<C, O>>) -> T) -> T {
        let armed = EndOnUnwind(self);
        let value = code(&mut armed.0.live);
        mem::forget(armed);
        value
    }

    /// Looks at the call's future or body without running it. A panic ends the call like one in a poll.
    pub(crate) fn look<T>(&mut self, look: impl FnOnce() -> T) -> T {
        self.armed(|_| look())
    }

    /// The inner future or body was not ready.
    pub fn pending(&mut self, cx: &mut Context<'_>) {
        let Some(live) = self.heard() else { return };
        let Some(facts) = &live.facts else { return };
        contain(|| live.watch.pending(facts, cx));
    }

    /// A data frame of this many bytes was handed on.
    pub fn data(&mut self, bytes: usize) {
        if let Some(live) = self.heard() {
            live.bytes = live.bytes.saturating_add(bytes as u64);
            contain(|| live.watch.data(bytes));
        }
    }

    /// The response is over: complete, unless it ended short of its announced length.
    pub fn complete(&mut self, trailers: Option<&HeaderMap>) {
        let Some(live) = &self.live else { return };
        match live.body {
            Body::Announced(announced) if live.bytes < announced => {
                self.end(End::Failed(Failure::Short {
                    announced,
                    received: live.bytes,
                }));
            }
            _ => self.end(End::Complete { trailers }),
        }
    }

    /// The call has ended in this way. What comes after the first end is not heard.
    pub fn end(&mut self, end: End<'_>) {
        let Some(live) = &mut self.live else { return };
        if live.interest >= Interest::Casual {
            live.end(end);
        }
        // These are users' types: their drops may panic, too, each of them.
        contain(|| live.watch = None);
        contain(|| live.facts = None);
        contain(|| self.live = None);
    }

    /// Whether nothing is watched any more.
    pub(crate) fn is_over(&self) -> bool {
        self.live.is_none()
    }

    /// Hands the call on, from the future to the body.
    #[inline]
    pub(crate) fn take(&mut self) -> Self {
        mem::replace(self, Self::over())
    }

    /// The body will have this many bytes, if no header said so already.
    pub(crate) fn expect(&mut self, exact: Option<u64>) {
        if let (Some(live), Some(exact)) = (&mut self.live, exact) {
            if live.body == Body::Open {
                live.body = Body::Announced(exact);
            }
        }
    }
}

impl<C: ClassifyHttp, O: Observe<C::Facts>> Observation<C, O> {
    /// Begins to watch an HTTP call.
    pub fn begin_http(shared: Held<(C, O)>, request: &mut request::Parts) -> Self {
        match contain(|| shared.0.read(request)) {
            Some(facts) => Self::start(shared, facts, Some(request)),
            None => Self::over(),
        }
    }

    /// The response head is there. A switch of protocols (101, or a `CONNECT` that was granted) ends the call here.
    pub fn head(&mut self, response: &mut response::Parts) {
        let Some(live) = self.heard() else { return };
        let Some(facts) = &mut live.facts else { return };
        let now = Instant::now();
        live.headed = Some(now);
        let status = response.status;
        let verdict = contain(|| live.shared.0.head(facts, response))
            .unwrap_or_else(|| plain_verdict(&End::Complete { trailers: None }));
        let mut head = Head {
            facts,
            response,
            verdict,
            started: live.started,
            now,
        };
        contain(|| {
            live.watch.head(&mut head);
            live.interest = live.watch.interest();
        });
        let granted = matches!(live.asked, Asked::Connect) && status.is_success();
        if granted || status == StatusCode::SWITCHING_PROTOCOLS || live.interest == Interest::Nothing {
            self.end(End::Complete { trailers: None });
            return;
        }
        live.body = expected(live.asked, response);
    }
}

impl<C: Classify, O: Observe<C::Facts>> Live<C, O> {
    fn end(&mut self, end: End<'_>) {
        let Some(facts) = &mut self.facts else { return };
        let verdict = contain(|| self.shared.0.end(facts, &end)).unwrap_or_else(|| plain_verdict(&end));
        let report = Report {
            facts,
            end,
            verdict,
            bytes: self.bytes,
            started: self.started,
            headed: self.headed,
            elapsed: Cell::default(),
        };
        let watch = self.watch.take();
        contain(|| watch.end(&report));
    }
}

impl<C: Classify, O: Observe<C::Facts>> Drop for Observation<C, O> {
    fn drop(&mut self) {
        let Some(live) = &self.live else { return };
        let delivered = match live.body {
            Body::Absent => true,
            Body::Announced(length) => live.bytes >= length,
            Body::Open => false,
        };
        self.end(if delivered {
            End::Complete { trailers: None }
        } else {
            End::Dropped
        });
    }
}

impl<C: Classify, O: Observe<C::Facts>> fmt::Debug for Observation<C, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Observation");
        match &self.live {
            Some(live) => debug.field("bytes", &live.bytes),
            None => debug.field("over", &true),
        };
        debug.finish_non_exhaustive()
    }
}

/// Armed only while the inner call or a poll of it runs, so that another value's unwinding is not taken for the call's own panic.
struct EndOnUnwind<'a, C: Classify, O: Observe<C::Facts>>(&'a mut Observation<C, O>);

impl<C: Classify, O: Observe<C::Facts>> Drop for EndOnUnwind<'_, C, O> {
    fn drop(&mut self) {
        self.0.end(End::Panicked);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Plain, Shared};

    #[test]
    fn the_debug_form_tells_a_live_call_from_one_that_is_over() {
        let shared = Shared::new((Plain::new("call"), crate::on_end(|_| ()))).hold();
        let facts = shared.0.read(&());
        let mut observation = Observation::begin(shared, facts);
        observation.data(5);
        assert_eq!(format!("{observation:?}"), "Observation { bytes: 5, .. }");
        observation.complete(None);
        assert_eq!(format!("{observation:?}"), "Observation { over: true, .. }");
    }
}
