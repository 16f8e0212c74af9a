//! Each shape of a function, traced.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::HashMap;
use std::fmt::{Debug, Display};
use std::future::Future;
use std::pin::Pin;

use opentelemetry::trace::{SpanKind, Status};
use support::{Trace, current};
use tower_telemetry_testkit::spans::{keys, text};
use tower_telemetry_traced::traced;

#[traced]
fn sync(a: u8, mut b: u8) -> u8 {
    b += a;
    b
}

#[traced]
async fn asynchronous(a: u8) -> Result<u8, std::num::TryFromIntError> {
    tokio::task::yield_now().await;
    // What `?` converts to is the function's business.
    let narrow = u8::try_from(u16::from(a) * 100)?;
    Ok(narrow)
}

#[traced]
fn returns_a_future<'a>(text: &'a str) -> impl Future<Output = usize> + Send + 'a {
    async move {
        tokio::task::yield_now().await;
        text.len()
    }
}

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

#[traced]
fn returns_a_boxed_future(text: &str) -> Pin<Box<dyn Future<Output = usize> + Send + '_>> {
    Box::pin(async move { text.len() })
}

#[traced]
fn returns_an_alias(text: &str) -> BoxFuture<'_, usize> {
    if text.is_empty() {
        return Box::pin(async { 0 });
    }
    Box::pin(async { text.len() })
}

#[traced]
fn generic<T, const N: usize>(items: [T; N]) -> impl Iterator<Item = String>
where
    T: Display,
{
    items.into_iter().map(|item| item.to_string())
}

#[traced]
async fn generic_future<T: Debug + Send>(item: T) -> Option<impl Debug> {
    let text = format!("{item:?}");
    (!text.is_empty()).then_some(text)
}

#[traced]
fn borrows<'a>(map: &'a mut HashMap<u8, String>, key: &u8) -> Option<&'a mut String> {
    let found = map.get_mut(key)?;
    found.push('!');
    Some(found)
}

#[traced]
fn early(a: i32) -> Result<&'static str, Box<dyn std::error::Error>> {
    if a == 0 {
        return Ok("zero");
    }
    let digits = a.to_string();
    let _: u8 = digits.parse()?;
    Ok("small")
}

#[traced]
fn nothing() {}

#[traced(args(left, pair.0, point.x))]
fn patterns((left, _): (u8, u8), pair: (u8, u8), point: &Point) -> u8 {
    left + pair.1 + point.y
}

struct Point {
    x: u8,
    y: u8,
}

mod inner {
    use super::*;

    #[traced]
    pub(super) async fn outer_function() -> opentelemetry::trace::SpanId {
        nested(3).await
    }

    #[traced]
    async fn nested(depth: u8) -> opentelemetry::trace::SpanId {
        match depth {
            0 => current().span_id(),
            _ => Box::pin(nested(depth - 1)).await,
        }
    }
}

#[test]
fn a_sync_function_is_a_span_named_by_its_module_and_name() {
    let (sum, trace) = Trace::of(|| sync(1, 2));
    assert_eq!(sum, 3);
    let span = trace.only();
    assert_eq!(span.name, "functions::sync");
    assert_eq!(span.span_kind, SpanKind::Internal);
    assert_eq!(span.status, Status::Unset);
    assert!(keys(span).is_empty(), "nothing is recorded by itself");
    trace.assert_child("functions::sync");
}

#[test]
fn an_async_function_is_a_span_over_all_its_polls() {
    let (value, trace) = Trace::of_async(asynchronous(2));
    assert_eq!(value.unwrap(), 200);
    trace.assert_child("functions::asynchronous");
    let (value, trace) = Trace::of_async(asynchronous(3));
    value.unwrap_err();
    assert_eq!(
        text(trace.only(), "error.type").as_deref(),
        Some("core::num::error::TryFromIntError")
    );
    assert_eq!(trace.only().status, Status::error(""));
}

#[test]
fn functions_that_return_futures_are_spans_until_these_are_ready() {
    let (len, trace) = Trace::of_async(async {
        returns_a_future("four").await
            + returns_a_boxed_future("four").await
            + returns_an_alias("four").await
            + returns_an_alias("").await
    });
    assert_eq!(len, 12);
    assert_eq!(trace.spans.len(), 4);
    for name in ["returns_a_future", "returns_a_boxed_future", "returns_an_alias"] {
        trace.assert_child(&format!("functions::{name}"));
    }
}

#[test]
fn generic_functions_are_traced() {
    let (items, trace) = Trace::of(|| generic([1, 2]).collect::<Vec<_>>());
    assert_eq!(items, ["1", "2"]);
    trace.assert_child("functions::generic");
    let (value, trace) = Trace::of_async(async { generic_future("x").await.is_some() });
    assert!(value);
    trace.assert_child("functions::generic_future");
}

#[test]
fn borrows_go_through() {
    let mut map = HashMap::from([(1, String::from("one"))]);
    let (_, trace) = Trace::of(|| borrows(&mut map, &1).unwrap().push('?'));
    assert_eq!(map[&1], "one!?");
    trace.assert_child("functions::borrows");
}

#[test]
fn returns_and_question_marks_leave_the_function_alone() {
    let (words, trace) = Trace::of(|| [early(0).unwrap(), early(7).unwrap()]);
    assert_eq!(words, ["zero", "small"]);
    assert_eq!(trace.spans.len(), 2);
    let (error, trace) = Trace::of(|| early(777).unwrap_err().to_string());
    assert_eq!(error, "number too large to fit in target type");
    assert_eq!(text(trace.only(), "error.type").as_deref(), Some("_OTHER"));
}

#[test]
fn a_function_of_nothing_is_traced() {
    let ((), trace) = Trace::of(nothing);
    trace.assert_child("functions::nothing");
}

#[test]
fn arguments_are_found_in_patterns_and_fields() {
    let (sum, trace) = Trace::of(|| patterns((1, 2), (3, 4), &Point { x: 5, y: 6 }));
    assert_eq!(sum, 11);
    let span = trace.only();
    assert_eq!(keys(span), ["left", "pair.0", "point.x"]);
    assert_eq!(text(span, "pair.0").as_deref(), Some("3"));
}

#[test]
fn recursion_nests() {
    let (innermost, trace) = Trace::of_async(inner::outer_function());
    assert_eq!(trace.spans.len(), 5);
    assert_eq!(trace.spans[0].span_context.span_id(), innermost);
    for pair in trace.spans.windows(2) {
        assert_eq!(pair[0].parent_span_id, pair[1].span_context.span_id());
    }
    trace.assert_child("functions::inner::outer_function");
}

#[test]
fn futures_stay_as_movable_between_threads_as_they_were() {
    fn assert_send(_: impl Send) {}
    assert_send(asynchronous(1));
    assert_send(returns_a_future(""));
    assert_send(generic_future(1));
}
