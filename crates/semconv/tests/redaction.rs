//! No credentials in URLs.
#![allow(clippy::unwrap_used)]

use std::borrow::Cow;

use proptest::prelude::*;

use tower_telemetry_semconv::text::{MAX_TEXT, clean};
use tower_telemetry_semconv::url::{REDACTED_QUERY_KEYS, RedactedKeys, full_url, redact_query, redact_url};

#[test]
fn values_of_listed_keys_are_redacted() {
    let rows = [
        ("first", "sig=s&a=b", "sig=REDACTED&a=b"),
        ("middle", "a=b&sig=s&c=d", "a=b&sig=REDACTED&c=d"),
        ("last", "a=b&sig=s", "a=b&sig=REDACTED"),
        ("repeated", "sig=s&sig=t", "sig=REDACTED&sig=REDACTED"),
        ("empty", "sig=&a=b", "sig=REDACTED&a=b"),
        ("before a fragment", "a=b&sig=s#top", "a=b&sig=REDACTED#top"),
        ("in a fragment", "a=b#sig=s&c", "a=b#sig=REDACTED&c"),
        ("in a fragment's query", "a#/p?sig=s", "a#/p?sig=REDACTED"),
        ("with = in it", "sig=b=c==&a=b=c", "sig=REDACTED&a=b=c"),
        (
            "encoded key",
            "s%69g=s&%73%69%67=s&s%2569g=s",
            "s%69g=REDACTED&%73%69%67=REDACTED&s%2569g=REDACTED",
        ),
        (
            "in a link as a value",
            "to=https%3A%2F%2Fh%2Fa%3Fb%3Dc%26sig%3Ds%26t&a=b",
            "to=https%3A%2F%2Fh%2Fa%3Fb%3Dc%26sig%3DREDACTED&a=b",
        ),
        (
            "in a link without a key",
            "%2Fa%3Fs%2569g%253Ds",
            "%2Fa%3Fs%2569g%253DREDACTED",
        ),
        ("behind ;", "a=1;sig=s", "a=1;sig=REDACTED"),
        ("up to the pair's end", "sig=s;t=u?v&a=b", "sig=REDACTED&a=b"),
        ("key with a parameter", "sig;x=s&a=b", "sig;x=REDACTED&a=b"),
        ("behind ?", "a?sig=s", "a?sig=REDACTED"),
        ("behind &amp;", "a=b&amp;sig=s", "a=b&amp;sig=REDACTED"),
        ("characters", "ä=ö&sig=ß&é", "ä=ö&sig=REDACTED&é"),
    ];
    for (rule, query, redacted) in rows {
        assert_eq!(redact_query(query, &RedactedKeys::default()), redacted, "{rule}");
    }
    for key in REDACTED_QUERY_KEYS {
        let redacted = redact_query(&format!("{key}=s"), &RedactedKeys::default()).into_owned();
        assert_eq!(redacted, format!("{key}=REDACTED"));
    }
}

#[test]
fn what_is_not_listed_stays_and_is_borrowed() {
    for query in [
        "",
        "&",
        "=",
        "=s",
        "a",
        "a=b&c=d",
        "sig",
        "sig&a=b",
        "SIG=s",
        "Sig=s",
        "sigs=s",
        "si=s",
        "s%69=s",
        "s%6=s",
        "a=sig",
        "a%3Dsig=s",
        "%",
        "a=b=c",
        "é=è",
    ] {
        let redacted = redact_query(query, &RedactedKeys::default());
        assert!(matches!(redacted, Cow::Borrowed(same) if same == query), "{query}");
    }
}

#[test]
fn given_keys_replace_the_standard_ones() {
    let keys = RedactedKeys::new(["token", "ключ", ""]);
    let query = "sig=s&token=t&%D0%BA%D0%BB%D1%8E%D1%87=u&=v";
    let redacted = "sig=s&token=REDACTED&%D0%BA%D0%BB%D1%8E%D1%87=REDACTED&=REDACTED";
    assert_eq!(redact_query(query, &keys), redacted);
}

#[test]
fn all_values_can_be_redacted() {
    let rows = [
        ("a=b&c=d", "a=REDACTED&c=REDACTED"),
        ("a=&b", "a=REDACTED&REDACTED"),
        ("a?b=c;d=e", "a?b=REDACTED"),
        ("?a=b#c", "?a=REDACTED#REDACTED"),
        ("?word", "?REDACTED"),
        ("", ""),
        ("&&", "&&"),
        ("?", "?"),
    ];
    for (query, redacted) in rows {
        assert_eq!(redact_query(query, &RedactedKeys::all()), redacted, "{query}");
    }
    let redacted = redact_url("https://u@h/a/b;c=d?word#e", &RedactedKeys::all());
    assert_eq!(redacted, "https://REDACTED:REDACTED@h/a/b;c=REDACTED?REDACTED#REDACTED");
}

