//! Every rule of W3C Baggage, by example.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::baggage::BaggageExt;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use tower_telemetry_propagate::W3cBaggage;

const BAGGAGE: HeaderName = HeaderName::from_static("baggage");

fn headers(lines: &[impl AsRef<[u8]>]) -> HeaderMap {
    let value = |line: &_| HeaderValue::from_bytes(AsRef::as_ref(line)).expect("a header value");
    lines.iter().map(|line| (BAGGAGE, value(line))).collect()
}

fn text(headers: &HeaderMap) -> Option<String> {
    headers
        .get(BAGGAGE)
        .map(|value| value.to_str().expect("text").to_owned())
}

/// What is sent on after these lines were received, the same through both interfaces.
fn passed_on(rule: &str, lines: &[impl AsRef<[u8]>]) -> Option<String> {
    let incoming = headers(lines);
    let mut outgoing = HeaderMap::new();
    W3cBaggage.inject_headers(&W3cBaggage.extract_headers(&Context::new(), &incoming), &mut outgoing);

    let mut through_traits = HeaderMap::new();
    let cx = W3cBaggage.extract_with_context(&Context::new(), &HeaderExtractor(&incoming));
    W3cBaggage.inject_context(&cx, &mut HeaderInjector(&mut through_traits));
    assert_eq!(through_traits, outgoing, "{rule}: through the traits");
    assert!(outgoing.len() <= 1, "{rule}: one line");
    text(&outgoing)
}

/// A rule, the lines received, and what is sent on; nothing where no list-member is valid.
type Row = (&'static str, &'static [&'static str], Option<&'static str>);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("one list-member", &["a=1"], Some("a=1")),
    ("several list-members", &["a=1,b=2"], Some("a=1,b=2")),
    ("the order of different keys means nothing", &["b=2,a=1"], Some("a=1,b=2")),
    ("several lines are one list", &["b=2,a=1", "c=3"], Some("a=1,b=2,c=3")),
    ("an empty header is not sent", &[""], None),
    ("empty list-members are left out", &[",a=1, ,b=2,"], Some("a=1,b=2")),
    ("whitespace around list-members does not count", &["\ta=1 ,\t b=2\t "], Some("a=1,b=2")),
    ("whitespace around key and value does not count", &["a \t= 1\t, b\t=\t2"], Some("a=1,b=2")),
    ("whitespace around properties does not count", &["a=1 ; p \t;\tq = 2 , b=3"], Some("a=1;p;q=2,b=3")),
    ("a list-member has an equals sign", &["a,b=2,c;p=1"], Some("b=2")),
    ("a key is a token: not empty", &["=1,b=2"], Some("b=2")),
    ("a key is a token: no space", &["a a=1,b=2"], Some("b=2")),
    ("a key is a token: no delimiter", &["a:=1,a@=1,a/b=1,(a)=1,[a]=1,{a}=1,<a>=1,a?=1,\"a\"=1,a\\=1,b=2"], Some("b=2")),
    ("a key is a token: any other sign", &["!#$%&'*+-.^_`|~09azAZ=1"], Some("!#$%&'*+-.^_`|~09azAZ=1")),
    ("a key is not decoded", &["%41=1,%0D%0A=2,%=3"], Some("%=3,%0D%0A=2,%41=1")),
    ("keys are case-sensitive", &["a=1,A=2"], Some("A=2,a=1")),
    ("a value may be empty", &["a=,b=;p"], Some("a=,b=;p")),
    ("a value may have equals signs", &["a=1=2,b==,c===;p"], Some("a=1=2,b==,c===;p")),
    ("a value has baggage-octets: no space", &["a=1 2,b=2"], Some("b=2")),
    ("a value has baggage-octets: no tab", &["a=1\t2,b=2"], Some("b=2")),
    ("a value has baggage-octets: no quote", &["a=\"1\",b=2"], Some("b=2")),
    ("a value has baggage-octets: no backslash", &["a=1\\2,b=2"], Some("b=2")),
    ("a value has baggage-octets: any other sign", &["a=!#$&'()*+-./09:<=>?@AZ[]^_`az{|}~"], Some("a=!#$&'()*+-./09:<=>?@AZ[]^_`az{|}~")),
    ("what must be encoded is encoded again", &["a=%20%22%25%2C%3B%5C%C3%A9"], Some("a=%20%22%25%2C%3B%5C%C3%A9")),
    ("what need not be encoded may be: it is decoded", &["a=%41%3D%2f"], Some("a=A=/")),
    ("digits of both cases encode", &["a=%c3%A9"], Some("a=%C3%A9")),
    ("whitespace that is encoded belongs to the value", &["a= %20%20 "], Some("a=%20%20")),
    ("a percent sign must be encoded, and is", &["a=100%,b=%4,c=%zz,d=%%41"], Some("a=100%25,b=%254,c=%25zz,d=%25A")),
    ("what is not UTF-8 is replaced", &["a=%ff,b=1%C32,c=%E2%82"], Some("a=%EF%BF%BD,b=1%EF%BF%BD2,c=%EF%BF%BD")),
    ("a value with a control character is left out: line break", &["a=1%0D%0AX-Forged:%201,b=2"], Some("b=2")),
    ("a value with a control character is left out: C0", &["a=%00,b=%1B[31m,c=%09,d=%1f,e=%20"], Some("e=%20")),
    ("a value with a control character is left out: DEL", &["a=%7F,b=%7E"], Some("b=~")),
    ("a value with a control character is left out: C1", &["a=%C2%80,b=%c2%9b,c=%C2%A0"], Some("c=%C2%A0")),
    ("a value with a control character is left out: separators", &["a=%E2%80%A8,b=%E2%80%A9,c=%E2%80%AA"], Some("c=%E2%80%AA")),
    ("a property is a key", &["a=1;p"], Some("a=1;p")),
    ("a property is a key and a value", &["a=1;p=2"], Some("a=1;p=2")),
    ("a property may have an empty value", &["a=1;p="], Some("a=1;p=")),
    ("a property may have equals signs", &["a=1;p=2=3;q=="], Some("a=1;p=2=3;q==")),
    ("several properties keep their order", &["a=1;q;p;r=1"], Some("a=1;q;p;r=1")),
    ("properties of the same key are kept", &["a=1;p;p=2;p=3"], Some("a=1;p;p=2;p=3")),
    ("a property's key is a token", &["a=1;p q,b=1;@=2,c=1;=2,d=3"], Some("d=3")),
    ("a property is not empty", &["a=1;,b=1;;p,c=1; ;p,d=3"], Some("d=3")),
    ("a property's value has baggage-octets", &["a=1;p=2 3,b=1;p=\"2\",c=1;p=\\,d=3"], Some("d=3")),
    ("a property's value stays encoded", &["a=1;p=%41%20%3b%3D%2C%c3%a9"], Some("a=1;p=%41%20%3b%3D%2C%c3%a9")),
    ("a property's value stays encoded: control characters", &["a=1;p=%0d%0aX:%20y"], Some("a=1;p=%0d%0aX:%20y")),
    ("a property's percent sign must be encoded, and is", &["a=1;p=100%;q=%4"], Some("a=1;p=100%25;q=%254")),
    ("a property without a value is not decoded", &["a=1;p%20%3D%20q"], Some("a=1;p%20%3D%20q")),
    ("invalid list-members do not cost the others", &["a=1,b,c c=3,=4,e=5 5,f=6;,g=%00,h=8"], Some("a=1,h=8")),
    ("of duplicate keys the last is taken", &["a=1;p,b=2,a=3"], Some("a=3,b=2")),
    ("of duplicate keys the last is taken, over several lines", &["a=1,b=2", "b=3", "a=4;p"], Some("a=4;p,b=3")),
    ("an invalid duplicate replaces nothing", &["a=1,a=%00,a"], Some("a=1")),
    ("the specification's example: properties", &["key1=value1;property1;property2, key2 = value2, key3=value3; propertyKey=propertyValue"], Some("key1=value1;property1;property2,key2=value2,key3=value3;propertyKey=propertyValue")),
    ("the specification's example: one header", &["userId=Am%C3%A9lie,serverNode=DF%2028,isProduction=false"], Some("isProduction=false,serverNode=DF%2028,userId=Am%C3%A9lie")),
    ("the specification's example: several headers", &["userId =   alice", "serverNode = DF%2028, isProduction = false"], Some("isProduction=false,serverNode=DF%2028,userId=alice")),
];

