//! A span that is about to be made.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use opentelemetry::trace::{Link, SpanContext, SpanKind};
use opentelemetry::{Context, Key, KeyValue};

use crate::future::InSpan;
use crate::judge::{ByClosure, ByErrorType, Judge, Outcome, Unjudged};
use crate::lint::Site;
use crate::name::SpanName;
use crate::outlook::Outlook;
use crate::record::{self, Record};
use crate::scope::{Clock, Scope, tracer};
use crate::span::{ActiveSpan, span};

/// A span that is about to be made, under the context in which [`span`](crate::span()) or one of its like was called.
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

impl SpanBuilder {
    #[cfg_attr(debug_assertions, track_caller)]
    pub(crate) fn new(name: SpanName, parent: Context, link: Option<SpanContext>, outlook: Outlook) -> Self {
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
            cx: scope.is_recording().then(|| scope.context().cloned()).flatten(),
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
            return (Scope::carried(self.parent), self.judge);
        }
        let Some(tracer) = tracer() else {
            return (Scope::carried(self.parent), self.judge);
        };
        let clock = Clock::now();
        let builder = opentelemetry::trace::SpanBuilder {
            name: record::policy().name(self.name),
            span_kind: Some(self.kind),
            start_time: Some(clock.started()),
            attributes: (!self.attributes.is_empty()).then_some(self.attributes),
            links: self.link.map(|caller| vec![Link::new(caller, Vec::new(), 0)]),
            events: None,
        };
        let mut scope = Scope::start(tracer, &self.parent, self.site, clock, builder);
        if scope.context().is_none() {
            scope = Scope::carried(self.parent);
        }
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
