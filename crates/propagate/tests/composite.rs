//! Several propagators together: ours beside each other, and beside those of others.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::baggage::BaggageExt;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapCompositePropagator, TextMapPropagator};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use tower_telemetry_propagate::{Propagation, W3c, W3cBaggage};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03";
const B3_SINGLE: &str = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1";

fn ours() -> TextMapCompositePropagator {
    TextMapCompositePropagator::new(vec![Box::new(W3c), Box::new(W3cBaggage)])
}

fn headers<const N: usize>(pairs: [(&'static str, &'static str); N]) -> HeaderMap {
    let header = |(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
    pairs.into_iter().map(header).collect()
}

#[test]
fn trace_context_and_baggage_pass_through_a_composite() {
    let incoming = headers([
        ("traceparent", PARENT),
        ("tracestate", "foo@@bar=1"),
        ("tracestate", "congo=2"),
        ("baggage", "shop=7;p=%0A"),
        ("baggage", "user=Am%C3%A9lie"),
    ]);
    let expected = headers([
        ("traceparent", PARENT),
        ("tracestate", "foo@@bar=1,congo=2"),
        ("baggage", "shop=7;p=%0A,user=Am%C3%A9lie"),
    ]);
    let cx = ours().extract_with_context(&Context::new(), &HeaderExtractor(&incoming));
    let mut outgoing = HeaderMap::new();
    ours().inject_context(&cx, &mut HeaderInjector(&mut outgoing));
    assert_eq!(outgoing, expected);

    let cx = Propagation::new(ours()).extract(&Context::new(), &incoming);
    let mut outgoing = headers([
        ("baggage", "stale=1"),
        ("baggage", "stale=2"),
        ("tracestate", "stale=3"),
    ]);
    Propagation::new(ours()).inject(&cx, &mut outgoing);
    assert_eq!(outgoing, expected, "in place of what was stale");
}

#[test]
fn a_line_that_is_not_ascii_is_there_for_a_composite_too() {
    let with = |name: &'static str| {
        let mut headers = headers([
            ("traceparent", PARENT),
            ("tracestate", "congo=2"),
            ("baggage", "shop=7"),
        ]);
        headers.append(name, HeaderValue::from_bytes(b"a=\xe9").expect("a header"));
        let cx = Propagation::new(ours()).extract(&Context::new(), &headers);
        let traced = cx.span().span_context().is_valid();
        (
            traced,
            cx.span().span_context().trace_state().header(),
            cx.baggage().len(),
        )
    };
    assert_eq!(
        with("traceparent"),
        (false, String::new(), 1),
        "two of them restart the trace"
    );
    assert_eq!(with("tracestate"), (true, String::new(), 1), "the list is invalid");
    assert_eq!(with("baggage"), (true, "congo=2".to_owned(), 1), "that line is ignored");
}

#[test]
fn each_part_of_a_composite_stands_for_itself() {
    let only_baggage = headers([
        ("traceparent", "invalid"),
        ("tracestate", "foo=1"),
        ("baggage", "shop=7"),
    ]);
    let cx = Propagation::new(ours()).extract(&Context::new(), &only_baggage);
    assert!(!cx.has_active_span());
    let mut outgoing = HeaderMap::new();
    Propagation::new(ours()).inject(&cx, &mut outgoing);
    assert_eq!(outgoing, headers([("baggage", "shop=7")]));

    let only_trace = headers([("traceparent", PARENT), ("baggage", "invalid")]);
    let cx = Propagation::new(ours()).extract(&Context::new(), &only_trace);
    assert!(cx.baggage().is_empty());
    let mut outgoing = headers([("baggage", "stale=1")]);
    Propagation::new(ours()).inject(&cx, &mut outgoing);
    assert_eq!(outgoing, headers([("traceparent", PARENT)]));
}

#[test]
fn baggage_alone_leaves_the_trace_headers_alone() {
    let incoming = headers([("traceparent", PARENT), ("baggage", "shop=7")]);
    let baggage = Propagation::new(W3cBaggage);
    let cx = baggage.extract(&Context::new(), &incoming);
    assert!(!cx.has_active_span());
    let mut outgoing = headers([("traceparent", "other"), ("baggage", "stale=1")]);
    baggage.inject(&cx, &mut outgoing);
    assert_eq!(outgoing, headers([("traceparent", "other"), ("baggage", "shop=7")]));
}

/// The single header of Zipkin's B3, as much of it as a propagator of another kind needs.
#[derive(Debug)]
struct B3([String; 1]);

impl B3 {
    fn new() -> Self {
        Self(["b3".to_owned()])
    }
}

