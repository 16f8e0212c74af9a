//! What a peer sends cannot make us allocate.

use allocation_counter::measure;
use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::baggage::{Baggage, BaggageExt};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use tower_telemetry_propagate::{W3c, W3cBaggage};

/// What may be allocated for headers of whatever size.
const BOUND: u64 = 8 * 1024;

const HUGE: usize = 400_000;

const IDS: &str = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";

const PATTERNS: [&str; 16] = [
    "a=1,",
    "a@@b=1,",
    "k=v;p=%20,",
    ",",
    " ",
    "a",
    "=",
    ";",
    "%",
    "%41",
    "a=",
    "a=%ff,",
    "a=;",
    "a = ,",
    "\"",
    "-",
];

fn lines(name: &'static str, lines: impl IntoIterator<Item = impl AsRef<[u8]>>) -> HeaderMap {
    let value = |line: &[u8]| HeaderValue::from_bytes(line).expect("a header value");
    let name = HeaderName::from_static(name);
    lines
        .into_iter()
        .map(|line| (name.clone(), value(line.as_ref())))
        .collect()
}

/// A header of that size in one line, in a hundred, and in as many as a server of many lines takes.
fn in_lines(name: &'static str, text: &str) -> [HeaderMap; 3] {
    [text.len(), text.len() / 100, text.len() / 8000].map(|width| lines(name, text.as_bytes().chunks(width.max(1))))
}

/// Numbered entries: many keys, none of them twice.
fn numbered(count: usize, value: &str) -> String {
    let entries: Vec<_> = (0..count).map(|n| format!("k{n}={value}")).collect();
    entries.join(",")
}

/// What hostile and what valid peers send in a header of this name.
fn texts(name: &str) -> Vec<String> {
    let repeated = PATTERNS.iter().map(|pattern| pattern.repeat(HUGE / pattern.len()));
    let many = [(32, 250), (32, 500), (64, 100), (64, 1), (180, 20), (20_000, 10)];
    let many = many
        .into_iter()
        .map(|(count, width)| numbered(count, &"v".repeat(width)));
    let large = ["a=", "a=%41", "a=%ff", "a=1;p=", "a=%41;p=%41"]
        .into_iter()
        .flat_map(|begin| {
            let fill = |with: &&str| format!("{begin}{}", with.repeat((8192 - begin.len()) / with.len()));
            ["v", "%", "%ff", "%41", "%C3%A9", ";p=%"]
                .iter()
                .map(fill)
                .collect::<Vec<_>>()
        });
    let future = [0, 100, 8000, HUGE].map(|width| format!("cc-{IDS}-03-{}", "x".repeat(width)));
    let parents = future.into_iter().filter(|_| name == "traceparent");
    repeated.chain(many).chain(large).chain(parents).collect()
}

/// All that a peer may send in a header of this name, with what it looks like.
fn received(name: &'static str) -> impl Iterator<Item = (String, HeaderMap)> {
    texts(name).into_iter().flat_map(move |text| {
        let looks = format!("{name}: {:.20}…, {} bytes", text, text.len());
        in_lines(name, &text).map(|headers| (format!("{looks}, {} lines", headers.len()), headers))
    })
}

#[test]
fn trace_headers_allocate_at_most_8_kib() {
    let parent = lines("traceparent", [format!("00-{IDS}-03")]);
    let states = received("tracestate").map(|(looks, mut headers)| {
        headers.extend(parent.clone());
        (looks, headers)
    });
    let mut most = 0;
    for (looks, headers) in received("traceparent").chain(states) {
        let direct = measure(|| {
            let mut outgoing = HeaderMap::new();
            W3c.inject_headers(&W3c.extract_headers(&Context::new(), &headers), &mut outgoing);
        });
        assert!(direct.bytes_total <= BOUND, "{looks}: {direct:?}");
        most = most.max(direct.bytes_total);

        // Of all lines, the carrier makes a list.
        if headers.len() <= 110 {
            let through_traits = measure(|| {
                let mut outgoing = HeaderMap::new();
                let cx = W3c.extract_with_context(&Context::new(), &HeaderExtractor(&headers));
                W3c.inject_context(&cx, &mut HeaderInjector(&mut outgoing));
            });
            assert!(
                through_traits.bytes_total <= BOUND,
                "{looks}: through the traits: {through_traits:?}"
            );
        }
    }
    assert!(most > 512, "not even a valid list was kept");
}

/// What the same baggage takes in any case: OpenTelemetry's own table, and the texts in it.
fn its_own(cx: &Context) -> u64 {
    let of_the_table = measure(|| {
        let mut baggage = Baggage::new();
        for (key, (value, metadata)) in cx.baggage() {
            baggage.insert_with_metadata(key.clone(), value.clone(), metadata.clone());
        }
        drop(Context::new().with_baggage(baggage));
    });
    of_the_table.bytes_max
}

#[test]
fn baggage_holds_at_most_8_kib_beside_what_is_kept_and_sent() {
    let mut most = 0;
    for (looks, headers) in received("baggage") {
        let mut cx = Context::new();
        let extracting = measure(|| cx = W3cBaggage.extract_headers(&Context::new(), &headers));
        let kept = its_own(&cx);
        assert!(
            extracting.bytes_max <= kept + BOUND,
            "{looks}: {extracting:?}, of which {kept} for itself"
        );

        let mut outgoing = HeaderMap::new();
        let injecting = measure(|| W3cBaggage.inject_headers(&cx, &mut outgoing));
        let sent = outgoing.get("baggage").map_or(0, |value| value.len() as u64);
        assert!(
            injecting.bytes_max <= sent + BOUND,
            "{looks}: {injecting:?}, of which {sent} are sent"
        );
        most = most.max(extracting.bytes_max + injecting.bytes_max);
    }
    assert!(most <= 4 * BOUND, "{most} bytes for extraction and injection");
    assert!(most > BOUND, "no baggage of full size was kept");
}
