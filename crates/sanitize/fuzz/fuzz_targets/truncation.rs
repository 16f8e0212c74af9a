//! The first byte is the limit, the second says of what, and the rest is a text to cut.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tower_telemetry_sanitize::{Sanitizer, Truncation};

fuzz_target!(|data: &[u8]| {
    let [max, kind, rest @ ..] = data else {
        return;
    };
    let Ok(text) = std::str::from_utf8(rest) else {
        return;
    };
    let max = usize::from(*max);
    let (truncation, most_bytes) = match kind % 6 {
        0 => (Truncation::bytes(max), max),
        1 => (Truncation::chars(max), max * 4),
        2 => (Truncation::bytes(max).with_marker("..."), max),
        3 => (Truncation::chars(max).with_marker("…"), max * 4),
        4 => (Truncation::bytes(max).with_marker_after("..."), max + 3),
        _ => (Truncation::chars(max).with_marker_after("..."), max * 4 + 3),
    };
    let Ok(policy) = Sanitizer::builder().with_truncation(truncation).build() else {
        assert!(max < 3, "a marker that has no room");
        return;
    };
    let cut = policy.text(text);
    assert!(cut.len() <= most_bytes, "{cut:?}");
    assert!(!cut.contains(|c: char| c.is_control()), "{cut:?}");
    assert_eq!(policy.text(&cut), cut, "the second time changes nothing");
});
