//! What a peer sends cannot make us allocate.

use allocation_counter::{AllocationInfo, measure};
use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::baggage::{Baggage, BaggageExt};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use tower_telemetry_propagate::{Propagation, W3c, W3cBaggage};

/// What may be allocated for headers of whatever size.
const BOUND: u64 = 8 * 1024;

const HUGE: usize = 400_000;

const IDS: &str = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";

const PATTERNS: [&str; 16] = [
    "a=1,", "a@@b=1,", "k=v;p=%20,", ",", " ", "a", "=", ";", "%", "%41", "a=", "a=%ff,", "a=;", "a = ,", "\"", "-",
];

fn lines(name: &'static str, lines: impl IntoIterator<Item = impl AsRef<[u8]>>) -> HeaderMap {
    let value = |line: &[u8]| HeaderValue::from_bytes(line).expect("a header value");
    let name = HeaderName::from_static(name);
    lines.into_iter().map(|line| (name.clone(), value(line.as_ref()))).collect()
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

#[test]
fn trace_headers_allocate_at_most_8_kib() {
    println!("x");
}
