//! Every rule of W3C Trace Context Level 2 on `traceparent`, by example.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TraceContextExt;
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use tower_telemetry_propagate::W3c;

const IDS: &str = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";

fn headers(name: &'static str, lines: &[impl AsRef<[u8]>]) -> HeaderMap {
    let value = |line: &_| HeaderValue::from_bytes(AsRef::as_ref(line)).expect("a header value");
    let name = HeaderName::from_static(name);
    lines.iter().map(|line| (name.clone(), value(line))).collect()
}

fn sent<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut lines = headers.get_all(name).iter();
    let line = lines.next()?;
    assert_eq!(lines.next(), None, "one line only");
    Some(line.to_str().expect("text"))
}

/// What is sent on after `incoming` was received, the same through both interfaces.
fn passed_on(rule: &str, incoming: &HeaderMap) -> HeaderMap {
    let mut outgoing = HeaderMap::new();
    let cx = W3c.extract_headers(&Context::new(), incoming);
    W3c.inject_headers(&cx, &mut outgoing);

    let mut through_traits = HeaderMap::new();
    let cx = W3c.extract_with_context(&Context::new(), &HeaderExtractor(incoming));
    W3c.inject_context(&cx, &mut HeaderInjector(&mut through_traits));
    assert_eq!(through_traits, outgoing, "{rule}: through the traits");
    outgoing
}

