//! What it costs to make sure that a span may be written down.

use std::hint::black_box;
use std::time::SystemTime;

use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use tower_telemetry_sanitize::Sanitizer;

use crate::drive::{Pair, Subject};
use crate::workload::{ADDRESS, PORT, ROUTE};

/// All of a span, as before an exporter.
pub(crate) fn exported() -> Pair {
    pair(Sanitizer::span)
}

/// Its attributes alone, as when they are set.
pub(crate) fn set() -> Pair {
    pair(|policy, span| policy.attributes(&mut span.attributes))
}

/// With and without a look at a span in which nothing has to change.
fn pair(check: fn(&Sanitizer, &mut SpanData)) -> Pair {
    Pair {
        bare: spans(|_, _| {}),
        with: spans(check),
    }
}

fn spans(check: fn(&Sanitizer, &mut SpanData)) -> Subject {
    Box::new(move || {
        let policy = Sanitizer::default();
        let mut span = span();
        Box::new(move |times| {
            for _ in 0..times {
                check(&policy, black_box(&mut span));
            }
        })
    })
}

/// A server's span with twelve attributes.
fn span() -> SpanData {
    SpanData {
        span_context: SpanContext::NONE,
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Server,
        name: "GET /users/{id}".into(),
        start_time: SystemTime::UNIX_EPOCH,
        end_time: SystemTime::UNIX_EPOCH,
        attributes: vec![
            KeyValue::new("http.request.method", "GET"),
            KeyValue::new("url.path", "/users/42".to_owned()),
            KeyValue::new("url.scheme", "http"),
            KeyValue::new("http.route", ROUTE),
            KeyValue::new("server.address", ADDRESS),
            KeyValue::new("server.port", i64::from(PORT)),
            KeyValue::new("client.address", "127.0.0.1".to_owned()),
            KeyValue::new("network.peer.address", "127.0.0.1".to_owned()),
            KeyValue::new("network.peer.port", 50_000),
            KeyValue::new("network.protocol.version", "1.1"),
            KeyValue::new("user_agent.original", "curl/8.5.0".to_owned()),
            KeyValue::new("http.response.status_code", 200),
        ],
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_to_change_in_the_span() {
        let policy = Sanitizer::default();
        let mut checked = span();
        policy.span(&mut checked);
        assert_eq!(checked, span());
        assert_eq!(checked.attributes.len(), 12);
    }
}