impl TextMapPropagator for B3 {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        let span = cx.span().span_context().clone();
        if span.is_valid() {
            let sampled = u8::from(span.is_sampled());
            injector.set("b3", format!("{}-{}-{sampled}", span.trace_id(), span.span_id()));
        }
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        let mut fields = extractor.get("b3").unwrap_or_default().split('-');
        let trace_id = fields.next().and_then(|id| TraceId::from_hex(id).ok());
        let span_id = fields.next().and_then(|id| SpanId::from_hex(id).ok());
        let (Some(trace_id), Some(span_id)) = (trace_id, span_id) else {
            return cx.clone();
        };
        let flags = TraceFlags::default().with_sampled(fields.next() == Some("1"));
        cx.with_remote_span_context(SpanContext::new(trace_id, span_id, flags, true, TraceState::NONE))
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.0)
    }
}

#[test]
fn another_trace_format_goes_beside_ours() {
    let all = || {
        let propagators: Vec<Box<dyn TextMapPropagator + Send + Sync>> =
            vec![Box::new(B3::new()), Box::new(W3c), Box::new(W3cBaggage)];
        Propagation::new(TextMapCompositePropagator::new(propagators))
    };
    let incoming = headers([
        ("traceparent", PARENT),
        ("tracestate", "foo@@bar=1"),
        ("baggage", "shop=7"),
    ]);
    let cx = all().extract(&Context::new(), &incoming);
    let mut outgoing = headers([("b3", "stale"), ("x-other", "stays")]);
    all().inject(&cx, &mut outgoing);
    let mut expected = incoming.clone();
    expected.extend(headers([("b3", B3_SINGLE), ("x-other", "stays")]));
    assert_eq!(outgoing, expected);

    let cx = all().extract(&Context::new(), &headers([("b3", B3_SINGLE), ("tracestate", "foo=1")]));
    let mut outgoing = HeaderMap::new();
    all().inject(&cx, &mut outgoing);
    let sampled = PARENT.replace("-03", "-01").parse().expect("a header value");
    let mut expected = headers([("b3", B3_SINGLE)]);
    expected.insert("traceparent", sampled);
    assert_eq!(
        outgoing, expected,
        "without a tracestate that came without its traceparent"
    );
}

#[test]
fn of_two_trace_formats_the_later_one_decides() {
    const OTHER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    let b3 = ("b3", "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0");
    let both = headers([("traceparent", PARENT), ("tracestate", "foo=1"), b3]);
    let trace = |propagators| {
        let propagation = Propagation::new(TextMapCompositePropagator::new(propagators));
        let cx = propagation.extract(&Context::new(), &both);
        let mut outgoing = HeaderMap::new();
        propagation.inject(&cx, &mut outgoing);
        let text = |name| {
            outgoing
                .get(name)
                .map(|value: &HeaderValue| value.to_str().expect("text").to_owned())
        };
        (text("traceparent").expect("a header"), text("tracestate"))
    };
    assert_eq!(
        trace(vec![Box::new(B3::new()), Box::new(W3c)]),
        (PARENT.to_owned(), Some("foo=1".to_owned()))
    );
    let b3_decides = trace(vec![Box::new(W3c), Box::new(B3::new())]);
    assert_eq!(
        b3_decides,
        (OTHER.to_owned(), None),
        "nothing of one trace is sent with the other"
    );
}

#[test]
fn the_sdks_propagators_read_what_ours_write() {
    let sdk = TextMapCompositePropagator::new(vec![
        Box::new(TraceContextPropagator::new()),
        Box::new(BaggagePropagator::new()),
    ]);
    let incoming = headers([("traceparent", PARENT), ("tracestate", "congo=2")]);
    let cx = W3c.extract_headers(&Context::new(), &incoming);
    let cx = cx.with_baggage([KeyValue::new("user", "Amélie, 100% \"&\"; \\")]);
    let mut sent = HeaderMap::new();
    Propagation::new(ours()).inject(&cx, &mut sent);

    let read = sdk.extract_with_context(&Context::new(), &HeaderExtractor(&sent));
    assert_eq!(read.span().span_context().trace_id().to_string(), TRACE);
    assert_eq!(read.span().span_context().trace_state().header(), "congo=2");
    assert_eq!(
        read.baggage().get("user").map(ToString::to_string).as_deref(),
        Some("Amélie, 100% \"&\"; \\")
    );
}

/// The SDK decodes properties and sends them as they are then, which no header can hold.
#[test]
fn a_line_break_in_a_property_costs_nothing() {
    let incoming = headers([("baggage", "a=1;p=%0d%0aX: y"), ("baggage", "b=2;p=%0d%0aX:%20y")]);
    let mut outgoing = HeaderMap::new();
    let cx = Propagation::new(ours()).extract(&Context::new(), &incoming);
    Propagation::new(ours()).inject(&cx, &mut outgoing);
    assert_eq!(outgoing, headers([("baggage", "b=2;p=%0d%0aX:%20y")]));
}