/// A rule, the value received, and the flags sent on; none where the trace is restarted.
type ParentRow = (&'static str, &'static str, Option<&'static str>);

#[rustfmt::skip]
const TRACEPARENT: &[ParentRow] = &[
    ("version 00", "00-{ids}-01", Some("01")),
    ("optional whitespace around the value", "\t 00-{ids}-01 \t", Some("01")),
    ("optional whitespace does not count as length", "00-{ids}-0 ", None),
    ("version is two digits: none", "-{ids}-01", None),
    ("version is two digits: one", "0-{ids}-01", None),
    ("version is two digits: three", "000-{ids}-01", None),
    ("version is two digits: four", "0000-{ids}-01", None),
    ("version is two digits: a sign is none", "+0-{ids}-01", None),
    ("version is two digits: a dot is none", "0.-{ids}-01", None),
    ("version is two digits: a dot is none, in front", ".0-{ids}-01", None),
    ("version is lower case", "FE-{ids}-01", None),
    ("version ff is forbidden", "ff-{ids}-01", None),
    ("version ff is forbidden, whatever follows", "ff-{ids}-01-future", None),
    ("version 00 ends after the flags: no dash", "00-{ids}-01-", None),
    ("version 00 ends after the flags: no field", "00-{ids}-01-x", None),
    ("version 00 ends after the flags: nothing else", "00-{ids}-01.", None),
    ("a higher version may end after the flags", "cc-{ids}-01", Some("01")),
    ("a higher version may have further fields", "cc-{ids}-01-future", Some("01")),
    ("a higher version may have a further empty field", "01-{ids}-01-", Some("01")),
    ("a higher version has a dash before further fields", "cc-{ids}-01.future", None),
    ("a higher version has no longer flags", "cc-{ids}-011", None),
    ("a higher version is not shorter than 55", "cc-{ids}-0", None),
    ("a higher version keeps the fields of 00", "cc-{ids}", None),
    ("trace-id is not all zeros", "00-00000000000000000000000000000000-b7ad6b7169203331-01", None),
    ("trace-id may begin with zeros", "00-00000000000000000000000000000001-b7ad6b7169203331-01", Some("01")),
    ("trace-id may end in zeros", "00-10000000000000000000000000000000-b7ad6b7169203331-01", Some("01")),
    ("trace-id is 32 digits: one", "00-1-b7ad6b7169203331-01", None),
    ("trace-id is 32 digits: 31", "00-af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", None),
    ("trace-id is 32 digits: 33", "00-00af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", None),
    ("trace-id is 32 digits: a sign is none", "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", None),
    ("trace-id is 32 digits: a dot is none", "00-0af7651916cd43dd8448eb211c80319.-b7ad6b7169203331-01", None),
    ("trace-id is lower case", "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", None),
    ("parent-id is not all zeros", "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", None),
    ("parent-id is 16 digits: one", "00-0af7651916cd43dd8448eb211c80319c-1-01", None),
    ("parent-id is 16 digits: 15", "00-0af7651916cd43dd8448eb211c80319c-7ad6b7169203331-01", None),
    ("parent-id is 16 digits: 17", "00-0af7651916cd43dd8448eb211c80319c-0b7ad6b7169203331-01", None),
    ("parent-id is 16 digits: a sign is none", "00-0af7651916cd43dd8448eb211c80319c-+7ad6b7169203331-01", None),
    ("parent-id is lower case", "00-0af7651916cd43dd8448eb211c80319c-B7AD6B7169203331-01", None),
    ("fields are separated by dashes: 1", "00_{ids}-01", None),
    ("fields are separated by dashes: 2", "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01", None),
    ("fields are separated by dashes: 3", "00-{ids}_01", None),
    ("trace-flags are two digits: no field", "00-{ids}", None),
    ("trace-flags are two digits: none", "00-{ids}-", None),
    ("trace-flags are two digits: one", "00-{ids}-1", None),
    ("trace-flags are two digits: three", "00-{ids}-001", None),
    ("trace-flags are two digits: a sign is none", "00-{ids}-+1", None),
    ("trace-flags are two digits: a dot is none", "00-{ids}-.1", None),
    ("trace-flags are lower case", "00-{ids}-0B", None),
    ("sampled flag unset", "00-{ids}-00", Some("00")),
    ("random flag is sent on", "00-{ids}-02", Some("02")),
    ("random flag is sent on beside sampled", "00-{ids}-03", Some("03")),
    ("other flags are set to zero", "00-{ids}-ff", Some("03")),
    ("other flags are set to zero: none left", "00-{ids}-fc", Some("00")),
    ("other flags are set to zero in a higher version", "cc-{ids}-ff", Some("03")),
    ("an empty header", "", None),
    ("two values in one line", "00-{ids}-01,00-{ids}-01", None),
    ("two values in one line, of a higher version", "cc-{ids}-01,cc-{ids}-01", None),
];

#[test]
fn traceparent_follows_each_rule() {
    for (rule, received, flags) in TRACEPARENT {
        let received = received.replace("{ids}", IDS);
        let mut incoming = headers("traceparent", &[&received]);
        incoming.extend(headers("tracestate", &["foo=1"]));
        let outgoing = passed_on(rule, &incoming);

        let ids = received.trim().get(3..52).unwrap_or_default();
        let expected = flags.map(|flags| format!("00-{ids}-{flags}"));
        assert_eq!(sent(&outgoing, "traceparent"), expected.as_deref(), "{rule}");
        let state = flags.map(|_| "foo=1");
        assert_eq!(sent(&outgoing, "tracestate"), state, "{rule}: tracestate goes with it");
    }
}

#[test]
fn two_traceparent_lines_restart_the_trace() {
    let valid = format!("00-{IDS}-01");
    for lines in [[&*valid, &*valid], [&*valid, ""], ["", &*valid]] {
        let outgoing = passed_on("two lines", &headers("traceparent", &lines));
        assert!(outgoing.is_empty(), "{lines:?}");
    }
}

#[test]
fn tracestate_without_traceparent_is_discarded() {
    let outgoing = passed_on("no traceparent", &headers("tracestate", &["foo=1"]));
    assert!(outgoing.is_empty());
}

#[test]
fn a_higher_version_is_continued_by_its_own_ids() {
    let incoming = headers("traceparent", &[format!("cc-{IDS}-03-what-the-future-will-be-like")]);
    let cx = W3c.extract_headers(&Context::new(), &incoming);
    let span = cx.span().span_context().clone();
    assert!(span.is_remote() && span.is_sampled());
    assert_eq!(format!("{}-{}", span.trace_id(), span.span_id()), IDS);
}

#[test]
fn a_value_that_is_not_ascii_invalidates_its_own_header_only() {
    let valid = format!("00-{IDS}-01");
    for version in ["00", "cc"] {
        let not_ascii = [format!("{version}-{IDS}-01-").as_bytes(), b"\xe9"].concat();
        assert!(passed_on("not ASCII", &headers("traceparent", &[not_ascii])).is_empty());
    }

    for bytes in [&b"foo=\xe9"[..], "foo=é".as_bytes(), b"\xff"] {
        let mut incoming = headers("traceparent", &[&valid]);
        incoming.extend(headers("tracestate", &[bytes]));
        let outgoing = passed_on("not ASCII", &incoming);
        assert_eq!(sent(&outgoing, "traceparent"), Some(&*valid));
        assert_eq!(sent(&outgoing, "tracestate"), None);
    }
}
