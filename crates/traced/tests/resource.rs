//! The service of a business span is the resource's.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use opentelemetry::{Key, KeyValue, Value, global};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use tower_telemetry_testkit::spans::keys;
use tower_telemetry_traced::business_span;

#[derive(Clone, Debug, Default)]
struct Exported(Arc<Mutex<(Option<Resource>, Vec<SpanData>)>>);

impl SpanExporter for Exported {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().1.extend(batch);
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.lock().unwrap().0 = Some(resource.clone());
    }
}

#[test]
fn a_business_span_is_exported_with_its_services_name_and_version() {
    let exported = Exported::default();
    let service = Resource::builder_empty()
        .with_service_name("orders")
        .with_attribute(KeyValue::new("service.version", "1.4.0"));
    let provider = SdkTracerProvider::builder()
        .with_resource(service.build())
        .with_simple_exporter(exported.clone());
    global::set_tracer_provider(provider.build());
    business_span("order.payment").attr("order.id", "o-17").in_scope(|_| ());

    let exported = exported.0.lock().unwrap();
    let (Some(resource), [span]) = (&exported.0, &exported.1[..]) else {
        panic!("{exported:?}");
    };
    let of = |key| resource.get(&Key::from_static_str(key));
    assert_eq!(of("service.name"), Some(Value::from("orders")));
    assert_eq!(of("service.version"), Some(Value::from("1.4.0")));
    assert_eq!(span.name, "order.payment");
    assert_eq!(keys(span), ["order.id"], "the resource is not repeated");
}
