//! What leaves the process, whoever has set it.
#![cfg(feature = "opentelemetry_sdk")]
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use opentelemetry::trace::{Link, Span, SpanContext, SpanId, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::trace::{Tracer, TracerProvider};
use opentelemetry::{InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use tower_telemetry_sanitize::{Rule, Sanitizer, SanitizingExporter};

/// Keeps what it is told.
#[derive(Clone, Debug, Default)]
struct Kept {
    spans: Arc<Mutex<Vec<SpanData>>>,
    resource: Arc<Mutex<Option<Resource>>>,
}

impl SpanExporter for Kept {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.spans.lock().unwrap().extend(batch);
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        *self.resource.lock().unwrap() = Some(resource.clone());
    }
}

fn said<'a>(attributes: impl IntoIterator<Item = &'a KeyValue>) -> Vec<String> {
    let said = attributes.into_iter();
    said.map(|KeyValue { key, value, .. }| format!("{key}={value}"))
        .collect()
}

fn secrets() -> Vec<KeyValue> {
    vec![
        KeyValue::new("http.request.header.authorization", "Bearer c4n4ry"),
        KeyValue::new("url.full", "https://u:c4n4ry@h/?sig=c4n4ry"),
        KeyValue::new("exception.message", "no c4n4ry"),
        KeyValue::new("internal.note", "c4n4ry"),
        KeyValue::new("note", "two\nlines"),
        KeyValue::new("items", 3),
    ]
}

const CLEAN: [&str; 4] = [
    "http.request.header.authorization=REDACTED",
    "url.full=https://REDACTED:REDACTED@h/?sig=REDACTED",
    r"note=two\nlines",
    "items=3",
];

#[test]
fn nothing_passes_the_exporter_by() {
    let policy = Sanitizer::builder()
        .with_rule("internal.*", Rule::Drop)
        .build()
        .unwrap();
    let kept = Kept::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(SanitizingExporter::new(kept.clone(), policy))
        .with_resource(Resource::builder_empty().with_attributes(secrets()).build())
        .build();
    let scope = InstrumentationScope::builder("third\nparty")
        .with_version("1.2")
        .with_attributes(secrets())
        .build();
    let linked = SpanContext::new(
        TraceId::from(1),
        SpanId::from(2),
        TraceFlags::SAMPLED,
        false,
        TraceState::NONE,
    );
    let tracer = provider.tracer_with_scope(scope);
    let builder = tracer
        .span_builder("a\nname")
        .with_links(vec![Link::new(linked.clone(), secrets(), 0)]);
    let mut span = tracer.build(builder);
    span.set_attributes(secrets());
    span.add_event("an\u{1b}event", secrets());
    span.set_status(Status::error("no c4n4ry"));
    span.end();

    let spans = kept.spans.lock().unwrap();
    let [span] = spans.as_slice() else { panic!("{spans:?}") };
    assert_eq!(span.name, r"a\nname");
    assert_eq!(said(&span.attributes), CLEAN);
    let event = &span.events.events[0];
    assert_eq!(
        (&*event.name, said(&event.attributes)),
        (r"an\u{1b}event", CLEAN.map(str::to_owned).into())
    );
    let link = &span.links.links[0];
    assert_eq!(
        (&link.span_context, said(&link.attributes)),
        (&linked, CLEAN.map(str::to_owned).into())
    );
    assert_eq!(span.status, Status::error(""));
    let scope = &span.instrumentation_scope;
    assert_eq!((scope.name(), scope.version()), (r"third\nparty", Some("1.2")));
    assert_eq!(said(scope.attributes()), CLEAN);
    let resource = kept.resource.lock().unwrap().clone().unwrap();
    let mut resource: Vec<_> = resource.iter().map(|(key, value)| format!("{key}={value}")).collect();
    resource.sort();
    let mut clean = CLEAN.to_vec();
    clean.sort_unstable();
    assert_eq!(resource, clean);
    assert!(!format!("{spans:?}").contains("c4n4ry"));
}

#[test]
fn what_was_hashed_when_it_was_set_leaves_as_that_hash() {
    let key = tower_telemetry_sanitize::HashKey::new("a key of at least 16 bytes").unwrap();
    let hash = Value::from(key.hash("42"));
    let policy = Sanitizer::builder().with_hash_key(key).with_rule("user.id", Rule::Hash);
    let policy = policy.build().unwrap();
    let kept = Kept::default();
    let guarded = SanitizingExporter::new(kept.clone(), policy.clone());
    let provider = SdkTracerProvider::builder().with_simple_exporter(guarded).build();
    for attribute in [
        policy.attribute(KeyValue::new("user.id", "42")).unwrap(),
        KeyValue::new("user.id", "42"),
    ] {
        let mut span = provider.tracer("any").start("work");
        span.set_attribute(attribute);
        span.end();
    }
    let spans = kept.spans.lock().unwrap();
    let values: Vec<_> = spans.iter().map(|span| &span.attributes[0].value).collect();
    assert_eq!(values, [&hash, &hash], "set with the policy, and without");
}
