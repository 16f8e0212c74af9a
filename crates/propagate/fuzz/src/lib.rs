//! What all fuzz targets do alike: bytes to headers, and headers through a propagator.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry_http::{HeaderExtractor, HeaderInjector};

/// Headers with a line for each line of `data`, as far as HTTP lets it through.
pub fn received(name: &'static str, data: &[u8]) -> HeaderMap {
    let name = HeaderName::from_static(name);
    let values = data
        .split(|byte| *byte == b'\n')
        .filter_map(|line| HeaderValue::from_bytes(line).ok());
    values.map(|value| (name.clone(), value)).collect()
}

/// The values of a header, in their order.
pub fn lines(headers: &HeaderMap, name: &str) -> Vec<HeaderValue> {
    headers.get_all(name).iter().cloned().collect()
}

/// The one value of a header that was sent.
pub fn sent(headers: &HeaderMap, name: &str) -> Option<String> {
    assert!(
        headers.get_all(name).iter().count() <= 1,
        "more than one line: {headers:?}"
    );
    let value = headers.get(name)?.to_str().expect("ASCII");
    assert!(!value.is_empty(), "an empty header");
    Some(value.to_owned())
}

/// What is sent on through the traits that every propagator has.
pub fn passed_on_through_traits(propagator: &impl TextMapPropagator, incoming: &HeaderMap) -> HeaderMap {
    let mut outgoing = HeaderMap::new();
    let cx = propagator.extract_with_context(&Context::new(), &HeaderExtractor(incoming));
    propagator.inject_context(&cx, &mut HeaderInjector(&mut outgoing));
    outgoing
}

/// Whether carriers of text show all of the headers.
pub fn is_text(headers: &HeaderMap) -> bool {
    headers.values().all(|value| value.to_str().is_ok())
}
