//! A policy of one's own, for whatever is recorded in this process.
#![allow(clippy::unwrap_used)]

mod support;

use support::Trace;
use tower_telemetry_sanitize::{HashKey, Rule, Secret};
use tower_telemetry_testkit::Log;
use tower_telemetry_testkit::spans::{keys, text};
use tower_telemetry_traced::{Sanitizer, business_span, record, set_sanitizer, traced};

#[traced(name = "mail", args(user.id = id, address, api_key = "k3y"), result(%), error)]
fn mail(id: &str, address: &str, fine: bool) -> Result<&'static str, String> {
    if fine {
        Ok("to ada@example.com")
    } else {
        Err(format!("no {address}"))
    }
}

#[traced(name = "mail to ada@example.com", threshold = "1ns")]
fn slow_mail() {}

#[test]
fn every_way_in_goes_through_it() {
    let policy = Sanitizer::builder()
        .with_hash_key(HashKey::new("a key of at least 16 bytes").unwrap())
        .with_rule("user.id", Rule::Hash)
        .with_rule("internal.*", Rule::Drop)
        .with_secrets([Secret::Email])
        .build()
        .unwrap();
    set_sanitizer(policy).unwrap();
    set_sanitizer(Sanitizer::default()).unwrap_err();

    let (_, trace) = Trace::of(|| mail("42", "ada@example.com", true));
    let span = trace.only();
    assert_eq!(keys(span), ["address", "api_key", "result", "user.id"]);
    assert_eq!(text(span, "address").as_deref(), Some("REDACTED"));
    assert_eq!(text(span, "api_key").as_deref(), Some("REDACTED"));
    assert_eq!(text(span, "result").as_deref(), Some("to REDACTED"));
    assert_eq!(text(span, "user.id").map(|hash| hash.len()), Some(32));

    let (_, trace) = Trace::of(|| mail("42", "ada@example.com", false));
    assert_eq!(trace.only().status, opentelemetry::trace::Status::error("no REDACTED"));

    let ((), trace) = Trace::of(|| {
        business_span(String::from("mail to\nada@example.com"))
            .attr("internal.note", "built")
            .in_scope(|span| {
                span.attr("internal.note", "set");
                record("internal.note", "recorded");
                record("note", "ada@example.com");
            });
    });
    assert_eq!(trace.only().name, r"mail to\nREDACTED");
    assert_eq!(keys(trace.only()), ["note"]);
    assert_eq!(text(trace.only(), "note").as_deref(), Some("REDACTED"));

    let lines = Log::of(slow_mail);
    let slow: Vec<_> = lines.iter().filter(|line| line.contains("slow call")).collect();
    assert_eq!(slow.len(), 1, "{lines:?}");
    assert!(slow[0].contains("call=\"mail to REDACTED\""), "{lines:?}");
    assert!(
        !lines.concat().contains("ada@"),
        "nor in what is said of the name: {lines:?}"
    );
}
