//! What forwarded headers are believed, and of whom.
#![allow(clippy::unwrap_used)]

mod told;

use http::header::{FORWARDED, HeaderName};
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use told::{PROXY, headers, proxies_or, told, trusting};
use tower_telemetry_semconv::{Trust, TrustPolicy};

fn proxies() -> TrustPolicy {
    proxies_or(Trust::Link)
}

#[test]
fn the_client_is_the_first_address_from_the_end_that_is_not_trusted() {
    let rows = [
        ("one", "192.0.2.9", "192.0.2.9"),
        ("spoofed before it", "203.0.113.7, 192.0.2.9", "192.0.2.9"),
        ("behind two proxies", "192.0.2.9,10.0.0.2", "192.0.2.9"),
        ("trusted throughout", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("unknown", "192.0.2.9, unknown", "10.0.0.1"),
        ("hidden behind a proxy", "_hidden, 10.0.0.2", "10.0.0.2"),
        ("port", "192.0.2.9:4711", "192.0.2.9"),
        ("IPv6", "2001:db8::9", "2001:db8::9"),
        ("IPv6 in brackets", "[2001:db8::9]:4711", "2001:db8::9"),
        ("IPv4 in IPv6", "192.0.2.9, ::ffff:10.0.0.2", "192.0.2.9"),
        ("trusted IPv6", "192.0.2.9, fd00::1", "192.0.2.9"),
        ("empty items", ", 192.0.2.9,, ", "192.0.2.9"),
        ("nothing", "", "10.0.0.1"),
        ("no address", "1.2.3", "10.0.0.1"),
        ("a name", "evil.example", "10.0.0.1"),
        ("not text", "\u{e9}", "10.0.0.1"),
        ("broken bracket", "[2001:db8::9", "10.0.0.1"),
    ];
    for (rule, list, client) in rows {
        let custom = headers(&[("x-forwarded-for", list)]);
        assert_eq!(
            told(&custom, PROXY, &trusting(proxies())),
            format!("{client} - -"),
            "{rule}"
        );
    }
    let many = vec!["192.0.2.9"; 50].join(", ");
    let custom = headers(&[("x-forwarded-for", &many)]);
    assert_eq!(told(&custom, PROXY, &trusting(Trust::Parent)), "192.0.2.9 - -");
    let lines = headers(&[("x-forwarded-for", "192.0.2.9"), ("x-forwarded-for", "10.0.0.2")]);
    assert_eq!(told(&lines, PROXY, &trusting(proxies())), "192.0.2.9 - -");
}

#[test]
fn the_standard_header_is_read_from_its_end() {
    let rows = [
        (
            "all",
            "for=192.0.2.9;host=h:81;proto=https;by=10.0.0.1",
            "192.0.2.9 h:81 https",
        ),
        ("any case", "For=192.0.2.9; HOST=h; Proto=HTTPS", "192.0.2.9 h https"),
        ("IPv6", r#"for="[2001:db8::9]:4711""#, "2001:db8::9 - -"),
        (
            "spoofed before it",
            "for=10.9.9.9;host=evil, for=192.0.2.9;host=h",
            "192.0.2.9 h -",
        ),
        (
            "two proxies",
            "for=192.0.2.9;host=h;proto=https, for=10.0.0.2;host=i",
            "192.0.2.9 h https",
        ),
        (
            "told by the inner one alone",
            "for=192.0.2.9, for=10.0.0.2;host=i",
            "192.0.2.9 i -",
        ),
        ("unknown", "for=192.0.2.9, for=unknown;proto=https", "10.0.0.1 - https"),
        ("hidden", "for=192.0.2.9, for=_hidden", "10.0.0.1 - -"),
        (
            "open quote before it",
            r#"for=evil;host="a, for=192.0.2.9;host=h"#,
            "192.0.2.9 h -",
        ),
        (
            "comma in quotes",
            r#"for=192.0.2.9;x="a,for=203.0.113.7;\"",  for=10.0.0.2"#,
            "192.0.2.9 - -",
        ),
        ("escaped backslash", r#"for=192.0.2.9;host="a\\""#, "192.0.2.9 - -"),
        ("foreign scheme", "for=192.0.2.9;proto=gopher", "192.0.2.9 - -"),
        ("malformed host", r#"for=192.0.2.9;host="a b""#, "192.0.2.9 - -"),
        ("nothing", "", "10.0.0.1 - -"),
        ("no pairs", ";;for;=,", "10.0.0.1 - -"),
    ];
    for (rule, list, expected) in rows {
        let standard = headers(&[("forwarded", list), ("x-forwarded-for", "203.0.113.7")]);
        assert_eq!(told(&standard, PROXY, &trusting(proxies())), expected, "{rule}");
    }
}

#[test]
fn the_host_and_scheme_are_those_of_the_farthest_believed_proxy() {
    let rows = [
        (
            "one proxy",
            "192.0.2.9",
            "evil, h:81",
            "gopher, https",
            "192.0.2.9 h:81 https",
        ),
        (
            "two proxies",
            "192.0.2.9, 10.0.0.2",
            "evil, h, i",
            "http, https, http",
            "192.0.2.9 h https",
        ),
        (
            "one value of two proxies",
            "192.0.2.9, 10.0.0.2",
            "h",
            "https",
            "192.0.2.9 h https",
        ),
        ("no client", "", "h", "HTTP", "10.0.0.1 h http"),
        ("malformed", "192.0.2.9", "a b", "javascript", "192.0.2.9 - -"),
    ];
    for (rule, client, host, proto, expected) in rows {
        let custom = headers(&[
            ("x-forwarded-for", client),
            ("x-forwarded-host", host),
            ("x-forwarded-proto", proto),
        ]);
        assert_eq!(told(&custom, PROXY, &trusting(proxies())), expected, "{rule}");
    }
}

proptest! {
    #[test]
    fn nothing_written_before_a_proxys_word_changes_it(start in r#"[ -~]{0,40}|[for=hst;,"\\10.]{0,40}"#) {
        let standard = headers(&[("forwarded", &format!("{start}, for=192.0.2.9;host=h"))]);
        prop_assert_eq!(told(&standard, PROXY, &trusting(proxies())), "192.0.2.9 h -");
        let custom = headers(&[("x-forwarded-for", &format!("{start}, 192.0.2.9"))]);
        prop_assert_eq!(told(&custom, PROXY, &trusting(proxies())), "192.0.2.9 - -");
    }

    #[test]
    fn any_bytes_can_be_read(bytes in prop::collection::vec(prop_oneof![32u8..127, 128u8..], 0..60)) {
        let value = HeaderValue::from_bytes(&bytes).unwrap();
        for name in [FORWARDED, HeaderName::from_static("x-forwarded-for"), HeaderName::from_static("x-forwarded-host"), HeaderName::from_static("x-forwarded-proto")] {
            let headers = HeaderMap::from_iter([(name, value.clone())]);
            told(&headers, PROXY, &trusting(Trust::Parent));
        }
    }
}
