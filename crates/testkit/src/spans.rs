//! Spans as a test wants to see them.

use opentelemetry::trace::{
    Link, SpanId, SpanKind, Status, TraceContextExt, TraceId, TraceState, Tracer, TracerProvider,
};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_sdk::trace::{
    InMemorySpanExporter, Sampler, SamplingDecision, SamplingResult, SdkTracerProvider, ShouldSample, SpanData,
};

/// A tracer provider of its own, and the spans that it has finished.
#[derive(Clone, Debug)]
pub struct Recorder {
    /// The provider.
    pub provider: SdkTracerProvider,
    exporter: InMemorySpanExporter,
}

impl Recorder {
    /// Records everything.
    pub fn new() -> Self {
        Self::sampling(Sampler::AlwaysOn)
    }

    /// Records what this sampler lets through.
    pub fn sampling(sampler: impl ShouldSample + 'static) -> Self {
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder()
            .with_sampler(sampler)
            .with_simple_exporter(exporter.clone())
            .build();
        Recorder { provider, exporter }
    }

    /// The spans that have ended, in that order.
    pub fn spans(&self) -> Vec<SpanData> {
        self.exporter.get_finished_spans().expect("the exporter keeps them")
    }

    /// The only span that has ended.
    #[track_caller]
    pub fn span(&self) -> SpanData {
        let mut spans = self.spans();
        assert_eq!(spans.len(), 1, "{spans:#?}");
        spans.remove(0)
    }

    /// The span of this name.
    #[track_caller]
    pub fn named(&self, name: &str) -> SpanData {
        named(&self.spans(), name).clone()
    }

    /// A context in which a span of this name is the current one.
    pub fn within(&self, name: &'static str) -> Context {
        Context::new().with_span(self.provider.tracer("test").start(name))
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

/// A sampler that lets every span record although its trace is not sampled.
#[derive(Clone, Copy, Debug)]
pub struct RecordOnly;

impl ShouldSample for RecordOnly {
    fn should_sample(
        &self,
        _: Option<&Context>,
        _: TraceId,
        _: &str,
        _: &SpanKind,
        _: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        SamplingResult {
            decision: SamplingDecision::RecordOnly,
            attributes: Vec::new(),
            trace_state: TraceState::NONE,
        }
    }
}

/// The span of this name.
#[track_caller]
pub fn named<'a>(spans: &'a [SpanData], name: &str) -> &'a SpanData {
    let found = spans.iter().find(|span| span.name == name);
    found.unwrap_or_else(|| panic!("no span {name:?} in {spans:#?}"))
}

/// The value of an attribute, which must not have been set twice.
#[track_caller]
pub fn value(span: &SpanData, key: &str) -> Option<Value> {
    let mut values = span.attributes.iter().filter(|attribute| attribute.key.as_str() == key);
    let value = values.next().map(|attribute| attribute.value.clone());
    assert!(values.next().is_none(), "{key} was set twice: {:#?}", span.attributes);
    value
}

/// The value of an attribute as text.
#[track_caller]
pub fn text(span: &SpanData, key: &str) -> Option<String> {
    value(span, key).map(|value| value.to_string())
}

/// Asserts that the span is an error of this type, or none: its status and its `error.type` say the same.
#[track_caller]
pub fn assert_error(span: &SpanData, error_type: Option<&str>) {
    let status = match error_type {
        Some(_) => Status::error(""),
        None => Status::Unset,
    };
    let told = (&span.status, text(span, "error.type"));
    assert_eq!(told, (&status, error_type.map(str::to_owned)), "{span:#?}");
}

/// All attributes, sorted: `url.path=/`, or of another value than a text `server.port:80`.
pub fn attributes(span: &SpanData) -> Vec<String> {
    let line = |KeyValue { key, value, .. }: &KeyValue| match value {
        Value::String(text) => format!("{key}={text}"),
        other => format!("{key}:{other}"),
    };
    let mut lines: Vec<_> = span.attributes.iter().map(line).collect();
    lines.sort_unstable();
    lines
}

/// The keys of all attributes, sorted.
pub fn keys(span: &SpanData) -> Vec<&str> {
    let mut keys: Vec<_> = span
        .attributes
        .iter()
        .map(|KeyValue { key, .. }| key.as_str())
        .collect();
    keys.sort_unstable();
    keys
}

/// Whether the second span is a child of the first, in the same trace.
pub fn is_parent(parent: &SpanData, child: &SpanData) -> bool {
    parent.span_context.trace_id() == child.span_context.trace_id()
        && parent.span_context.span_id() == child.parent_span_id
        && child.parent_span_id != SpanId::INVALID
}