#[test]
fn baggage_follows_each_rule() {
    for (rule, received, expected) in ROWS {
        assert_eq!(passed_on(rule, received).as_deref(), *expected, "{rule}");
    }
}

/// A rule, a line received, and what the context has of key `a`: its value, and its properties.
type Decoded = (&'static str, &'static str, (&'static str, &'static str));

#[rustfmt::skip]
const DECODED: &[Decoded] = &[
    ("values are decoded", "a=Am%C3%A9lie%20%26%20Co%2C%3B%25", ("Amélie & Co,;%", "")),
    ("values are decoded once", "a=%2541", ("%41", "")),
    ("a plus sign is no space", "a=1+2", ("1+2", "")),
    ("what is not UTF-8 is replaced", "a=%ff1%c3", ("\u{fffd}1\u{fffd}", "")),
    ("properties are the metadata", "a=1 ; p ; q = 2", ("1", "p;q=2")),
    ("properties stay encoded", "a=%3B;p=%3Bq%3D1%0A", (";", "p=%3Bq%3D1%0A")),
];

#[test]
fn what_is_received_is_decoded_by_each_rule() {
    for (rule, received, (value, properties)) in DECODED {
        let cx = W3cBaggage.extract_headers(&Context::new(), &headers(&[received]));
        let (decoded, metadata) = cx.baggage().get_with_metadata("a").expect("the entry");
        assert_eq!((decoded.as_str(), metadata.as_str()), (*value, *properties), "{rule}");
    }
}

