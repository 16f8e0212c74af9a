//! What the options of `#[traced]` record.
#![allow(clippy::unwrap_used)]

mod support;

use std::fmt;

use opentelemetry::Value;
use opentelemetry::trace::{SpanKind, Status};
use support::{Trace, install};
use tower_telemetry_testkit::Log;
use tower_telemetry_testkit::spans::{keys, text, value};
use tower_telemetry_traced::{ErrorType, traced};

const NAME: &str = "by.constant";

struct Tagged;

impl Tagged {
    const NAME: &'static str = "by.associated.constant";

    #[traced(name = Self::NAME)]
    fn named(&self) {}
}

#[traced(name = NAME, kind = producer)]
fn named() {}

#[derive(Debug)]
struct Order {
    id: u64,
    note: Option<&'static str>,
    owner: Owner,
}

#[derive(Debug)]
struct Owner(u8);

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "owner {}", self.0)
    }
}

#[traced(args(order.id, order.note, %order.owner, ?unit, "order.twice" = order.id * 2, text.len = %text.len(), text))]
fn recorded(order: &Order, unit: (), text: &str) {
    let () = unit;
}

#[derive(Debug)]
struct Declined(&'static str);

impl ErrorType for Declined {
    fn error_type(&self) -> &'static str {
        self.0
    }
}

#[derive(Debug)]
struct Secret;

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hunter2\n")
    }
}

#[traced]
fn told(fine: bool) -> Result<(), Declined> {
    if fine { Ok(()) } else { Err(Declined("declined")) }
}

#[traced]
fn untold() -> Result<(), Secret> {
    Err(Secret)
}

#[traced(error_type = |_: &Secret| "secret")]
async fn told_by_closure() -> Result<(), Secret> {
    Err(Secret)
}

#[traced(error)]
fn with_text() -> Result<(), Secret> {
    Err(Secret)
}

#[traced(error(?), error_type = |_| "secret")]
fn with_debug_text() -> Result<(), Secret> {
    Err(Secret)
}

#[traced(result)]
fn result_of_result(fine: bool) -> Result<u8, Secret> {
    if fine { Ok(7) } else { Err(Secret) }
}

#[traced(result(%))]
async fn displayed() -> Result<Owner, ()> {
    Ok(Owner(7))
}

#[traced(result(?))]
fn debugged() -> Owner {
    Owner(7)
}

#[traced(threshold = "1ns", name = "always.slow")]
async fn always_slow() {
    tokio::task::yield_now().await;
}

#[traced(threshold = "60min")]
fn never_slow() {}

#[test]
fn names_and_kinds_are_the_given_ones() {
    let ((), trace) = Trace::of(|| {
        named();
        Tagged.named();
    });
    assert_eq!(trace.named("by.constant").span_kind, SpanKind::Producer);
    trace.assert_child("by.associated.constant");
}

#[test]
fn arguments_are_recorded_under_the_names_they_have() {
    let order = Order {
        id: 17,
        note: None,
        owner: Owner(3),
    };
    let ((), trace) = Trace::of(|| recorded(&order, (), "a\u{1b}b"));
    let span = trace.only();
    assert_eq!(
        keys(span),
        ["order.id", "order.owner", "order.twice", "text", "text.len", "unit"]
    );
    assert_eq!(value(span, "order.id"), Some(Value::I64(17)));
    assert_eq!(value(span, "order.twice"), Some(Value::I64(34)));
    assert_eq!(text(span, "order.owner").as_deref(), Some("owner 3"));
    assert_eq!(text(span, "unit").as_deref(), Some("()"));
    assert_eq!(text(span, "text.len").as_deref(), Some("3"));
    assert_eq!(text(span, "text").as_deref(), Some(r"a\u{1b}b"));
}

#[test]
fn an_error_says_of_which_type_it_is_and_nothing_more() {
    let error = |scenario: fn()| {
        let ((), trace) = Trace::of(scenario);
        let span = trace.only().clone();
        (text(&span, "error.type"), span.status)
    };
    assert_eq!(error(|| told(true).unwrap()), (None, Status::Unset));
    assert_eq!(
        error(|| drop(told(false))),
        (Some("declined".into()), Status::error(""))
    );
    assert_eq!(
        error(|| drop(untold())),
        (Some("options::Secret".into()), Status::error(""))
    );
    let by_closure = error(|| drop(support::runtime().block_on(told_by_closure())));
    assert_eq!(by_closure, (Some("secret".into()), Status::error("")));
}

#[test]
fn an_errors_text_is_recorded_by_choice() {
    let (_, trace) = Trace::of(with_text);
    assert_eq!(trace.only().status, Status::error(r"hunter2\n"));
    assert_eq!(text(trace.only(), "error.type").as_deref(), Some("options::Secret"));
    let (_, trace) = Trace::of(with_debug_text);
    assert_eq!(trace.only().status, Status::error("Secret"));
    assert_eq!(text(trace.only(), "error.type").as_deref(), Some("secret"));
}

#[test]
fn a_result_is_recorded_by_choice() {
    let result = |trace: &Trace| value(trace.only(), "result");
    assert_eq!(result(&Trace::of(|| result_of_result(true)).1), Some(Value::I64(7)));
    assert_eq!(result(&Trace::of(|| result_of_result(false)).1), None);
    assert_eq!(result(&Trace::of_async(displayed()).1), Some(Value::from("owner 7")));
    assert_eq!(result(&Trace::of(debugged).1), Some(Value::from("Owner(7)")));
}

#[test]
fn a_slow_call_is_warned_of_with_its_trace() {
    let mut trace = None;
    let lines = Log::of(|| trace = Some(Trace::of_async(always_slow()).1));
    let [line] = &lines[..] else {
        panic!("{lines:?}");
    };
    let id = trace.unwrap().root.span_context.trace_id().to_string();
    for part in [
        "WARN",
        "a slow call has ended",
        "call=\"always.slow\"",
        "elapsed_ms=",
        "threshold_ms=",
        &id,
    ] {
        assert!(line.contains(part), "{part} in {line}");
    }
    assert!(Log::of(never_slow).is_empty());
}

#[test]
fn a_function_has_so_many_warnings_in_a_minute() {
    #[traced(threshold = "1ns", name = "often.slow")]
    fn often_slow() {}

    install();
    let lines = Log::of(|| (0..100).for_each(|_| often_slow()));
    assert_eq!(lines.len(), 10, "{lines:?}");
}

#[test]
fn a_slow_function_that_panics_is_warned_of() {
    #[traced(threshold = "1ns", name = "slow.panic")]
    fn slow_panic() {
        panic!("hunter2");
    }

    install();
    let lines = Log::of(|| drop(std::panic::catch_unwind(slow_panic).unwrap_err()));
    let [line] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert!(
        line.contains("call=\"slow.panic\"") && line.contains("end=\"panicked\""),
        "{line}"
    );
    assert!(!line.contains("hunter2"), "{line}");
}