#[test]
fn urls_are_redacted() {
    let rows = [
        ("user and word", "https://u:p@h/", "https://REDACTED:REDACTED@h/"),
        ("user alone", "https://u@h/", "https://REDACTED:REDACTED@h/"),
        ("@ at the end", "https://u:p@", "https://REDACTED:REDACTED@"),
        ("two @", "https://u:p@x@h:1", "https://REDACTED:REDACTED@h:1"),
        ("space before", " http://u:p@h", " http://REDACTED:REDACTED@h"),
        ("no scheme", "//u:p@h", "//REDACTED:REDACTED@h"),
        (
            "no path",
            "http://u:p@h?sig=s",
            "http://REDACTED:REDACTED@h?sig=REDACTED",
        ),
        ("fragment", "http://h#u@x", "http://h#u@x"),
        ("@ in the path", "https://h/@me/a@b", "https://h/@me/a@b"),
        ("@ in the query", "https://h?to=a@b", "https://h?to=a@b"),
        ("URL in the query", "/p?to=http://a@b/", "/p?to=http://a@b/"),
        (
            "matrix parameter",
            "http://h/a;sig=s;b/c?d",
            "http://h/a;sig=REDACTED/c?d",
        ),
        ("no authority", "mailto:a@b", "mailto:a@b"),
        ("plain", "https://h:1/p?a=b#c", "https://h:1/p?a=b#c"),
        ("nothing", "", ""),
    ];
    for (rule, url, redacted) in rows {
        assert_eq!(redact_url(url, &RedactedKeys::default()), redacted, "{rule}");
        let without = RedactedKeys::new([""; 0]);
        let user = url.contains("u:p@") || url.contains("u@h");
        assert_eq!(redact_url(url, &without).contains("REDACTED:REDACTED@"), user, "{rule}");
    }
}

#[test]
fn a_long_url_is_cut_and_keeps_no_part_of_a_secret() {
    let path = format!("/{}?sig={}", "p".repeat(MAX_TEXT - 30), "s3cret".repeat(1000));
    let url = full_url("https", "host", &path, &RedactedKeys::default());
    assert!(url.len() <= MAX_TEXT && url.ends_with("?sig=REDACTED"), "{url}");
}

/// Any spelling of a key: each byte as it is, or percent-encoded.
fn spelled(key: &'static str) -> impl Strategy<Value = String> {
    let encoded = prop::collection::vec(any::<bool>(), key.len());
    encoded.prop_map(|encoded| {
        let spell = |(byte, encoded)| match encoded {
            true => format!("%{byte:02X}"),
            false => char::from(byte).to_string(),
        };
        key.bytes().zip(encoded).map(spell).collect()
    })
}

proptest! {
    #[test]
    fn no_secret_is_left_in_a_url(
        user in "(CANARY(:CANARY)?(@)?@)?",
        path in "(/[a-z@%é=]{0,4}(;s%69g=CANARY[a-z;=@]{0,3})?){0,3}",
        before in "([a-z]{0,3}=?[a-zA-Z%=;?@]{0,5}[&;?#]){0,3}",
        key in prop::sample::select(&REDACTED_QUERY_KEYS[..]).prop_flat_map(spelled),
        secret in "[a-z=;?/@%:é]{0,5}CANARY[a-z=;?/@%:é]{0,5}",
        after in "([&#][a-z;?=&#@%]{0,10})?",
    ) {
        let url = format!("https://{user}host{path}?{before}{key}={secret}{after}");
        let redacted = redact_url(&url, &RedactedKeys::default());
        prop_assert!(!redacted.contains("CANARY"), "{} from {}", redacted, url);
        let kept = format!("{key}=REDACTED{after}");
        prop_assert!(redacted.contains(&key) && redacted.ends_with(&after), "{} in {}", kept, redacted);
        prop_assert_eq!(&redact_url(&redacted, &RedactedKeys::default()), &redacted);
    }

    #[test]
    fn a_full_url_is_the_redacted_url_of_its_parts(
        scheme in "https?|ws|[a-z:/@=?]{0,3}",
        authority in "((us[e=]r:?@)?@)?host(:81)?|\\PC{0,9}|[a-z:/@=?#]{0,8}",
        rest in "(/[a-zé=;]{0,4}|/sig=s;?){0,3}([?#]([a-z%&;=?]|sig=s&?|é|\u{1b}){0,6})?|\\PC{0,20}|[a-z:/@=?#]{0,8}",
        keys in prop::sample::select(vec![RedactedKeys::default(), RedactedKeys::new(["a", "us"]), RedactedKeys::new([""; 0]), RedactedKeys::all()]),
    ) {
        let url = format!("{scheme}://{authority}{rest}");
        let redacted = redact_url(&url, &keys);
        prop_assert_eq!(full_url(&scheme, &authority, &rest, &keys), clean(&redacted));
    }

    #[test]
    fn any_text_can_be_redacted(text in "\\PC*|[&;?#=/@:sig%69]{0,40}") {
        for keys in [RedactedKeys::default(), RedactedKeys::all()] {
            let redacted = redact_url(&text, &keys);
            prop_assert_eq!(&redact_url(&redacted, &keys), &redacted);
            full_url("http", &text, &text, &keys);
        }
    }
}
