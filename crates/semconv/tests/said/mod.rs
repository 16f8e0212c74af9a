//! What a call says, as lines.

use http::Request;
use tower_telemetry_observe::ClassifyHttp;
use tower_telemetry_semconv::{Http, Side, Value};

/// The attributes at the start of a call: texts as `key=text`, numbers as `key:number`.
pub(crate) fn said<S: Side>(http: &Http<S>, request: Request<()>) -> Vec<String> {
    let (mut request, ()) = request.into_parts();
    let call = http.read(&mut request);
    let mut said = Vec::new();
    call.describe_request(&request, |key, value| {
        said.push(match value {
            Value::Static(text) => format!("{key}={text}"),
            Value::Text(text) => format!("{key}={text}"),
            Value::Shared(text) => format!("{key}={text}"),
            Value::Int(number) => format!("{key}:{number}"),
        });
    });
    said
}
