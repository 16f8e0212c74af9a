//! Every rule of W3C Trace Context Level 2 on `tracestate`, by example.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use tower_telemetry_propagate::W3c;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// What is sent on after these lines were received, the same through both interfaces.
fn passed_on(rule: &str, lines: &[impl AsRef<str>]) -> Option<String> {
    let state = HeaderName::from_static("tracestate");
    let mut incoming = HeaderMap::new();
    incoming.insert("traceparent", HeaderValue::from_static(PARENT));
    for line in lines {
        let line = line.as_ref().parse().expect("a header value");
        incoming.append(&state, line);
    }
    let mut outgoing = HeaderMap::new();
    let cx = W3c.extract_headers(&Context::new(), &incoming);
    W3c.inject_headers(&cx, &mut outgoing);

    let mut through_traits = HeaderMap::new();
    let cx = W3c.extract_with_context(&Context::new(), &HeaderExtractor(&incoming));
    W3c.inject_context(&cx, &mut HeaderInjector(&mut through_traits));
    assert_eq!(through_traits, outgoing, "{rule}: through the traits");

    assert_eq!(outgoing["traceparent"], PARENT, "{rule}: traceparent is kept");
    assert!(outgoing.get_all(&state).iter().count() <= 1, "{rule}: one line");
    let sent = outgoing.get(&state)?.to_str().expect("text");
    Some(sent.to_owned())
}

/// A rule, the lines received, and what is sent on; nothing where the list is invalid or empty.
type Row = (&'static str, &'static [&'static str], Option<&'static str>);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("one entry", &["foo=1"], Some("foo=1")),
    ("order is preserved", &["foo=1,bar=2,baz=3"], Some("foo=1,bar=2,baz=3")),
    ("several lines are one list, in their order", &["foo=1,bar=2", "rojo=1,congo=2", "baz=3"], Some("foo=1,bar=2,rojo=1,congo=2,baz=3")),
    ("an empty header is accepted, and not sent", &[""], None),
    ("an empty line is accepted before others", &["", "foo=1"], Some("foo=1")),
    ("an empty line is accepted after others", &["foo=1", ""], Some("foo=1")),
    ("empty entries are accepted", &[",foo=1,,bar=2,"], Some("foo=1,bar=2")),
    ("blank entries are accepted", &[" \t ,foo=1, ,\t,bar=2"], Some("foo=1,bar=2")),
    ("only commas are an empty list", &[",,,"], None),
    ("optional whitespace around entries is ignored", &["foo=1 \t , \t bar=2, \t baz=3"], Some("foo=1,bar=2,baz=3")),
    ("optional whitespace around the list is ignored", &["\t foo=1 \t"], Some("foo=1")),
    ("spaces at the start of a value belong to it", &["foo=  1"], Some("foo=  1")),
    ("spaces within a value belong to it", &["foo=1  2"], Some("foo=1  2")),
    ("a tab within a value is not allowed", &["foo=1\t2"], None),
    ("a list-member has a value", &["foo"], None),
    ("a value is not empty", &["foo=,bar=3"], None),
    ("a value has no equals sign", &["foo=bar=baz"], None),
    ("a value has any other printable character", &["foo= !\"#$%&'()*+-./09:;<>?@AZ[\\]^_`az{|}~"], Some("foo= !\"#$%&'()*+-./09:;<>?@AZ[\\]^_`az{|}~")),
    ("a key is not empty", &["=1"], None),
    ("a key has no space before the equals sign", &["foo =1"], None),
    ("a key is lower case", &["FOO=1"], None),
    ("a key has no dot", &["foo.bar=1"], None),
    ("a key has any of the allowed characters", &["az09_-*/@=1"], Some("az09_-*/@=1")),
    ("a key may begin with a digit", &["0foo=1"], Some("0foo=1")),
    ("a key does not begin with a sign: _", &["_foo=1"], None),
    ("a key does not begin with a sign: @", &["@foo=1,bar=2"], None),
    ("a key may end in @", &["foo@=1,bar=2"], Some("foo@=1,bar=2")),
    ("a key may have @@", &["foo@@bar=1,bar=2"], Some("foo@@bar=1,bar=2")),
    ("a key may have several @", &["foo@bar@baz=1,bar=2"], Some("foo@bar@baz=1,bar=2")),
    ("a key may have more than 14 characters behind @", &["t@vvvvvvvvvvvvvvv=1"], Some("t@vvvvvvvvvvvvvvv=1")),
    ("one invalid entry makes the list invalid", &["foo=1,BAR=2,baz=3"], None),
    ("one invalid line makes the list invalid", &["foo=1", "BAR=2"], None),
    ("duplicate keys may be discarded: the first is the latest", &["foo=1,bar=2,foo=3"], Some("foo=1,bar=2")),
    ("duplicate keys may be discarded, over several lines", &["foo=1", "foo=1"], Some("foo=1")),
];

