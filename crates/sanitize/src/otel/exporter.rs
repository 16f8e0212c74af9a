//! A guard before the exporter.

use std::time::Duration;

use opentelemetry::trace::{Event, Link, Status};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use crate::Sanitizer;

/// A span exporter that exports nothing but what its policy lets through: names, attributes, events, links and status of each span, whoever made
/// it, the name and the attributes of its scope, and the attributes of the resource.
///
/// ```
/// use opentelemetry::KeyValue;
/// use opentelemetry::trace::{Span, Tracer, TracerProvider};
/// use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
/// use tower_telemetry_sanitize::{Sanitizer, SanitizingExporter};
///
/// let exporter = InMemorySpanExporter::default();
/// let guarded = SanitizingExporter::new(exporter.clone(), Sanitizer::default());
/// let provider = SdkTracerProvider::builder().with_simple_exporter(guarded).build();
///
/// let mut span = provider.tracer("docs").start("anything");
/// span.set_attribute(KeyValue::new("http.request.header.authorization", "Bearer abc"));
/// span.end();
///
/// let exported = &exporter.get_finished_spans().unwrap()[0];
/// assert_eq!(exported.attributes[0].value.as_str(), "REDACTED");
/// ```
///
/// The work is done where the exporter runs, which for a batch processor is a thread of its own.
#[derive(Debug)]
pub struct SanitizingExporter<E> {
    inner: E,
    sanitizer: Sanitizer,
}

impl<E> SanitizingExporter<E> {
    /// Guards this exporter.
    pub fn new(inner: E, sanitizer: Sanitizer) -> Self {
        SanitizingExporter { inner, sanitizer }
    }
}

impl<E: SpanExporter> SpanExporter for SanitizingExporter<E> {
    fn export(&self, mut batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        batch.iter_mut().for_each(|span| self.sanitizer.span(span));
        self.inner.export(batch)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.inner.shutdown()
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(&self.sanitizer.resource(resource));
    }
}

/// With the feature `opentelemetry_sdk`.
impl Sanitizer {
    /// Makes of a finished span what may be written down.
    pub fn span(&self, span: &mut SpanData) {
        let budget = &mut { self.0.limits.bytes };
        if !self.0.is_fine(&span.name) {
            span.name = self.name(std::mem::take(&mut span.name));
        }
        span.dropped_attributes_count += self.bounded(&mut span.attributes, budget);
        for Event {
            name,
            attributes,
            dropped_attributes_count,
            ..
        } in &mut span.events.events
        {
            *name = self.name(std::mem::take(name));
            *dropped_attributes_count += self.bounded(attributes, budget);
        }
        for Link {
            attributes,
            dropped_attributes_count,
            ..
        } in &mut span.links.links
        {
            *dropped_attributes_count += self.bounded(attributes, budget);
        }
        if let Status::Error { .. } = &span.status {
            span.status = self.status(std::mem::take(&mut span.status));
        }
        let scope = &span.instrumentation_scope;
        if !self.0.is_fine(scope.name()) || scope.attributes().next().is_some() {
            span.instrumentation_scope = self.scope(scope);
        }
    }

    #[inline]
    fn bounded(&self, attributes: &mut Vec<KeyValue>, budget: &mut usize) -> u32 {
        match attributes.is_empty() {
            true => 0,
            false => self.0.bounded(attributes, budget),
        }
    }

    fn scope(&self, scope: &InstrumentationScope) -> InstrumentationScope {
        let attributes = scope
            .attributes()
            .cloned()
            .filter_map(|attribute| self.attribute(attribute));
        let builder = InstrumentationScope::builder(self.text(scope.name()).into_owned()).with_attributes(attributes);
        let builder = match scope.version() {
            Some(version) => builder.with_version(version.to_owned()),
            None => builder,
        };
        match scope.schema_url() {
            Some(url) => builder.with_schema_url(url.to_owned()).build(),
            None => builder.build(),
        }
    }

    fn resource(&self, resource: &Resource) -> Resource {
        let attributes = resource
            .iter()
            .map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
        let attributes = attributes.filter_map(|attribute| self.attribute(attribute));
        let builder = Resource::builder_empty();
        match resource.schema_url() {
            Some(url) => builder.with_schema_url(attributes, url.to_owned()).build(),
            None => builder.with_attributes(attributes).build(),
        }
    }
}
