//! A span as the waterfall hands it over.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{Event, Link, SpanId, SpanKind, Status, TraceId};
use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;
use tower_telemetry_semconv::attribute::{
    ERROR_TYPE, HTTP_RESPONSE_STATUS_CODE, RPC_RESPONSE_STATUS_CODE, RPC_STATUS_CODE,
};

/// One span of a [`Trace`](crate::Trace), and the service it comes from.
#[derive(Debug, Clone)]
pub struct TraceSpan {
    service: Arc<str>,
    data: SpanData,
    progress: Progress,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Known as it was at its start.
    Open,
    Ended,
}

impl TraceSpan {
    pub(crate) fn new(service: Arc<str>, data: SpanData, progress: Progress) -> Self {
        Self {
            service,
            data,
            progress,
        }
    }

    pub(crate) fn trace_id(&self) -> TraceId {
        self.data.span_context.trace_id()
    }

    /// Its end, or its start while it is open.
    pub(crate) fn last_seen(&self) -> SystemTime {
        self.data.end_time
    }

    /// The service's name.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The span id.
    pub fn id(&self) -> SpanId {
        self.data.span_context.span_id()
    }

    /// The parent's span id, unless this span begins the trace.
    pub fn parent_id(&self) -> Option<SpanId> {
        let parent = self.data.parent_span_id;
        (parent != SpanId::INVALID).then_some(parent)
    }

    /// Whether the parent came over the wire: from another service, be it of this process or of another.
    pub fn parent_is_remote(&self) -> bool {
        self.data.parent_span_is_remote
    }

    /// The span's name.
    pub fn name(&self) -> &str {
        &self.data.name
    }

    /// The span's kind.
    pub fn kind(&self) -> &SpanKind {
        &self.data.span_kind
    }

    /// When it started.
    pub fn start(&self) -> SystemTime {
        self.data.start_time
    }

    /// When it ended, if it has.
    pub fn end(&self) -> Option<SystemTime> {
        self.is_ended().then_some(self.data.end_time)
    }

    /// How long it took, if it has ended.
    pub fn duration(&self) -> Option<Duration> {
        let end = self.end()?;
        Some(end.duration_since(self.start()).unwrap_or_default())
    }

    /// Whether it has ended. A span that had not when its provider was shut down is shown as it was at its start.
    pub fn is_ended(&self) -> bool {
        self.progress == Progress::Ended
    }

    /// The span's status.
    pub fn status(&self) -> &Status {
        &self.data.status
    }

    /// Whether the status is an error.
    pub fn is_error(&self) -> bool {
        matches!(self.data.status, Status::Error { .. })
    }

    /// The value of this attribute; the last one when it was set twice.
    pub fn attribute(&self, key: &str) -> Option<&Value> {
        let mut attributes = self.data.attributes.iter();
        attributes
            .rfind(|attribute| attribute.key.as_str() == key)
            .map(|attribute| &attribute.value)
    }

    /// All attributes, as they were set.
    pub fn attributes(&self) -> &[KeyValue] {
        &self.data.attributes
    }

    /// `error.type`, if set.
    pub fn error_type(&self) -> Option<Cow<'_, str>> {
        self.attribute(ERROR_TYPE).map(Value::as_str)
    }

    /// `http.response.status_code`, or else the gRPC status, if set.
    pub fn status_code(&self) -> Option<Cow<'_, str>> {
        let keys = [HTTP_RESPONSE_STATUS_CODE, RPC_RESPONSE_STATUS_CODE, RPC_STATUS_CODE];
        keys.iter().find_map(|key| self.attribute(key)).map(Value::as_str)
    }

    /// The events recorded in it.
    pub fn events(&self) -> &[Event] {
        &self.data.events
    }

    /// The links to other spans.
    pub fn links(&self) -> &[Link] {
        &self.data.links
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use opentelemetry::InstrumentationScope;
    use opentelemetry::trace::{SpanContext, TraceFlags, TraceState};
    use opentelemetry_sdk::trace::{SpanEvents, SpanLinks};
    use tower_telemetry_semconv::attribute::HTTP_ROUTE;

    use super::*;

    /// A span of trace 1 with this id and parent, which starts and ends so many milliseconds after the epoch.
    pub(crate) fn data(id: u64, parent: u64, milliseconds: std::ops::Range<u64>) -> SpanData {
        let at = |milliseconds| SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds);
        SpanData {
            span_context: SpanContext::new(
                TraceId::from(1),
                SpanId::from(id),
                TraceFlags::SAMPLED,
                false,
                TraceState::NONE,
            ),
            parent_span_id: SpanId::from(parent),
            parent_span_is_remote: false,
            span_kind: SpanKind::Internal,
            name: format!("span {id}").into(),
            start_time: at(milliseconds.start),
            end_time: at(milliseconds.end),
            attributes: Vec::new(),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: InstrumentationScope::default(),
        }
    }

    pub(crate) fn in_trace(trace: TraceId, mut data: SpanData) -> SpanData {
        let id = data.span_context.span_id();
        data.span_context = SpanContext::new(trace, id, TraceFlags::SAMPLED, false, TraceState::NONE);
        data
    }

    /// The ids of its spans, by number.
    pub(crate) fn ids(trace: &crate::Trace) -> Vec<u64> {
        let ids = trace
            .spans()
            .iter()
            .map(|span| u64::from_be_bytes(span.id().to_bytes()));
        let mut ids: Vec<_> = ids.collect();
        ids.sort_unstable();
        ids
    }

    pub(crate) fn span(service: &str, data: SpanData) -> TraceSpan {
        TraceSpan::new(service.into(), data, Progress::Ended)
    }

    #[test]
    fn a_span_says_what_its_attributes_say() {
        let mut data = data(1, 0, 0..5);
        data.attributes = vec![
            KeyValue::new(HTTP_RESPONSE_STATUS_CODE, 200),
            KeyValue::new(HTTP_RESPONSE_STATUS_CODE, 503),
            KeyValue::new(ERROR_TYPE, "503"),
        ];
        data.status = Status::error("");
        let span = span("a", data);
        assert_eq!(span.attribute(HTTP_RESPONSE_STATUS_CODE), Some(&Value::I64(503)));
        assert_eq!(span.status_code().as_deref(), Some("503"));
        assert_eq!(span.error_type().as_deref(), Some("503"));
        assert_eq!(span.attribute(HTTP_ROUTE), None);
        assert!(span.is_error());
        assert_eq!(span.duration(), Some(Duration::from_millis(5)));
    }
}
