//! A call that is played through.

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use tower_telemetry_observe::{Classify, ClassifyHttp, End, Verdict};
use tower_telemetry_semconv::{Grpc, GrpcCall, GrpcCode, Side, Value};

pub(crate) const COMPLETE: End<'static> = End::Complete { trailers: None };

/// A request for a method of the server.
pub(crate) fn request(headers: &[(&'static str, &str)]) -> Request<()> {
    asking("/shop.Payments/Charge", headers)
}

pub(crate) fn asking(path: &str, headers: &[(&'static str, &str)]) -> Request<()> {
    let mut request = Request::post(path).body(()).unwrap();
    request
        .headers_mut()
        .insert("content-type", HeaderValue::from_static("application/grpc"));
    for (name, value) in headers {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        request.headers_mut().insert(*name, value);
    }
    request
}

/// Headers or trailers with these values of `grpc-status`.
pub(crate) fn statuses(values: &[&'static str]) -> HeaderMap {
    let name = HeaderName::from_static("grpc-status");
    let lines = values
        .iter()
        .map(|value| (name.clone(), HeaderValue::from_static(value)));
    lines.collect()
}

/// The call of this request, with this head of a response (an HTTP status and headers) and this end, and the verdict on it.
pub(crate) fn ended<S: Side>(
    grpc: &Grpc<S>,
    request: Request<()>,
    head: Option<(u16, HeaderMap)>,
    end: &End<'_>,
) -> (GrpcCall<S>, Verdict) {
    let (mut request, ()) = request.into_parts();
    let mut call = grpc.read(&mut request);
    if let Some((status, headers)) = head {
        let mut response = Response::builder().status(status).body(()).unwrap();
        *response.headers_mut() = headers;
        grpc.head(&mut call, &response.into_parts().0);
    }
    let verdict = grpc.end(&mut call, end);
    (call, verdict)
}

/// The status, and the `error.type` or `-`.
pub(crate) fn outcome<S: Side>((call, verdict): (GrpcCall<S>, Verdict)) -> (Option<GrpcCode>, &'static str) {
    (call.code(), verdict.error_type().unwrap_or("-"))
}

/// An attribute as text.
pub(crate) fn line(key: &str, value: &Value<'_>) -> String {
    match value {
        Value::Static(text) => format!("{key}={text}"),
        Value::Text(text) => format!("{key}={text}"),
        Value::Shared(text) => format!("{key}={text}"),
        Value::Int(number) => format!("{key}:{number}"),
    }
}