#[test]
fn values_that_an_application_set_are_encoded() {
    for (value, expected) in [
        ("DF 28", "a=DF%2028"),
        ("Amélie", "a=Am%C3%A9lie"),
        ("100% \"a\",b;c=d\\", "a=100%25%20%22a%22%2Cb%3Bc=d%5C"),
        ("1\r\nX-Forged: 1", "a=1%0D%0AX-Forged:%201"),
        ("", "a="),
    ] {
        let cx = Context::new().with_baggage([KeyValue::new("a", value)]);
        let mut outgoing = HeaderMap::new();
        W3cBaggage.inject_headers(&cx, &mut outgoing);
        assert_eq!(text(&outgoing).as_deref(), Some(expected), "{value:?}");
    }
}

#[test]
fn a_line_that_is_not_ascii_is_ignored_alone() {
    for bytes in [&b"b=\xe9"[..], b"b=2,\xff", "b=é".as_bytes(), "b=2;p=é".as_bytes()] {
        for lines in [
            [b"a=1", bytes, b"c=3"],
            [bytes, b"a=1", b"c=3"],
            [b"a=1", b"c=3", bytes],
        ] {
            assert_eq!(passed_on("not ASCII", &lines).as_deref(), Some("a=1,c=3"), "{bytes:?}");
        }
    }
}

fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("key{n:03}={n}")).collect()
}

#[test]
fn a_list_of_64_members_is_propagated_and_more_are_not() {
    for count in [64, 65, 180, 500] {
        let expected = Some(numbered(64).join(","));
        assert_eq!(
            passed_on("one line", &[numbered(count).join(",")]),
            expected,
            "{count} in one line"
        );
        assert_eq!(passed_on("lines", &numbered(count)), expected, "{count} lines");
    }
    let invalid = vec!["invalid".to_owned(); 100];
    let expected = Some(numbered(64).join(","));
    assert_eq!(
        passed_on("invalid ones", &[invalid, numbered(64)].concat()),
        expected,
        "invalid ones do not count"
    );
    let duplicates = [numbered(64), numbered(64)].concat();
    assert_eq!(passed_on("duplicates", &duplicates), expected, "a key counts once");
}

fn of_width(key: &str, width: usize) -> String {
    format!("{key}={}", "v".repeat(width - key.len() - 1))
}

#[test]
fn a_list_of_8192_bytes_is_propagated_and_more_is_not() {
    let one = of_width("a", 8192);
    assert_eq!(passed_on("one member", &[&one]), Some(one));
    assert_eq!(passed_on("one member", &[of_width("a", 8193)]), None);

    let [first, last] = [of_width("a", 4000), of_width("z", 4191)];
    let too_much = of_width("z", 4192);
    for (last, expected) in [
        (&last, Some([&*first, &last].join(","))),
        (&too_much, Some(first.clone())),
    ] {
        assert_eq!(passed_on("one line", &[[&*first, last].join(",")]), expected);
        assert_eq!(passed_on("the sum of all lines", &[&first, last]), expected);
    }
}

#[test]
fn blanks_do_not_count_as_bytes() {
    let members: Vec<_> = ["a", "b", "c"].iter().map(|key| of_width(key, 2700)).collect();
    assert_eq!(
        passed_on("blanks", &[members.join(" , \t  , , ")]),
        Some(members.join(","))
    );
}

#[test]
fn no_member_is_cut_and_smaller_ones_may_fit() {
    let [large, other] = [of_width("large", 5000), of_width("other", 5000)];
    let expected = Some(format!("a=1,{large},z=2"));
    assert_eq!(
        passed_on("one line", &[[&*large, "a=1", &other, "z=2"].join(",")]),
        expected
    );
    assert_eq!(passed_on("lines", &[&*large, "a=1", &other, "z=2"]), expected);
}

#[test]
fn what_grows_by_encoding_is_sent_within_the_limit() {
    let cx = Context::new().with_baggage([
        KeyValue::new("fits", "é".repeat(1300)),
        KeyValue::new("too-long", "é".repeat(1300)),
        KeyValue::new("zzz", "small"),
    ]);
    let mut outgoing = HeaderMap::new();
    W3cBaggage.inject_headers(&cx, &mut outgoing);
    assert_eq!(
        text(&outgoing),
        Some(format!("fits={},zzz=small", "%C3%A9".repeat(1300)))
    );
}

#[test]
fn a_baggage_of_400_kilobytes_is_read_from_its_beginning() {
    for (member, expected) in [
        ("a=1,", Some("a=1")),
        ("a=1;p=2,", Some("a=1;p=2")),
        (",", None),
        (" ", None),
        ("a", None),
        ("=", None),
        (";", None),
        ("%", None),
    ] {
        let huge = member.repeat(400_000 / member.len());
        assert_eq!(passed_on("huge", &[&huge]).as_deref(), expected, "{member:?}");
        let lines: Vec<_> = huge.as_bytes().chunks(4000).collect();
        assert_eq!(lines.len(), 100);
        assert_eq!(
            passed_on("100 lines", &lines).as_deref(),
            expected,
            "{member:?} in 100 lines"
        );
    }
}
