//! A call's span, from its start to its end.

use std::mem;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{SpanBuilder, SpanContext, Status, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use tower_telemetry_observe::{Call, End, Failure, Head, Report, Verdict, Watch};
use tower_telemetry_semconv::attribute;

use crate::{Describe, SamplingAttributes, SpanEnd, Spans};

/// Room for the attributes that a request usually has.
const USUAL_ATTRIBUTES: usize = 14;

/// Watches one call as a span, or just carries its context.
///
/// The context is current while the call's own code runs: while it is called, and at each poll, until the span ends.
#[derive(Debug)]
pub struct SpanWatch<F> {
    state: State<F>,
    ends: SpanEnd,
}

#[derive(Debug)]
enum State<F> {
    Off,
    Carrying(Context),
    Recording(Context, Recording<F>),
    /// The span ended at the response head; the body goes on, and needs no context.
    Ended(SpanContext),
}

#[derive(Debug)]
struct Recording<F> {
    spans: Arc<Spans<F>>,
    started: SystemTime,
    routed: bool,
}

impl<F> SpanWatch<F> {
    /// The context that is current in the call.
    pub fn context(&self) -> Option<&Context> {
        match &self.state {
            State::Carrying(cx) | State::Recording(cx, _) => Some(cx),
            State::Off | State::Ended(_) => None,
        }
    }
}

impl<F: Describe> Spans<F> {
    /// Starts a span for this call under this parent.
    ///
    /// Where there is none (the filter says no, no provider is installed, or the sampler drops it) the call still carries the context
    /// that its own outgoing calls need. In a context that suppresses telemetry, such as an exporter's, nothing is done.
    pub fn start(self: &Arc<Self>, parent: Context, call: &Call<'_, F>) -> SpanWatch<F> {
        SpanWatch {
            state: self.begin(parent, call),
            ends: self.ends,
        }
    }

    fn begin(self: &Arc<Self>, parent: Context, call: &Call<'_, F>) -> State<F> {
        let request = call.request.as_deref();
        if parent.is_telemetry_suppressed() {
            return State::Off;
        }
        let tracer = match self.accepts(request) {
            true => self.source.tracer(),
            false => None,
        };
        let Some(tracer) = tracer else {
            return State::Carrying(parent);
        };
        let started_at = SystemTime::now();
        let describe = || {
            let mut attributes = Vec::with_capacity(USUAL_ATTRIBUTES);
            call.facts.describe_request(request, &mut attributes);
            if let Some(request) = request {
                self.add_request(call.facts, request, &mut attributes);
            }
            attributes
        };
        let late = self.sampling == SamplingAttributes::UnlessUnsampled && unsampled(&parent);
        let builder = SpanBuilder {
            span_kind: Some(call.facts.kind()),
            name: call.facts.span_name(),
            start_time: Some(started_at),
            attributes: (!late).then(describe),
            events: None,
            links: None,
        };
        let started = tracer.start(builder, &parent);
        if !started.recording {
            return State::Carrying(started.cx);
        }
        if late {
            started.cx.span().set_attributes(describe());
        }
        let recording = Recording {
            spans: Arc::clone(self),
            started: started_at,
            routed: call.facts.route().is_some(),
        };
        State::Recording(started.cx, recording)
    }
}

/// Whether the caller has said that its trace is not sampled.
fn unsampled(parent: &Context) -> bool {
    let parent = parent.span();
    let caller = parent.span_context();
    caller.is_valid() && caller.is_remote() && !caller.is_sampled()
}

impl<F: Describe> Recording<F> {
    fn end(self, cx: &Context, facts: &F, verdict: Verdict, elapsed: Duration) {
        let span = cx.span();
        let mut attributes = Vec::new();
        facts.describe_response(&mut attributes);
        let route = facts.route();
        if let (Some(route), false) = (route, self.routed) {
            attributes.push(KeyValue::new(attribute::HTTP_ROUTE, route.to_owned()));
            span.update_name(facts.span_name());
        }
        if let Verdict::Error(kind) = verdict {
            attributes.push(KeyValue::new(attribute::ERROR_TYPE, kind));
            span.set_status(Status::error(""));
        }
        self.spans.add_end(facts, verdict, &mut attributes);
        span.set_attributes(attributes);
        // Not the wall clock's time, which may have been set back since the start.
        span.end_with_timestamp(self.started + elapsed);
        if route.is_some() {
            self.spans.routes.seen();
        } else if facts.misses_route() {
            self.spans.routes.missed();
        }
    }
}

impl<F: Describe> Watch<F> for SpanWatch<F> {
    fn in_scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        let _current = self.context().map(|cx| cx.clone().attach());
        poll()
    }

    fn head(&mut self, head: &Head<'_, F>) {
        if let State::Recording(cx, recording) = &self.state {
            let headers = recording.spans.response_attributes(&head.response.headers);
            cx.span().set_attributes(headers);
        }
        if self.ends == SpanEnd::Body {
            return;
        }
        self.state = match mem::replace(&mut self.state, State::Off) {
            State::Recording(cx, recording) => {
                recording.end(&cx, head.facts, head.verdict, head.elapsed);
                State::Ended(cx.span().span_context().clone())
            }
            State::Off | State::Carrying(_) | State::Ended(_) => State::Off,
        };
    }

    fn end(self, report: &Report<'_, F>) {
        match self.state {
            State::Off | State::Carrying(_) => {}
            State::Recording(cx, recording) => {
                recording.end(&cx, report.facts, report.verdict, report.elapsed);
            }
            State::Ended(ids) => tell_late_failure(&ids, report),
        }
    }
}

/// The body failed after the span had ended at the head.
fn tell_late_failure<F>(ids: &SpanContext, report: &Report<'_, F>) {
    let failure = match report.end {
        End::Failed(Failure::Body(_) | Failure::Short { .. }) => "body_error",
        End::Panicked => "panic",
        End::Complete { .. } | End::Failed(Failure::Service(_)) | End::Dropped => return,
    };
    tracing::warn!(
        trace_id = %ids.trace_id(),
        span_id = %ids.span_id(),
        error.type = failure,
        bytes = report.bytes,
        "a response body failed after its client span had ended"
    );
}
