//! How a call's span starts, and under which parent.

use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::Context;
use opentelemetry::trace::{Link, SpanBuilder, SpanContext, TraceContextExt};
use tower_telemetry_observe::Call;

use crate::policy::{self, FactsPolicy};
use crate::tracer::Started;
use crate::watch::{Naming, Recording, State};
use crate::{Describe, RequestSpan, SamplingAttributes, SpanWatch, Spans};

/// Room for the attributes that a request usually has.
const USUAL_ATTRIBUTES: usize = 14;

/// What a span starts under.
#[derive(Clone, Debug)]
pub enum Parent {
    /// The context around the call, which the call runs in anyway.
    Around(Context),
    /// A context that came with the request, which the call has to be run in.
    Brought(Context),
    /// The context around the call, with a link to a caller who is not trusted to be the parent.
    Linked(Context, SpanContext),
}

impl<F> Spans<F> {
    /// Whether there is no provider at present, so that no call gets a span.
    pub fn idle(&self) -> bool {
        self.source.tracer().is_none()
    }
}

impl<F: Describe> Spans<F> {
    /// Starts a span for this call under this parent.
    ///
    /// Where there is none (the filter says no, no provider is installed, or the sampler drops it) the call still carries the context
    /// that its own outgoing calls need. In a context that suppresses telemetry, such as an exporter's, nothing is done.
    pub fn start(self: &Arc<Self>, parent: Parent, call: &Call<'_, F>) -> SpanWatch<F> {
        SpanWatch {
            state: self.begin(parent, call),
        }
    }

    fn begin(self: &Arc<Self>, parent: Parent, call: &Call<'_, F>) -> State<F> {
        let request = call.request.as_deref();
        if parent.context().is_telemetry_suppressed() {
            return State::Off;
        }
        let wish = RequestSpan::of(request);
        let tracer = match wish.is_some_and(RequestSpan::is_none) || !self.accepts(request) {
            true => None,
            false => self.source.tracer(),
        };
        let Some(tracer) = tracer else {
            return parent.carried();
        };
        let policy = self.policy(request);
        let sanitizing = FactsPolicy::new(policy, call.facts);
        let given_name = wish.and_then(RequestSpan::name);
        let name = || match given_name {
            Some(name) => policy.name(name.clone()),
            None => sanitizing.name(call.facts.span_name()),
        };
        let describe = || {
            let mut attributes = Vec::with_capacity(USUAL_ATTRIBUTES);
            call.facts.describe_request(request, &mut attributes);
            let of_facts = attributes.len();
            if let Some(request) = request {
                self.add_request(call.facts, request, &mut attributes);
            }
            if let Some(wish) = wish {
                attributes.extend_from_slice(wish.attributes());
            }
            sanitizing.attributes(&mut attributes, of_facts);
            attributes
        };
        let late = self.sampling == SamplingAttributes::UnlessUnsampled && unsampled(parent.context());
        let started = (!late).then(SystemTime::now);
        let builder = SpanBuilder {
            span_kind: Some(call.facts.kind()),
            name: match late {
                true => sanitizing.name(call.facts.short_name()),
                false => name(),
            },
            start_time: started,
            attributes: (!late).then(describe),
            events: None,
            links: parent.links(),
        };
        let cx = match tracer.start(builder, parent.context()) {
            Started::Recording(cx) => cx,
            Started::Dropped(cx) => return State::Carrying(cx),
            Started::Nothing => return parent.carried(),
        };
        if late {
            let span = cx.span();
            span.update_name(name());
            span.set_attributes(describe());
        }
        let recording = Recording {
            spans: Arc::clone(self),
            started: started.unwrap_or_else(SystemTime::now),
            naming: match (call.facts.is_named(), given_name) {
                (true, _) => Naming::Done,
                (false, None) => Naming::Late,
                (false, Some(_)) => Naming::ByRequest,
            },
            policy: policy::own(request).cloned(),
        };
        State::Recording(cx, recording)
    }
}

impl Parent {
    fn context(&self) -> &Context {
        match self {
            Parent::Around(cx) | Parent::Brought(cx) | Parent::Linked(cx, _) => cx,
        }
    }

    /// What is left to do where no span is recorded: the context may have to be carried.
    fn carried<F>(self) -> State<F> {
        match self {
            Parent::Around(_) | Parent::Linked(..) => State::Off,
            Parent::Brought(cx) => State::Carrying(cx),
        }
    }

    fn links(&self) -> Option<Vec<Link>> {
        match self {
            Parent::Around(_) | Parent::Brought(_) => None,
            Parent::Linked(_, caller) => Some(vec![Link::new(caller.clone(), Vec::new(), 0)]),
        }
    }
}

/// Whether the caller has said that its trace is not sampled.
fn unsampled(parent: &Context) -> bool {
    let parent = parent.span();
    let caller = parent.span_context();
    caller.is_valid() && caller.is_remote() && !caller.is_sampled()
}
