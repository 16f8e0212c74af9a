//! Spans without the macro.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use opentelemetry::baggage::{BaggageExt, KeyValueMetadata};
use opentelemetry::trace::{Link, SpanContext, SpanKind, SpanRef, TraceContextExt};
use opentelemetry::{Context, Key, KeyValue};

use crate::future::InSpan;
use crate::judge::{ByClosure, ByErrorType, Judge, Outcome, Unjudged};
use crate::lint::Site;
use crate::name::SpanName;
use crate::outlook::Outlook;
use crate::record::{self, Record};
use crate::scope::Scope;

/// A span that is about to be made, under the context in which [`span`] or one of its like was called.
///
/// It ends on every path: [`in_scope`](Self::in_scope) and [`around`](Self::around) see to that. There is no guard to hold, since a guard that is
/// held across an `.await` makes other tasks' spans children of this one.
///
/// Where the trace is not sampled, attributes are neither converted nor kept.
#[must_use = "the span is made by `in_scope`, or around a future by `around`"]
pub struct SpanBuilder<J = Unjudged> {
    name: Cow<'static, str>,
    kind: SpanKind,
    attributes: Vec<KeyValue>,
    parent: Context,
    link: Option<SpanContext>,
    outlook: Outlook,
    judge: J,
    site: Site,
}

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

impl SpanBuilder {
    #[cfg_attr(debug_assertions, track_caller)]
    fn new(name: SpanName, parent: Context, link: Option<SpanContext>, outlook: Outlook) -> Self {
        SpanBuilder {
            name: name.into_text(),
            kind: SpanKind::Internal,
            attributes: Vec::new(),
            parent,
            link,
            outlook,
            judge: Unjudged,
            site: Site::here(),
        }
    }

    /// An `Err` is an error of the span, of the [type that it says](crate::ErrorType).
    pub fn with_errors(self) -> SpanBuilder<ByErrorType> {
        self.judged(ByErrorType)
    }

    /// An `Err` is an error of the span, and this closure tells of which type.
    pub fn with_error_type<E, F>(self, error_type: F) -> SpanBuilder<ByClosure<F>>
    where
        F: Fn(&E) -> &'static str,
    {
        self.judged(ByClosure(error_type))
    }

    fn judged<J>(self, judge: J) -> SpanBuilder<J> {
        SpanBuilder {
            name: self.name,
            kind: self.kind,
            attributes: self.attributes,
            parent: self.parent,
            link: self.link,
            outlook: self.outlook,
            judge,
            site: self.site,
        }
    }
}

impl<J> SpanBuilder<J> {
    /// Says of which kind the span is. INTERNAL unless set.
    pub fn with_kind(mut self, kind: SpanKind) -> Self {
        self.kind = kind;
        self
    }

    /// Adds an attribute.
    pub fn attr(mut self, key: impl Into<Key>, value: impl Record) -> Self {
        if self.outlook != Outlook::Dropped {
            self.attributes.extend(record::attribute(key, &value));
        }
        self
    }

    /// Runs this in the span.
    pub fn in_scope<R>(self, work: impl FnOnce(&ActiveSpan) -> R) -> R
    where
        J: Judge<R>,
    {
        let (mut scope, judge) = self.start();
        let span = ActiveSpan {
            cx: scope.recording().is_some().then(|| scope.context().cloned()).flatten(),
            failed: Cell::new(None),
        };
        let returned = scope.run(|| work(&span));
        if let Some(error_type) = span.failed.get() {
            scope.end_as(Outcome::failed(error_type));
        }
        scope.end(&returned, &judge);
        returned
    }

    /// Puts the span around a future, or a stream. It starts at the first poll; see [`InSpan`].
    pub fn around<T>(self, inner: T) -> InSpan<T, J> {
        InSpan::new(inner, self)
    }

    pub(crate) fn start(self) -> (Scope, J) {
        if self.outlook == Outlook::Dropped {
            return (Scope::Carried(self.parent), self.judge);
        }
        let Self { name, kind, .. } = self;
        let builder = |started| opentelemetry::trace::SpanBuilder {
            name: record::policy().name(name),
            span_kind: Some(kind),
            start_time: Some(started),
            attributes: (!self.attributes.is_empty()).then_some(self.attributes),
            links: self.link.map(|caller| vec![Link::new(caller, Vec::new(), 0)]),
            events: None,
        };
        let scope = match Scope::start(&self.parent, self.site, builder) {
            Scope::Around => Scope::Carried(self.parent),
            scope => scope,
        };
        (scope, self.judge)
    }
}

impl<J> fmt::Debug for SpanBuilder<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanBuilder")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("attributes", &self.attributes)
            .finish_non_exhaustive()
    }
}

/// What a span can be made of: its name, or a [`SpanBuilder`].
pub trait IntoSpan {
    /// What judges the outcome.
    type Judge;

    /// The span.
    fn into_span(self) -> SpanBuilder<Self::Judge>;
}

impl<J> IntoSpan for SpanBuilder<J> {
    type Judge = J;

    fn into_span(self) -> SpanBuilder<J> {
        self
    }
}

macro_rules! named_by {
    ($($name:ty),+) => {$(
        impl IntoSpan for $name {
            type Judge = Unjudged;

            #[cfg_attr(debug_assertions, track_caller)]
            fn into_span(self) -> SpanBuilder {
                span(self)
            }
        }
    )+};
}

named_by!(&'static str, String, SpanName);

/// The span that a closure runs in. Where none is recorded, its methods do nothing.
#[derive(Debug)]
pub struct ActiveSpan {
    cx: Option<Context>,
    failed: Cell<Option<&'static str>>,
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
