//! Spans without the macro.
#![allow(clippy::unwrap_used)]

mod support;

use opentelemetry::baggage::BaggageExt;
use opentelemetry::trace::{SpanKind, Status};
use opentelemetry::{Context, KeyValue, Value};
use support::{Trace, current};
use tower_telemetry_testkit::spans::{keys, text, value};
use tower_telemetry_traced::{
    ErrorType, Messaging, SpanName, TracedExt, attribute, business_span, database_span, in_span, linked_span,
    messaging_span, record, span, traced,
};

struct Declined;

impl ErrorType for Declined {
    fn error_type(&self) -> &'static str {
        "declined"
    }
}

#[test]
fn a_closure_runs_in_a_span() {
    let (inside, trace) = Trace::of(|| {
        in_span("order.validation", |span| {
            span.attr("items", 3);
            assert!(span.is_recording());
            current()
        })
    });
    assert_eq!(trace.only().span_context, inside);
    trace.assert_child("order.validation");
    assert_eq!(value(trace.only(), "items"), Some(Value::I64(3)));
    assert_eq!(trace.only().status, Status::Unset);
}

#[test]
fn a_business_span_has_its_attributes() {
    let (_, trace) = Trace::of_async(async {
        let id = String::from("o-17");
        let payment = business_span("order.payment")
            .attr("order.id", &id)
            .attr("amount", 12.5);
        async { id.len() }.traced(payment.attr("coupon", None::<&str>)).await
    });
    let span = trace.only();
    assert_eq!(span.name, "order.payment");
    assert_eq!(span.span_kind, SpanKind::Internal);
    assert_eq!(keys(span), ["amount", "order.id"]);
    assert_eq!(value(span, "amount"), Some(Value::F64(12.5)));
    trace.assert_child("order.payment");
}

#[test]
fn a_failure_that_is_told_or_returned_names_the_span() {
    let error = |scenario: fn()| text(Trace::of(scenario).1.only(), "error.type");
    let said = error(|| {
        in_span("step", |span| {
            span.fail("first");
            span.fail("second");
        });
    });
    assert_eq!(said.as_deref(), Some("first"));
    let returned = error(|| drop(span("step").with_errors().in_scope(|_| Err::<(), _>(Declined))));
    assert_eq!(returned.as_deref(), Some("declined"));
    let both = error(|| {
        let _ = span("step").with_errors().in_scope(|span| {
            span.fail("told");
            Err::<(), _>(Declined)
        });
    });
    assert_eq!(both.as_deref(), Some("told"));
    let by_closure = error(|| {
        let judged = span("step").with_error_type(|_: &String| "text");
        let _ = in_span(judged, |_| Err::<(), _>(String::from("secret")));
    });
    assert_eq!(by_closure.as_deref(), Some("text"));
    assert_eq!(
        error(|| drop(in_span("step", |_| Err::<(), _>(Declined)))),
        None,
        "nobody was asked to judge"
    );
}

#[test]
fn an_attribute_can_be_added_to_the_span_around() {
    #[traced(name = "cheapest")]
    fn cheapest(prices: &[u32]) {
        record("offers", prices.len());
        in_span("inner", |_| record("inner", true));
    }
    let ((), trace) = Trace::of(|| cheapest(&[2, 1]));
    assert_eq!(keys(trace.named("cheapest")), ["offers"]);
    assert_eq!(keys(trace.named("inner")), ["inner"]);
}

#[test]
fn values_are_cleaned_wherever_they_come_from() {
    let ((), trace) = Trace::of(|| {
        business_span(String::from("a\nb"))
            .attr("built", "a\u{1b}b")
            .in_scope(|span| {
                span.attr("set", "x".repeat(5000));
                record("recorded", "a\rb");
            });
    });
    let span = trace.only();
    assert_eq!(span.name, r"a\nb");
    assert_eq!(text(span, "built").as_deref(), Some(r"a\u{1b}b"));
    assert_eq!(text(span, "recorded").as_deref(), Some(r"a\rb"));
    assert_eq!(text(span, "set").map(|text| text.len()), Some(1024));
}

#[test]
fn a_linked_span_is_a_root_that_knows_where_it_came_from() {
    let (ids, trace) = Trace::of(|| linked_span("report.build").in_scope(|_| current()));
    assert!(trace.spans.is_empty(), "it is in a trace of its own");
    let spans = support::install().spans();
    let linked = spans.iter().find(|span| span.span_context == ids).unwrap();
    assert_eq!(linked.parent_span_id, opentelemetry::trace::SpanId::INVALID);
    let links: Vec<_> = linked.links.iter().map(|link| &link.span_context).collect();
    assert_eq!(links, [&trace.root.span_context]);
    linked_span("nothing around").in_scope(|_| ());
}

#[test]
fn a_linked_span_takes_baggage_along() {
    let _current = Context::current_with_baggage([KeyValue::new("tenant", "blue")]).attach();
    let tenant = linked_span("report.build").in_scope(|_| Context::current().baggage().get("tenant").cloned());
    assert_eq!(tenant, Some("blue".into()));
}

#[test]
fn databases_and_brokers_are_named_by_the_conventions() {
    let ((), trace) = Trace::of(|| {
        database_span("postgresql", "SELECT", "orders")
            .attr(attribute::DB_QUERY_TEXT, "SELECT * FROM orders WHERE id = $1")
            .in_scope(|_| ());
        for operation in [Messaging::Send, Messaging::Process, Messaging::Receive] {
            messaging_span("kafka", operation, "orders").in_scope(|_| ());
        }
        in_span(SpanName::service("user_service", "get_user"), |_| ());
    });
    let select = trace.named("SELECT orders");
    assert_eq!(select.span_kind, SpanKind::Client);
    let expected = [
        "db.collection.name",
        "db.operation.name",
        "db.query.text",
        "db.system.name",
    ];
    assert_eq!(keys(select), expected);
    for (name, kind) in [
        ("send orders", SpanKind::Producer),
        ("process orders", SpanKind::Consumer),
        ("receive orders", SpanKind::Client),
    ] {
        let span = trace.named(name);
        assert_eq!(span.span_kind, kind);
        let operation = name.split_once(' ').map(|(operation, _)| operation.to_owned());
        assert_eq!(text(span, "messaging.operation.type"), operation);
        assert_eq!(text(span, "messaging.destination.name").as_deref(), Some("orders"));
        assert_eq!(text(span, "messaging.system").as_deref(), Some("kafka"));
    }
    trace.assert_child("user_service.get_user");
}
