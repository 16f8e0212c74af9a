//! Whatever comes in, what goes out is valid; and whatever valid comes in, goes out.

#[path = "oracle/traceparent.rs"]
mod traceparent;
#[path = "oracle/tracestate.rs"]
mod tracestate;

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use proptest::collection::vec;
use proptest::prelude::*;
use tower_telemetry_propagate::W3c;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// What is sent on by the rules.
fn expected(incoming: &HeaderMap) -> HeaderMap {
    let lines = |name| -> Vec<_> { incoming.get_all(name).iter().collect() };
    let parent = traceparent::sent_on(&lines("traceparent"));
    let state = tracestate::sent_on(&lines("tracestate")).filter(|_| parent.is_some());
    let header = |name, value: String| (HeaderName::from_static(name), value.parse().expect("a header value"));
    let parent = parent.map(|value| header("traceparent", value));
    parent
        .into_iter()
        .chain(state.map(|value| header("tracestate", value)))
        .collect()
}

/// Headers that may be sent: those that are sent on as they are.
fn are_sendable(headers: &HeaderMap) -> bool {
    *headers == expected(headers)
}

/// The lines that carriers of text can show.
fn ascii_only(headers: &HeaderMap) -> HeaderMap {
    let text = headers.iter().filter(|(_, value)| value.to_str().is_ok());
    text.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn received(lines: &[(&'static str, Vec<u8>)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, line) in lines {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(HeaderName::from_static(name), value);
        }
    }
    headers
}

fn passed_on(incoming: &HeaderMap) -> HeaderMap {
    let mut outgoing = HeaderMap::new();
    W3c.inject_headers(&W3c.extract_headers(&Context::new(), incoming), &mut outgoing);
    outgoing
}

fn passed_on_through_traits(incoming: &HeaderMap) -> HeaderMap {
    let mut outgoing = HeaderMap::new();
    let cx = W3c.extract_with_context(&Context::new(), &HeaderExtractor(incoming));
    W3c.inject_context(&cx, &mut HeaderInjector(&mut outgoing));
    outgoing
}

fn line_of_tracestate() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..80),
        "[ -~\t]{0,600}".prop_map(String::into_bytes),
        "([a-c@]{1,2}=[a-c ]{1,150}[,\t]?){0,8}".prop_map(String::into_bytes),
    ]
}

fn line_of_traceparent() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..80),
        "[0-9a-f-]{50,60}".prop_map(String::into_bytes),
        "[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?".prop_map(String::into_bytes),
    ]
}

proptest! {
    #[test]
    fn a_valid_pair_passes_unchanged(
        trace_id in 1..=u128::MAX,
        parent_id in 1..=u64::MAX,
        flags in 0..4_u8,
        entries in proptest::collection::btree_map(
            "[a-z0-9][a-z0-9_*/@-]{0,20}",
            "[ -+\\--<>-~]{0,19}[!-+\\--<>-~]",
            0..11,
        ),
    ) {
        let parent = format!("00-{trace_id:032x}-{parent_id:016x}-{flags:02x}");
        let entries: Vec<_> = entries.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let mut lines = vec![("traceparent", parent.into_bytes())];
        if !entries.is_empty() {
            lines.push(("tracestate", entries.join(",").into_bytes()));
        }
        let incoming = received(&lines);
        prop_assert_eq!(&passed_on(&incoming), &incoming);
        prop_assert_eq!(&passed_on_through_traits(&incoming), &incoming);
    }

    #[test]
    fn any_bytes_are_read_by_the_rules(
        parents in vec(line_of_traceparent(), 0..3),
        states in vec(line_of_tracestate(), 0..5),
        valid in any::<bool>(),
    ) {
        let parents = if valid { vec![PARENT.as_bytes().to_vec()] } else { parents };
        let parents = parents.into_iter().map(|line| ("traceparent", line));
        let states = states.into_iter().map(|line| ("tracestate", line));
        let incoming = received(&parents.chain(states).collect::<Vec<_>>());
        prop_assert_eq!(passed_on(&incoming), expected(&incoming));
        prop_assert_eq!(passed_on_through_traits(&incoming), expected(&ascii_only(&incoming)), "through the traits");
        prop_assert!(are_sendable(&expected(&incoming)));
    }

    #[test]
    fn a_traceparent_is_accepted_exactly_when_the_rules_say_so(
        version in "00|01|cc|ff|[0-9a-f]{2}",
        at in 0..60_usize,
        cut in 0..2_usize,
        put in "[0-9a-gA-F. \t+-]{0,2}",
        future in "|-|-future",
    ) {
        let mut value = format!("{version}{}{future}", &PARENT[2..]);
        let at = at.min(value.len());
        value.replace_range(at..value.len().min(at + cut), &put);
        let incoming = received(&[("traceparent", value.into_bytes())]);
        prop_assert_eq!(passed_on(&incoming), expected(&incoming), "{:?}", incoming);
    }

    #[test]
    fn any_span_context_is_sent_as_something_valid_or_not_at_all(
        trace_id in prop_oneof![Just(0), any::<u128>()],
        span_id in prop_oneof![Just(0), any::<u64>()],
        flags in any::<u8>(),
        pairs in vec(("[a-c]{1,2}", "[^,=]{0,60}"), 0..32),
    ) {
        let span = SpanContext::new(
            TraceId::from(trace_id),
            SpanId::from(span_id),
            TraceFlags::new(flags),
            false,
            TraceState::from_key_value(pairs).unwrap_or_default(),
        );
        let valid = span.is_valid();
        let mut outgoing = HeaderMap::new();
        W3c.inject_headers(&Context::new().with_remote_span_context(span), &mut outgoing);
        prop_assert_eq!(outgoing.contains_key("traceparent"), valid);
        prop_assert!(are_sendable(&outgoing), "{:?}", outgoing);
    }
}