#[test]
fn tracestate_follows_each_rule() {
    for (rule, received, expected) in ROWS {
        assert_eq!(passed_on(rule, received).as_deref(), *expected, "{rule}");
    }
}

#[test]
fn a_list_has_at_most_32_members() {
    let members = |count| -> Vec<String> { (1..=count).map(|n| format!("bar{n:02}={n}")).collect() };
    let one_line = |members: &[String]| passed_on("members", &[members.join(",")]);
    assert_eq!(one_line(&members(32)), Some(members(32).join(",")));
    assert_eq!(one_line(&members(33)), None);

    assert_eq!(passed_on("lines", &members(32)), Some(members(32).join(",")));
    assert_eq!(passed_on("lines", &members(33)), None);
    assert_eq!(passed_on("lines", &members(100)), None);

    let mut duplicated = members(32);
    duplicated.push(duplicated[0].clone());
    assert_eq!(one_line(&duplicated), None, "a duplicate is a member, too");

    let mut with_blanks = vec![String::new(); 68];
    with_blanks.extend(members(32));
    assert_eq!(passed_on("blanks", &with_blanks), Some(members(32).join(",")));
}

#[test]
fn a_key_has_at_most_256_characters() {
    for (length, valid) in [(256, true), (257, false)] {
        let entry = format!("{}=1", "z".repeat(length));
        let expected = valid.then(|| format!("foo=1,{entry}"));
        assert_eq!(passed_on("key", &["foo=1", &entry]), expected, "{length} characters");
    }
}

#[test]
fn a_value_has_at_most_256_characters() {
    for (length, valid) in [(256, true), (257, false)] {
        let entry = format!("z={}", "1".repeat(length));
        let expected = valid.then(|| format!("foo=1,{entry}"));
        assert_eq!(passed_on("value", &["foo=1", &entry]), expected, "{length} characters");
    }
}

#[test]
fn at_least_512_characters_are_propagated_in_whole_entries() {
    let entries: Vec<_> = (0..32).map(|n| format!("k{n:02}={}", "v".repeat(59))).collect();
    let expected = entries[..8].join(",");
    assert_eq!(expected.len(), 511, "a ninth entry would be too much");
    assert_eq!(passed_on("limit", &entries), Some(expected));
}

#[test]
fn entries_larger_than_128_characters_are_removed_first() {
    let long = format!("long={}", "v".repeat(124));
    let short: Vec<_> = (0..8).map(|n| format!("k{n}={}", "v".repeat(57))).collect();
    let received = [std::slice::from_ref(&long), &short].concat();
    assert_eq!(passed_on("limit", &received), Some(short.join(",")));
}

#[test]
fn a_tracestate_of_400_kilobytes_costs_only_itself() {
    for entry in ["k=v,", ",", " ", "k", "="] {
        let huge = entry.repeat(400_000 / entry.len());
        assert_eq!(passed_on("huge", &[huge]), None, "{entry:?}");
    }
}
