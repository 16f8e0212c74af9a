//! A span under way: current while its own code runs, and ended exactly once, on every path.

use std::mem;
use std::time::{Instant, SystemTime};

use opentelemetry::global::BoxedTracer;
use opentelemetry::trace::{SpanBuilder, SpanRef, Status, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use tower_telemetry_observe::contain;
use tower_telemetry_semconv::attribute::ERROR_TYPE;
use tower_telemetry_span::{GlobalTracer, Started};

use crate::lint::Site;
use crate::{Judge, Outcome};

static TRACER: GlobalTracer = GlobalTracer::new();

/// What a piece of work runs in. Dropped while it records, the work was cancelled.
#[derive(Debug, Default)]
pub struct Scope {
    /// Its context; none for the one around it.
    cx: Option<Context>,
    /// Its span, if one is recorded and has not ended.
    recording: Option<Recording>,
}

#[derive(Debug)]
struct Recording {
    clock: Clock,
    /// The first failure names the span.
    has_failed: bool,
}

/// When a span starts, by the wall clock, and how long it takes, by one that is never set back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    started: SystemTime,
    since: Instant,
}

impl Clock {
    #[inline]
    pub(crate) fn now() -> Self {
        Clock {
            started: SystemTime::now(),
            since: Instant::now(),
        }
    }

    #[inline]
    pub(crate) fn started(self) -> SystemTime {
        self.started
    }

    /// The wall clock's time now, had nobody set it.
    #[inline]
    fn time(&self) -> SystemTime {
        self.started + Instant::now().saturating_duration_since(self.since)
    }
}

/// What starts spans, if there is a provider.
#[inline]
pub(crate) fn tracer() -> Option<&'static BoxedTracer> {
    TRACER.tracer()
}

impl Scope {
    /// A context of its own, without a span of its own.
    #[inline]
    pub(crate) fn carried(cx: Context) -> Self {
        Scope {
            cx: Some(cx),
            recording: None,
        }
    }

    /// Asks for a span under this parent. Without a context of its own, it stands for the parent.
    #[inline(always)]
    pub(crate) fn start(
        tracer: &BoxedTracer,
        parent: &Context,
        site: Site,
        clock: Clock,
        builder: SpanBuilder,
    ) -> Self {
        site.check(&builder.name);
        match Started::by(tracer, builder, parent) {
            Started::Recording(cx) => Scope {
                cx: Some(cx),
                recording: Some(Recording {
                    clock,
                    has_failed: false,
                }),
            },
            Started::Dropped(cx) => Scope::carried(cx),
            Started::Nothing => Scope::default(),
        }
    }

    /// Runs a part of the work: all of a function, or one poll of a future. A panic in it ends the span, and goes on.
    #[inline]
    pub(crate) fn run<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let Some(cx) = self.cx.clone() else {
            return work();
        };
        let armed = EndOnUnwind(self);
        let current = cx.attach();
        let value = work();
        drop(current);
        mem::forget(armed);
        value
    }

    /// The work is done, and this came out. Nothing is left in here.
    #[inline]
    pub(crate) fn end<R>(&mut self, returned: &R, judge: &impl Judge<R>) {
        self.end_by(|span| judge.judge(returned, span));
    }

    /// The work is done.
    pub(crate) fn end_as(&mut self, outcome: Outcome) {
        self.end_by(|_| outcome);
    }

    #[inline]
    fn end_by(&mut self, outcome: impl FnOnce(&SpanRef<'_>) -> Outcome) {
        self.end_span(outcome);
        self.cx = None;
    }

    /// Ends the span, if one is recorded. Its context stays.
    #[inline(always)]
    fn end_span(&mut self, outcome: impl FnOnce(&SpanRef<'_>) -> Outcome) {
        if let (Some(cx), Some(recording)) = (&self.cx, &mut self.recording) {
            let span = cx.span();
            recording.note(&span, outcome);
            let ended = recording.clock.time();
            self.recording = None;
            span.end_with_timestamp(ended);
        }
    }

    /// This came out, and more may come.
    #[inline]
    pub(crate) fn note<R>(&mut self, returned: &R, judge: &impl Judge<R>) {
        if let (Some(cx), Some(recording)) = (&self.cx, &mut self.recording) {
            recording.note(&cx.span(), |span| judge.judge(returned, span));
        }
    }

    /// Whether a span is recorded, and has not ended.
    #[inline]
    pub(crate) fn is_recording(&self) -> bool {
        self.recording.is_some()
    }

    /// Adds these to its span, if one is recorded.
    #[inline(never)]
    pub(crate) fn set_attributes(&self, attributes: Vec<KeyValue>) {
        if let Some(span) = self.recording() {
            span.set_attributes(attributes);
        }
    }

    /// The context of its own, if there is one.
    pub(crate) fn context(&self) -> Option<&Context> {
        self.cx.as_ref()
    }

    /// The span, if one is recorded.
    #[inline]
    pub(crate) fn recording(&self) -> Option<SpanRef<'_>> {
        match &self.recording {
            Some(_) => self.cx.as_ref().map(Context::span),
            None => None,
        }
    }

    #[cold]
    fn end_early(&mut self, error_type: &'static str) {
        self.end_span(|_| Outcome::failed(error_type));
    }
}

impl Recording {
    #[inline]
    fn note(&mut self, span: &SpanRef<'_>, outcome: impl FnOnce(&SpanRef<'_>) -> Outcome) {
        if let Some(Outcome::Failed { error_type, text }) = contain(|| outcome(span)) {
            self.fail(span, error_type, text);
        }
    }

    #[cold]
    fn fail(&mut self, span: &SpanRef<'_>, error_type: &'static str, text: String) {
        if !mem::replace(&mut self.has_failed, true) {
            span.set_attribute(KeyValue::new(ERROR_TYPE, error_type));
            span.set_status(Status::error(text));
        }
    }
}

impl Drop for Scope {
    #[inline]
    fn drop(&mut self) {
        if self.recording.is_some() {
            self.end_early("cancelled");
        }
    }
}

/// Armed only while the work runs, so that another value's unwinding is not taken for the work's own panic.
struct EndOnUnwind<'a>(&'a mut Scope);

impl Drop for EndOnUnwind<'_> {
    fn drop(&mut self) {
        self.0.end_early("panic");
    }
}
