//! What must not be written down, from the outside.
#![allow(clippy::unwrap_used)]

use http::{HeaderName, HeaderValue};
use tower_telemetry_sanitize::{
    AllowedHeaders, Change, HashKey, InvalidPolicy, Query, Rule, Sanitizer, SanitizerBuilder, Truncation,
};

fn build(configure: impl FnOnce(SanitizerBuilder) -> SanitizerBuilder) -> Sanitizer {
    configure(Sanitizer::builder()).build().unwrap()
}

fn key(key: &str) -> HashKey {
    HashKey::new(key).unwrap()
}

#[test]
fn one_value_is_one_line_and_steers_nothing() {
    let policy = Sanitizer::default();
    for key in [
        "user_agent.original",
        "url.full",
        "url.path",
        "note",
        "http.request.header.via",
        "a_url",
    ] {
        for (text, written) in [
            ("a\u{1b}[31mb", r"a\u{1b}[31mb"),
            ("a\u{9b}b\tc", r"a\u{9b}b\tc"),
            ("a\u{2028}b\u{2029}c", r"a\u{2028}b\u{2029}c"),
            ("\u{202e}a\u{2066}", r"\u{202e}a\u{2066}"),
            ("a\r\nb", r"a\r\nb"),
            ("a%0d%0ab", "a%0d%0ab"),
        ] {
            assert_eq!(policy.value(key, text).as_deref(), Some(written), "{key}");
            assert_eq!(policy.label(key, text), written, "{key}");
        }
    }
}

#[test]
fn bytes_of_a_header_that_are_not_utf8_are_escaped() {
    let policy = Sanitizer::default();
    let value = HeaderValue::from_bytes(b"caf\xe9").unwrap();
    let written = policy.header(&HeaderName::from_static("via"), &value).unwrap();
    assert_eq!(written, r"caf\xe9");
}

#[test]
fn headers_with_credentials_are_redacted_whatever_is_allowed() {
    assert!(AllowedHeaders::new(["authorization"]).is_err());
    let policy = build(|builder| {
        builder
            .with_headers(AllowedHeaders::new(["x-tenant"]).unwrap())
            .with_rule("http.request.header.authorization", Rule::Keep)
            .with_rule("*", Rule::Keep)
    });
    for name in [
        "authorization",
        "cookie",
        "set-cookie",
        "proxy-authorization",
        "x-api-key",
        "x_api_key",
    ] {
        let name = HeaderName::from_static(name);
        let value = HeaderValue::from_static("c4n4ry");
        assert_eq!(policy.header(&name, &value).as_deref(), Some("REDACTED"));
        let attribute = format!("http.request.header.{name}");
        assert_eq!(policy.value(&attribute, "c4n4ry").as_deref(), Some("REDACTED"));
        assert_eq!(
            policy
                .value(&attribute.to_uppercase().replace('-', "_"), "c4n4ry")
                .as_deref(),
            Some("REDACTED")
        );
    }
    let mut marked = HeaderValue::from_static("c4n4ry");
    marked.set_sensitive(true);
    assert_eq!(
        policy.header(&HeaderName::from_static("x-tenant"), &marked).as_deref(),
        Some("REDACTED")
    );
    let other = HeaderName::from_static("x-other-token");
    assert_eq!(policy.header(&other, &HeaderValue::from_static("c4n4ry")), None);
    let named = Sanitizer::default();
    assert_eq!(
        named.header(&other, &HeaderValue::from_static("c4n4ry")).as_deref(),
        Some("REDACTED")
    );
}

#[test]
fn user_information_and_listed_values_are_redacted_in_every_spelling() {
    let policy = Sanitizer::default();
    for (url, written) in [
        ("https://u:p@h/", "https://REDACTED:REDACTED@h/"),
        ("https://u@h/", "https://REDACTED:REDACTED@h/"),
        ("https://u:p@", "https://REDACTED:REDACTED@"),
        ("https://h/@me?to=a@b", "https://h/@me?to=a@b"),
        (
            "https://h/?sig=s&X-Amz-Credential=a=b=c&sig#f",
            "https://h/?sig=REDACTED&X-Amz-Credential=REDACTED&sig#f",
        ),
        ("https://h/?s%69g=s&SIG=s", "https://h/?s%69g=REDACTED&SIG=s"),
        (
            "https://h/?a;sig=s&b?sig=s#sig=s",
            "https://h/?a;sig=REDACTED&b?sig=REDACTED#sig=REDACTED",
        ),
        ("https://h/a;sig=s/b", "https://h/a;sig=REDACTED/b"),
    ] {
        assert_eq!(policy.url(url), written);
        assert_eq!(policy.value("url.full", url).as_deref(), Some(written));
    }
    assert_eq!(policy.value("url.query", "sig=s&a").as_deref(), Some("sig=REDACTED&a"));
}

#[test]
fn a_list_of_keys_replaces_the_usual_one_and_user_information_is_redacted_in_any_case() {
    for (keys, written) in [
        (vec!["a".to_owned()], "https://REDACTED:REDACTED@h/?a=REDACTED&sig=c"),
        (Vec::new(), "https://REDACTED:REDACTED@h/?a=b&sig=c"),
    ] {
        let policy = build(|builder| builder.with_query(Query::Keys(keys)));
        assert_eq!(policy.url("https://u:p@h/?a=b&sig=c"), written);
    }
}

