//! Spans without the macro: what begins one, and what is said in it.

use std::cell::Cell;

use opentelemetry::baggage::{BaggageExt, KeyValueMetadata};
use opentelemetry::trace::{SpanRef, TraceContextExt};
use opentelemetry::{Context, Key};

use crate::builder::{IntoSpan, SpanBuilder};
use crate::judge::Judge;
use crate::name::SpanName;
use crate::outlook::Outlook;
use crate::record::{self, Record};

/// A span of this name, a child of the current one.
///
/// ```
/// use tower_telemetry_traced::span;
///
/// let parsed = span("config.parse")
///     .attr("size", 2)
///     .with_error_type(|_: &std::num::ParseIntError| "not_a_number")
///     .in_scope(|_| "42".parse::<u8>());
/// assert_eq!(parsed, Ok(42));
/// ```
#[cfg_attr(debug_assertions, track_caller)]
pub fn span(name: impl Into<SpanName>) -> SpanBuilder {
    let parent = Context::current();
    let outlook = Outlook::of(&parent);
    SpanBuilder::new(name.into(), parent, None, outlook)
}

/// A step of the business: an INTERNAL span named by the step, such as `order.payment`.
///
/// The service's name and version are the resource's, which goes with every exported span: they are not repeated on each.
///
/// ```
/// use tower_telemetry_traced::business_span;
///
/// let id = String::from("o-17");
/// let paid = business_span("order.payment").attr("order.id", &id).attr("amount", 12.5).in_scope(|span| {
///     span.attr("payment.method", "card");
///     true
/// });
/// assert!(paid);
/// ```
#[cfg_attr(debug_assertions, track_caller)]
pub fn business_span(name: impl Into<SpanName>) -> SpanBuilder {
    span(name)
}

/// A span that begins a trace of its own, with a link to the current span instead of a parent: for work that goes on by itself, and that
/// nobody wants to see in the request's trace. Baggage goes with it.
///
/// ```
/// use tower_telemetry_traced::{TracedExt, linked_span};
///
/// let nightly = async { /* … */ }.traced(linked_span("report.build"));
/// # let _ = nightly;
/// ```
#[cfg_attr(debug_assertions, track_caller)]
pub fn linked_span(name: impl Into<SpanName>) -> SpanBuilder {
    let from = Context::current();
    let caller = from.span().span_context().clone();
    let parent = without_span(&from);
    let link = caller.is_valid().then_some(caller);
    let outlook = Outlook::of(&parent);
    SpanBuilder::new(name.into(), parent, link, outlook)
}

/// What a trace of its own takes along. An empty span would not do: parent-based samplers take it for a parent.
fn without_span(from: &Context) -> Context {
    let baggage = from.baggage();
    let mut root = Context::new();
    if !baggage.is_empty() {
        let entries = baggage.iter();
        root = root.with_baggage(
            entries.map(|(key, (value, more))| KeyValueMetadata::new(key.clone(), value.clone(), more.clone())),
        );
    }
    match from.is_telemetry_suppressed() {
        true => root.with_telemetry_suppressed(),
        false => root,
    }
}

/// Runs this in a span.
///
/// ```
/// use tower_telemetry_traced::in_span;
///
/// let valid = in_span("order.validation", |span| {
///     span.attr("items", 3);
///     true
/// });
/// assert!(valid);
/// ```
#[cfg_attr(debug_assertions, track_caller)]
pub fn in_span<S, R>(span: S, work: impl FnOnce(&ActiveSpan) -> R) -> R
where
    S: IntoSpan,
    S::Judge: Judge<R>,
{
    span.into_span().in_scope(work)
}

/// Adds an attribute to the current span, such as that of the function around.
///
/// ```
/// use tower_telemetry_traced::traced;
///
/// #[traced]
/// fn cheapest(prices: &[u32]) -> Option<u32> {
///     tower_telemetry_traced::record("offers", prices.len());
///     prices.iter().copied().min()
/// }
/// # assert_eq!(cheapest(&[2, 1]), Some(1));
/// ```
pub fn record(key: impl Into<Key>, value: impl Record) {
    if Outlook::current() != Outlook::Dropped {
        let cx = Context::current();
        set(&cx.span(), key, &value);
    }
}

fn set(span: &SpanRef<'_>, key: impl Into<Key>, value: &impl Record) {
    if let Some(attribute) = record::attribute(key, value) {
        span.set_attribute(attribute);
    }
}

/// The span that a closure runs in. Where none is recorded, its methods do nothing.
#[derive(Debug)]
pub struct ActiveSpan {
    pub(crate) cx: Option<Context>,
    pub(crate) failed: Cell<Option<&'static str>>,
}

impl ActiveSpan {
    /// Adds an attribute.
    pub fn attr(&self, key: impl Into<Key>, value: impl Record) {
        if let Some(cx) = &self.cx {
            set(&cx.span(), key, &value);
        }
    }

    /// The work has failed: the span's status is an error, with this `error.type`. The first failure counts.
    pub fn fail(&self, error_type: &'static str) {
        self.failed.set(self.failed.get().or(Some(error_type)));
    }

    /// Whether a span is recorded, so that it is worth the effort to find out more.
    pub fn is_recording(&self) -> bool {
        self.cx.is_some()
    }
}
