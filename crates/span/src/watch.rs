//! A call's span, from its start to its end.

use std::mem;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{SpanId, Status, TraceContextExt, TraceId};
use opentelemetry::{Context, KeyValue};
use tower_telemetry_observe::{End, Head, Interest, Report, Verdict, Watch};
use tower_telemetry_sanitize::Sanitizer;
use tower_telemetry_semconv::attribute;

use crate::policy::FactsPolicy;
use crate::{Describe, SpanEnd, Spans};

/// Watches one call as a span, or just carries its context.
///
/// The context is current while the call's own code runs: while it is called, and at each poll, until the span ends.
#[derive(Debug)]
pub struct SpanWatch<F> {
    pub(crate) state: State<F>,
}

#[derive(Debug)]
pub(crate) enum State<F> {
    Off,
    Carrying(Context),
    Recording(Context, Recording<F>),
    /// The span ended at the response head; the body goes on, and needs no context.
    Ended(TraceId, SpanId),
}

#[derive(Debug)]
pub(crate) struct Recording<F> {
    pub(crate) spans: Arc<Spans<F>>,
    pub(crate) started: SystemTime,
    pub(crate) naming: Naming,
    /// The policy that came with the request.
    pub(crate) policy: Option<Sanitizer>,
}

/// Where the span's name is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    /// All it needs was there at the start.
    Done,
    /// What it needs may come during the call.
    Late,
    /// The request gave it; what the facts would be named by may come during the call.
    ByRequest,
}

impl<F> SpanWatch<F> {
    /// Does nothing.
    pub fn off() -> Self {
        SpanWatch { state: State::Off }
    }

    /// The context that is current in the call, if it is not the one around it.
    pub fn context(&self) -> Option<&Context> {
        match &self.state {
            State::Carrying(cx) | State::Recording(cx, _) => Some(cx),
            State::Off | State::Ended(..) => None,
        }
    }

    /// The same for a span that is being recorded; without one, nothing is carried any further.
    #[must_use]
    pub fn only_recording(self) -> Self {
        match self.state {
            State::Carrying(_) => Self::off(),
            _ => self,
        }
    }
}

impl<F> Recording<F> {
    fn policy(&self) -> &Sanitizer {
        self.policy.as_ref().unwrap_or(&self.spans.sanitizer)
    }
}

impl<F: Describe> Recording<F> {
    fn end(self, cx: &Context, facts: &F, verdict: Verdict, elapsed: Duration) {
        let span = cx.span();
        let policy = FactsPolicy::new(self.policy(), facts);
        let set = |attribute| {
            if let Some(attribute) = policy.attribute(attribute) {
                span.set_attribute(attribute);
            }
        };
        facts.describe_response(set);
        if self.naming != Naming::Done && facts.is_named() {
            facts.describe_name(set);
            if self.naming == Naming::Late {
                span.update_name(policy.name(facts.span_name()));
            }
        }
        if let Verdict::Error(kind) = verdict {
            set(KeyValue::new(attribute::ERROR_TYPE, kind));
            span.set_status(Status::error(""));
        }
        if let Some(mut attributes) = self.spans.of_end(facts, verdict) {
            policy.attributes(&mut attributes, 0);
            span.set_attributes(attributes);
        }
        // Not the wall clock's time, which may have been set back since the start.
        span.end_with_timestamp(self.started + elapsed);
        match facts.has_route() {
            Some(true) => self.spans.routes.seen(),
            Some(false) => self.spans.routes.missed(),
            None => {}
        }
    }
}

impl<F: Describe> Watch<F> for SpanWatch<F> {
    fn interest(&self) -> Interest {
        match self.state {
            State::Off => Interest::Nothing,
            State::Carrying(_) => Interest::Scope,
            // A late failure is worth a line.
            State::Ended(..) => Interest::Casual,
            State::Recording(..) => Interest::Everything,
        }
    }

    fn in_scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        let _current = self.context().map(|cx| cx.clone().attach());
        poll()
    }

    fn head(&mut self, head: &mut Head<'_, F>) {
        let State::Recording(cx, recording) = &self.state else {
            return;
        };
        if let Some(headers) = recording.spans.of_response(head.facts, &head.response.headers) {
            let policy = recording.policy();
            cx.span()
                .set_attributes(headers.filter_map(|header| policy.attribute(header)));
        }
        let end = recording.spans.end.unwrap_or_else(|| head.facts.span_end());
        if end == SpanEnd::Body {
            return;
        }
        if let State::Recording(cx, recording) = mem::replace(&mut self.state, State::Off) {
            recording.end(&cx, head.facts, head.verdict, head.elapsed());
            let span = cx.span();
            let ids = span.span_context();
            self.state = State::Ended(ids.trace_id(), ids.span_id());
        }
    }

    fn end(self, report: &Report<'_, F>) {
        match self.state {
            State::Off | State::Carrying(_) => {}
            State::Recording(cx, recording) => recording.end(&cx, report.facts, report.verdict, report.elapsed()),
            State::Ended(trace, span) => tell_late_failure(trace, span, report),
        }
    }
}

/// The body failed after the span had ended at the head.
fn tell_late_failure<F>(trace: TraceId, span: SpanId, report: &Report<'_, F>) {
    if matches!(report.end, End::Complete { .. } | End::Dropped) {
        return;
    }
    tracing::warn!(
        trace_id = %trace,
        span_id = %span,
        error.type = report.verdict.error_type(),
        bytes = report.bytes,
        "a response body failed after its client span had ended"
    );
}
