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

#[cfg(all(test, feature = "opentelemetry_sdk"))]
mod tests {
    use opentelemetry::trace::{TraceContextExt, Tracer, TracerProvider};
    use opentelemetry::{Context, global};
    use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};

    use super::*;

    fn full_of_secrets(span: &mut impl SanitizedSpan) {
        let policy = Sanitizer::default();
        span.update_name_sanitized(&policy, "a\nname");
        span.set_attribute_sanitized(&policy, KeyValue::new("db.password", "c4n4ry"));
        span.set_attribute_sanitized(&policy, KeyValue::new("error.message", "c4n4ry"));
        let attributes = vec![
            KeyValue::new("url.full", "http://u:c4n4ry@h/"),
            KeyValue::new("exception.message", "c4n4ry"),
        ];
        span.add_event_sanitized(&policy, "an\tevent", attributes);
        span.set_status_sanitized(&policy, Status::error("c4n4ry"));
    }

    #[test]
    fn what_is_said_of_each_kind_of_span_follows_the_policy() {
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(exporter.clone())
            .build();
        global::set_tracer_provider(provider.clone());
        full_of_secrets(&mut provider.tracer("a").start("of the SDK"));
        full_of_secrets(&mut global::tracer("a").start("of the API"));
        let cx = Context::new().with_span(provider.tracer("a").start("of a context"));
        full_of_secrets(&mut cx.span());
        drop(cx);

        let spans = exporter.get_finished_spans().unwrap();
        assert_eq!(spans.len(), 3);
        for span in spans {
            let event = &span.events.events[0];
            assert_eq!((&*span.name, &*event.name), (r"a\nname", r"an\tevent"));
            assert_eq!(span.attributes, [KeyValue::new("db.password", "REDACTED")]);
            assert_eq!(
                event.attributes,
                [KeyValue::new("url.full", "http://REDACTED:REDACTED@h/")]
            );
            assert_eq!(span.status, Status::error(""));
        }
    }
}