#[test]
fn secrets_in_paths_are_redacted_by_pattern() {
    let policy = build(|builder| builder.with_redacted_path("/reset/{token}"));
    for path in ["/reset/c4n4ry", "//reset/c4n4ry/", "/r%65set/c4n4ry?a=b"] {
        assert!(!policy.value("http.target", path).unwrap().contains("c4n4ry"), "{path}");
    }
    assert_eq!(
        policy.value("url.path", "/reset/c4n4ry").as_deref(),
        Some("/reset/REDACTED")
    );
}

#[test]
fn error_texts_and_panic_payloads_are_left_out() {
    let policy = Sanitizer::default();
    for key in [
        "exception.message",
        "exception.stacktrace",
        "error.message",
        "panic.payload",
        "rpc.response.metadata.grpc-message",
    ] {
        assert_eq!(policy.value(key, "c4n4ry"), None, "{key}");
        assert_eq!(policy.label(key, "c4n4ry"), "", "{key}");
    }
    assert_eq!(policy.error_text("c4n4ry"), None);
}

#[test]
fn a_cut_falls_between_characters_and_is_final() {
    for c in ["a", "é", "€", "👩", "e\u{301}", "👩\u{200d}👩"] {
        let text = c.repeat(700);
        for max in 0..40 {
            for truncation in [Truncation::bytes(max), Truncation::bytes(max + 3).with_marker("...")] {
                let policy = build(|builder| builder.with_truncation(truncation));
                let cut = policy.text(&text);
                assert!(cut.len() <= max + 3 && text.starts_with(cut.trim_end_matches('.')));
                assert_eq!(policy.text(&cut), cut);
            }
        }
    }
    assert_eq!(Sanitizer::default().text(&"x".repeat(1 << 20)).len(), 1024);
}

#[test]
fn a_hash_is_the_same_everywhere_and_another_with_another_key() {
    // As any other implementation has it: printf user-1 | openssl dgst -sha256 -hmac 'key of the first month'
    assert_eq!(
        key("key of the first month").hash("user-1"),
        "8dbff3970f8ad2cf5aad1454250b4d4d"
    );
    let policy = |text| build(|builder| builder.with_hash_key(key(text)).with_rule("user.id", Rule::Hash));
    let [one, same, other] = [
        "key of the first month",
        "key of the first month",
        "key of the next month",
    ]
    .map(policy);
    assert_eq!(one.value("user.id", "user-1"), same.value("user.id", "user-1"));
    assert_ne!(one.value("user.id", "user-1"), other.value("user.id", "user-1"));
}

#[test]
fn there_is_no_hash_without_a_key() {
    for rule in [Rule::Hash, Rule::Group(10)] {
        let built = Sanitizer::builder().with_rule("user.id", rule).build();
        assert_eq!(built.map(|_| ()), Err(InvalidPolicy::NoHashKey));
    }
    assert!(HashKey::new("").is_err());
    assert!(HashKey::from_env("NO_SUCH_KEY").is_err());
}

#[test]
fn a_group_is_keyed_bounded_and_named_for_what_it_is() {
    let policy = build(|builder| {
        builder
            .with_hash_key(key("a key of 16 bytes or more"))
            .with_rule("user.id", Rule::Group(3))
    });
    let mut groups: Vec<_> = (0..100)
        .map(|n| policy.label("user.id", &format!("user-{n}")).into_owned())
        .collect();
    groups.sort();
    groups.dedup();
    assert_eq!(groups, ["group-0", "group-1", "group-2"]);
}

#[test]
fn a_hash_is_no_label() {
    let policy = build(|builder| {
        builder
            .with_hash_key(key("a key of 16 bytes or more"))
            .with_rule("user.id", Rule::Hash)
    });
    assert_eq!(policy.label("user.id", "user-1"), "REDACTED");
    assert_eq!(policy.value("user.id", "user-1").unwrap().len(), 32);
}

#[test]
fn what_is_changed_is_counted_and_what_is_clean_is_not() {
    let policy = build(|builder| builder.with_truncation(Truncation::bytes(3)));
    for (key, value) in [
        ("a", "abc"),
        ("a", "abcd"),
        ("password", "a"),
        ("password", "REDACTED"),
        ("exception.message", "a"),
    ] {
        policy.value(key, value);
    }
    let counts = [Change::Cut, Change::Redacted, Change::Dropped].map(|change| policy.counts().of(change));
    assert_eq!(counts, [1, 1, 1]);
}

#[test]
fn nothing_is_allocated_where_nothing_has_to_change() {
    let policy = Sanitizer::default();
    let counted = allocation_counter::measure(|| {
        for (key, value) in [
            ("note", "text"),
            ("url.full", "https://h/a?b=c"),
            ("user.name", "Amélie"),
            ("url.path", "/"),
        ] {
            assert!(policy.value(key, value).is_some_and(|written| written == value));
            assert_eq!(policy.label(key, value), value);
        }
    });
    assert_eq!(counted.count_total, 0);
}
