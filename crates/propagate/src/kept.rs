//! What a context keeps of a trace, from its headers to its headers.

use http::HeaderValue;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags, TraceId, TraceState};

use crate::traceparent::{RANDOM, Traceparent};
use crate::tracestate::Tracestate;

/// What came with a trace and OpenTelemetry's own types do not keep. A value of the [`Context`].
#[derive(Debug)]
struct Kept {
    trace_id: TraceId,
    /// [`RANDOM`] or nothing. The SDK resets the flags of a span that its sampler drops.
    random: TraceFlags,
    state: Option<Tracestate>,
}

/// `cx` with the caller's span as its remote span.
#[inline]
pub(crate) fn continued(cx: &Context, parent: Traceparent, state: Option<(Tracestate, TraceState)>) -> Context {
    let Traceparent {
        trace_id,
        parent_id,
        flags,
    } = parent;
    let (state, shown) = state.unzip();
    let shown = shown.unwrap_or_default();
    let span = SpanContext::new(trace_id, parent_id, flags, true, shown);
    let random = flags & RANDOM;
    if random == RANDOM || state.is_some() || cx.get::<Kept>().is_some() {
        let kept = Kept {
            trace_id,
            random,
            state,
        };
        cx.with_value(kept).with_remote_span_context(span)
    } else {
        cx.with_remote_span_context(span)
    }
}

/// The two headers for the span of `cx`; `None` when it has no valid one.
#[inline]
pub(crate) fn outgoing(cx: &Context) -> Option<([u8; 55], Option<HeaderValue>)> {
    let span = cx.span();
    let span = span.span_context();
    if !span.is_valid() {
        return None;
    }
    let kept = cx.get::<Kept>().filter(|kept| kept.trace_id == span.trace_id());
    let flags = match kept {
        Some(kept) => span.trace_flags() & TraceFlags::SAMPLED | kept.random,
        None => span.trace_flags(),
    };
    let parent = Traceparent {
        trace_id: span.trace_id(),
        parent_id: span.span_id(),
        flags,
    };
    let state = Tracestate::write(span.trace_state(), kept.and_then(|kept| kept.state.as_ref()));
    Some((parent.to_bytes(), state))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";
    const OTHER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";

    fn parent(ids: &str, flags: &str) -> Traceparent {
        Traceparent::parse([ids, flags].concat().as_bytes()).expect("a valid value")
    }

    fn receive(cx: &Context, flags: &str, state: &str) -> Context {
        let lines = [state.as_bytes()].into_iter();
        continued(cx, parent(TRACE, flags), Tracestate::read(lines))
    }

    fn sent(cx: &Context) -> (String, Option<HeaderValue>) {
        let (parent, state) = outgoing(cx).expect("a valid span");
        (parent.map(char::from).iter().collect(), state)
    }

    #[test]
    fn nothing_is_kept_where_the_span_context_says_it_all() {
        let cx = receive(&Context::new(), "-01", "");
        assert!(cx.get::<Kept>().is_none());
        assert_eq!(sent(&cx), ([TRACE, "-01"].concat(), None));
    }

    #[test]
    fn a_second_extraction_replaces_what_the_first_kept() {
        let cx = receive(&Context::new(), "-03", "foo@@bar=1");
        let cx = receive(&cx, "-01", "");
        assert_eq!(sent(&cx), ([TRACE, "-01"].concat(), None));
    }

    #[test]
    fn nothing_of_one_trace_is_sent_with_another() {
        let cx = receive(&Context::new(), "-03", "foo@@bar=1");
        let other = parent(OTHER, "-01");
        let cx = cx.with_remote_span_context(SpanContext::new(
            other.trace_id,
            other.parent_id,
            other.flags,
            false,
            TraceState::NONE,
        ));
        assert_eq!(sent(&cx), ([OTHER, "-01"].concat(), None));
    }

    #[test]
    fn the_random_flag_is_the_callers_for_the_whole_trace() {
        for (received, expected) in [("-02", "-03"), ("-00", "-01")] {
            let cx = receive(&Context::new(), received, "a=1");
            let span = cx.span().span_context().clone();
            for flags in [0x01, 0xff] {
                let flags = TraceFlags::new(flags);
                let child = SpanContext::new(span.trace_id(), span.span_id(), flags, false, TraceState::NONE);
                let (parent, _) = sent(&cx.with_remote_span_context(child));
                assert_eq!(parent, [TRACE, expected].concat(), "a span with {flags:?}");
            }
        }
    }

    #[test]
    fn a_context_without_a_valid_span_has_no_headers() {
        assert!(outgoing(&Context::new()).is_none());
        let cx = Context::new().with_remote_span_context(SpanContext::NONE);
        assert!(outgoing(&cx).is_none());
    }
}
