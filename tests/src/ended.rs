//! The spans that calls leave behind.

use std::time::Duration;

use opentelemetry::{Array, Value};
use opentelemetry_sdk::trace::SpanData;
use tokio::time::{sleep, timeout};
use tower_telemetry_testkit::spans::Recorder;

use crate::PATIENCE;

/// Stands in requests wherever credentials stand. No span may hold it.
pub const SECRET: &str = "c4n4ry";

/// The spans, once so many have ended, in that order. Whatever they hold is fit to be written down: short, of one line, and no secret.
///
/// # Panics
///
/// When they do not end, when there are more, or when one holds what it must not.
pub async fn ended(recorder: &Recorder, count: usize) -> Vec<SpanData> {
    let all = async {
        loop {
            let spans = recorder.spans();
            if spans.len() >= count {
                return spans;
            }
            sleep(Duration::from_millis(1)).await;
        }
    };
    let Ok(spans) = timeout(PATIENCE, all).await else {
        panic!("{} of {count} spans ended", recorder.spans().len());
    };
    assert_eq!(spans.len(), count, "{spans:#?}");
    for span in &spans {
        for text in texts(span) {
            assert!(text.len() <= 1024, "{} bytes: {text}", text.len());
            assert!(!text.contains(is_unclean), "{text:?}");
            assert!(!text.contains(SECRET), "{text:?}");
        }
    }
    spans
}

/// All that the span holds as text.
fn texts(span: &SpanData) -> Vec<String> {
    let mut texts = vec![
        span.name.to_string(),
        format!("{:?}", span.status),
        span.span_context.trace_state().header(),
    ];
    let of_events = span.events.iter().flat_map(|event| &event.attributes);
    let of_links = span.links.iter().flat_map(|link| &link.attributes);
    for attribute in span.attributes.iter().chain(of_events).chain(of_links) {
        texts.push(attribute.key.to_string());
        match &attribute.value {
            Value::Array(Array::String(values)) => texts.extend(values.iter().map(ToString::to_string)),
            value => texts.push(value.to_string()),
        }
    }
    texts
}

fn is_unclean(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}
