//! Each line of the input is a `baggage`; and three lines are an entry that an application sets.

#![no_main]

#[path = "../../tests/oracle/baggage.rs"]
mod oracle;

use std::collections::HashMap;

use http::HeaderMap;
use libfuzzer_sys::fuzz_target;
use opentelemetry::baggage::{BaggageExt, KeyValueMetadata};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::{Context, Key};
use oracle::Entries;
use tower_telemetry_propagate::W3cBaggage;
use tower_telemetry_propagate_fuzz::{is_text, lines, passed_on_through_traits, received, sent};

fn entries(cx: &Context) -> Entries {
    let entry = |(key, (value, metadata)): (&Key, &(_, _))| {
        (
            key.to_string(),
            (ToString::to_string(value), ToString::to_string(metadata)),
        )
    };
    cx.baggage().iter().map(entry).collect()
}

fn extract(headers: &HeaderMap) -> Context {
    W3cBaggage.extract_headers(&Context::new(), headers)
}

fn inject(cx: &Context) -> HeaderMap {
    let mut outgoing = HeaderMap::new();
    W3cBaggage.inject_headers(cx, &mut outgoing);
    outgoing
}

fn has_control(text: &str) -> bool {
    text.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
}

/// What is sent is a list by the rules, and whole for whoever receives it.
fn check_sent(cx: &Context) {
    let outgoing = inject(cx);
    let list = sent(&outgoing, "baggage");
    let set = entries(cx);
    assert_eq!(list, oracle::sent(&set), "by the rules");
    let members = list.iter().flat_map(|list| list.split(','));
    assert!(list.iter().all(|list| list.len() <= 8192) && members.clone().count() <= 64);
    let again = entries(&extract(&outgoing));
    for member in members {
        let (key, _) = member.split_once('=').expect("a value");
        let (value, _) = &set[key];
        assert_eq!(
            again.get(key).map(|(value, _)| value),
            Some(value).filter(|value| !has_control(value))
        );
    }
}

fuzz_target!(|data: &[u8]| {
    let incoming = received("baggage", data);
    let cx = extract(&incoming);
    let expected = oracle::received(&lines(&incoming, "baggage"));
    assert_eq!(entries(&cx), expected, "by the rules");
    check_sent(&cx);
    if is_text(&incoming) {
        assert_eq!(
            passed_on_through_traits(&W3cBaggage, &incoming),
            inject(&cx),
            "through the traits"
        );
    }

    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let cx = W3cBaggage.extract(&HashMap::from([("baggage".to_owned(), text.to_owned())]));
    for (key, (value, metadata)) in entries(&cx) {
        assert!(
            ![&key, &value, &metadata].into_iter().any(|text| has_control(text)),
            "a control character"
        );
    }
    check_sent(&cx);

    let lines: Vec<_> = text.split('\n').map(str::to_owned).collect();
    let set = lines.chunks(3).filter_map(|entry| match entry {
        [key, value, metadata] => Some(KeyValueMetadata::new(key.clone(), value.clone(), &**metadata)),
        _ => None,
    });
    check_sent(&Context::new().with_baggage(set));
});
