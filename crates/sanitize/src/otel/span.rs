//! Spans of your own.

use opentelemetry::KeyValue;
use opentelemetry::global::BoxedSpan;
use opentelemetry::trace::{Span, SpanRef, Status};
use std::borrow::Cow;

use crate::Sanitizer;

/// What a span's own methods do, under a policy.
///
/// ```
/// use opentelemetry::trace::{TraceContextExt, Tracer, get_active_span};
/// use opentelemetry::{KeyValue, global};
/// use tower_telemetry_sanitize::{SanitizedSpan, Sanitizer};
///
/// let policy = Sanitizer::default();
/// global::tracer("docs").in_span("work", |cx| {
///     cx.span().set_attribute_sanitized(&policy, KeyValue::new("db.password", "hunter2"));
///     get_active_span(|mut span| span.add_event_sanitized(&policy, "tried", vec![KeyValue::new("url.full", "http://u:p@h/")]));
/// });
/// ```
pub trait SanitizedSpan {
    /// Sets an attribute, as far as the policy lets it.
    fn set_attribute_sanitized(&mut self, policy: &Sanitizer, attribute: KeyValue);

    /// Adds an event.
    fn add_event_sanitized(
        &mut self,
        policy: &Sanitizer,
        name: impl Into<Cow<'static, str>>,
        attributes: Vec<KeyValue>,
    );

    /// Sets the status, whose description is an [error text](Sanitizer::error_text).
    fn set_status_sanitized(&mut self, policy: &Sanitizer, status: Status);

    /// Renames the span.
    fn update_name_sanitized(&mut self, policy: &Sanitizer, name: impl Into<Cow<'static, str>>);
}

macro_rules! sanitized {
    ($($span:ty),+) => {$(
        impl SanitizedSpan for $span {
            fn set_attribute_sanitized(&mut self, policy: &Sanitizer, attribute: KeyValue) {
                if let Some(attribute) = policy.attribute(attribute) {
                    self.set_attribute(attribute);
                }
            }

            fn add_event_sanitized(
                &mut self,
                policy: &Sanitizer,
                name: impl Into<Cow<'static, str>>,
                mut attributes: Vec<KeyValue>,
            ) {
                policy.attributes(&mut attributes);
                self.add_event(policy.name(name.into()), attributes);
            }

            fn set_status_sanitized(&mut self, policy: &Sanitizer, status: Status) {
                self.set_status(policy.status(status));
            }

            fn update_name_sanitized(&mut self, policy: &Sanitizer, name: impl Into<Cow<'static, str>>) {
                self.update_name(policy.name(name.into()));
            }
        }
    )+};
}

sanitized!(SpanRef<'_>, BoxedSpan);
#[cfg(feature = "opentelemetry_sdk")]
sanitized!(opentelemetry_sdk::trace::Span);
