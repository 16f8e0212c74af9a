//! What an OTLP request says.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;

/// The names of its spans, sorted.
pub(crate) fn names(request: &ExportTraceServiceRequest) -> Vec<&str> {
    let scopes = request.resource_spans.iter().flat_map(|spans| &spans.scope_spans);
    let spans = scopes.flat_map(|scope| &scope.spans);
    let mut names: Vec<_> = spans.map(|span| span.name.as_str()).collect();
    names.sort_unstable();
    names
}

/// An attribute of its resource.
#[allow(dead_code, reason = "not every test looks at the resource")]
pub(crate) fn attribute<'a>(request: &'a ExportTraceServiceRequest, key: &str) -> Option<&'a str> {
    let resource = request.resource_spans.first()?.resource.as_ref()?;
    let attribute = resource.attributes.iter().find(|attribute| attribute.key == key)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}
