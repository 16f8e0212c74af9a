//! Whatever comes in as baggage, what goes out is a valid list; and whatever valid comes in, goes out.

#[path = "oracle/baggage.rs"]
mod oracle;

use std::collections::HashMap;

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::baggage::{BaggageExt, KeyValueMetadata};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::{Context, Key};
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use oracle::Entries;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use tower_telemetry_propagate::W3cBaggage;

const BAGGAGE: HeaderName = HeaderName::from_static("baggage");

fn entries(cx: &Context) -> Entries {
    let entry = |(key, (value, metadata)): (&Key, &(_, _))| {
        (
            key.to_string(),
            (ToString::to_string(value), ToString::to_string(metadata)),
        )
    };
    cx.baggage().iter().map(entry).collect()
}

fn received(lines: &[Vec<u8>]) -> HeaderMap {
    let values = lines.iter().filter_map(|line| HeaderValue::from_bytes(line).ok());
    values.map(|value| (BAGGAGE, value)).collect()
}

fn extract(headers: &HeaderMap) -> Context {
    W3cBaggage.extract_headers(&Context::new(), headers)
}

/// What is sent, the same through both interfaces.
fn sent(cx: &Context) -> Option<String> {
    let mut headers = HeaderMap::new();
    W3cBaggage.inject_headers(cx, &mut headers);
    let mut through_traits = HeaderMap::new();
    W3cBaggage.inject_context(cx, &mut HeaderInjector(&mut through_traits));
    assert_eq!(through_traits, headers, "through the traits");
    assert!(headers.len() <= 1);
    headers
        .get(BAGGAGE)
        .map(|value| value.to_str().expect("text").to_owned())
}

fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

fn line() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..80),
        "[ -~\t]{0,200}".prop_map(String::into_bytes),
        "([a-c%]{1,2}[ \t]?=[a-c%0-9 ]{0,20}(;[pq ]{0,2}(=[%a-e0-9 ]{0,9})?){0,3}[,\t]?){0,40}"
            .prop_map(String::into_bytes),
        "([a-z]{1,2}=(%[0-9a-f]{2}|[a-z]){0,40},){0,20}".prop_map(String::into_bytes),
        "([0-9]{1,3}=[a-z%]{0,3};?,){0,90}".prop_map(String::into_bytes),
        ("[a-c]", 0..17_000_usize).prop_map(|(key, width)| format!("{key}={}", "v".repeat(width)).into_bytes()),
    ]
}

proptest! {
    #[test]
    fn any_entries_come_back_as_they_were_sent(
        set in btree_map("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,9}", ("[^\\pC\u{2028}\u{2029}]{0,9}", "([a-z]{1,2}(=[a-z%0-9é ]{0,9})?;){0,3}"), 0..20),
    ) {
        let baggage = set.iter().map(|(key, (value, metadata))| {
            KeyValueMetadata::new(key.clone(), value.clone(), &**metadata)
        });
        let list = sent(&Context::new().with_baggage(baggage));
        let headers = received(&list.iter().map(|list| list.clone().into_bytes()).collect::<Vec<_>>());
        let received = extract(&headers);
        let values = |(key, (value, _)): (String, (String, _))| (key, value);
        let were_set: Vec<_> = set.into_iter().map(values).collect();
        prop_assert_eq!(entries(&received).into_iter().map(values).collect::<Vec<_>>(), were_set);
        prop_assert_eq!(sent(&received), list, "and go out again unchanged");
    }

    #[test]
    fn any_bytes_are_read_by_the_rules(lines in vec(line(), 0..5)) {
        let headers = received(&lines);
        let values: Vec<_> = headers.values().map(HeaderValue::as_bytes).collect();
        let cx = extract(&headers);
        let expected = oracle::received(&values);
        prop_assert_eq!(entries(&cx), expected.clone());
        if values.iter().all(|value| value.is_ascii()) {
            let cx = W3cBaggage.extract_with_context(&Context::new(), &HeaderExtractor(&headers));
            prop_assert_eq!(entries(&cx), expected.clone(), "through the traits");
        }

        let list = sent(&cx);
        prop_assert_eq!(&list, &oracle::sent(&expected));
        let again = extract(&received(&list.iter().map(|list| list.clone().into_bytes()).collect::<Vec<_>>()));
        prop_assert!(entries(&again).iter().all(|(key, entry)| expected.get(key) == Some(entry)));
        prop_assert_eq!(sent(&again), list, "what is sent is received whole");
    }

    #[test]
    fn no_text_of_any_carrier_puts_a_control_character_into_a_context(text in "([a-c]{1,2}=(\\PC|\\pC|%[0-9a-f]{2}){0,4}(;p=\\pC)?,){0,9}|\\PC*") {
        let cx = W3cBaggage.extract(&HashMap::from([("baggage".to_owned(), text)]));
        for (key, (value, metadata)) in entries(&cx) {
            prop_assert!(!format!("{key}{value}{metadata}").contains(is_control), "{:?}", (key, value, metadata));
        }
    }

    #[test]
    fn whatever_an_application_sets_is_sent_as_a_valid_list(
        set in vec((any::<String>(), any::<String>(), any::<String>()), 0..9),
        filler in 0..9000_usize,
    ) {
        let mut set: Vec<_> = set;
        set.push(("filler".to_owned(), "%".repeat(filler), String::new()));
        let baggage = set.into_iter().map(|(key, value, metadata)| KeyValueMetadata::new(key, value, metadata));
        let cx = Context::new().with_baggage(baggage);
        let list = sent(&cx);
        prop_assert_eq!(&list, &oracle::sent(&entries(&cx)));
        prop_assert!(list.iter().all(|list| (1..=8192).contains(&list.len())));
        for member in list.iter().flat_map(|list| list.split(',')) {
            let headers = received(&[member.as_bytes().to_vec()]);
            let without_controls = entries(&cx).values().all(|(value, _)| !value.contains(is_control));
            prop_assert!(!without_controls || entries(&extract(&headers)).len() == 1, "{:?}", member);
        }
    }
}
