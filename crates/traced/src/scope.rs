//! A span under way: current while its own code runs, and ended exactly once, on every path.

use std::mem;
use std::time::{Instant, SystemTime};

use opentelemetry::trace::{SpanBuilder, SpanRef, Status, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use tower_telemetry_observe::contain;
use tower_telemetry_semconv::attribute::ERROR_TYPE;
use tower_telemetry_span::{GlobalTracer, Started};

use crate::lint::Site;
use crate::{Judge, Outcome};

static TRACER: GlobalTracer = GlobalTracer::new();

/// What a piece of work runs in.
#[derive(Debug)]
pub(crate) enum Scope {
    /// The context around it.
    Around,
    /// A context of its own, without a span of its own.
    Carried(Context),
    /// A span of its own.
    Recording(Recording),
}

/// A span that is recorded. Dropped before its end, it was cancelled.
#[derive(Debug)]
pub(crate) struct Recording {
    cx: Context,
    started: SystemTime,
    clock: Instant,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Fine,
    Failed,
    Ended,
}

impl Scope {
    /// Asks for a span under this parent. `Around` stands for the parent where there is none.
    #[inline]
    pub(crate) fn start(parent: &Context, site: Site, builder: impl FnOnce(SystemTime) -> SpanBuilder) -> Self {
        let mut times = None;
        let span = TRACER.start(parent, || {
            let (started, _) = *times.insert((SystemTime::now(), Instant::now()));
            let builder = builder(started);
            site.check(&builder.name);
            builder
        });
        match (span, times) {
            (Started::Recording(cx), Some((started, clock))) => Scope::Recording(Recording {
                cx,
                started,
                clock,
                state: State::Fine,
            }),
            (Started::Dropped(cx), _) => Scope::Carried(cx),
            (Started::Recording(_) | Started::Nothing, _) => Scope::Around,
        }
    }

    /// Runs a part of the work: all of a function, or one poll of a future. A panic in it ends the span, and goes on.
    #[inline]
    pub(crate) fn run<T>(&mut self, work: impl FnOnce() -> T) -> T {
        match self {
            Scope::Around => work(),
            Scope::Carried(cx) => {
                let _current = cx.clone().attach();
                work()
            }
            Scope::Recording(recording) => {
                let armed = EndOnUnwind(recording);
                let current = armed.0.cx.clone().attach();
                let value = work();
                drop(current);
                mem::forget(armed);
                value
            }
        }
    }

    /// The work is done, and this came out.
    #[inline]
    pub(crate) fn end<R>(&mut self, returned: &R, judge: &impl Judge<R>) {
        self.note(returned, judge);
        self.end_as(Outcome::Fine);
    }

    /// The work is done.
    #[inline]
    pub(crate) fn end_as(&mut self, outcome: Outcome) {
        if let Scope::Recording(recording) = self {
            recording.end(outcome);
        }
    }

    /// This came out, and more may come.
    #[inline]
    pub(crate) fn note<R>(&mut self, returned: &R, judge: &impl Judge<R>) {
        if let Scope::Recording(recording) = self {
            let span = recording.cx.span();
            let outcome = contain(|| judge.judge(returned, &span));
            recording.note(outcome.unwrap_or(Outcome::Fine));
        }
    }

    /// The context of its own, if there is one.
    pub(crate) fn context(&self) -> Option<&Context> {
        match self {
            Scope::Around => None,
            Scope::Carried(cx) => Some(cx),
            Scope::Recording(recording) => Some(&recording.cx),
        }
    }

    /// The span, if one is recorded.
    pub(crate) fn recording(&self) -> Option<SpanRef<'_>> {
        match self {
            Scope::Recording(recording) => Some(recording.cx.span()),
            Scope::Around | Scope::Carried(_) => None,
        }
    }
}

impl Recording {
    #[inline]
    fn note(&mut self, outcome: Outcome) {
        if let Outcome::Failed { error_type, text } = outcome {
            self.fail(error_type, text);
        }
    }

    /// The first failure names the span.
    #[cold]
    fn fail(&mut self, error_type: &'static str, text: String) {
        if self.state == State::Fine {
            self.state = State::Failed;
            let span = self.cx.span();
            span.set_attribute(KeyValue::new(ERROR_TYPE, error_type));
            span.set_status(Status::error(text));
        }
    }

    #[inline]
    fn end(&mut self, outcome: Outcome) {
        if self.state != State::Ended {
            self.note(outcome);
            self.state = State::Ended;
            // Not the wall clock's time, which may have been set back since the start.
            let ended = self.started + self.clock.elapsed();
            self.cx.span().end_with_timestamp(ended);
        }
    }
}

impl Drop for Recording {
    #[inline]
    fn drop(&mut self) {
        if self.state != State::Ended {
            self.end(Outcome::failed("cancelled"));
        }
    }
}

/// Armed only while the work runs, so that another value's unwinding is not taken for the work's own panic.
struct EndOnUnwind<'a>(&'a mut Recording);

impl Drop for EndOnUnwind<'_> {
    fn drop(&mut self) {
        self.0.end(Outcome::failed("panic"));
    }
}
