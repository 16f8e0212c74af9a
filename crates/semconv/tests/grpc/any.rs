//! Whatever a peer sends.

use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use proptest::collection::vec;
use proptest::prelude::*;
use tower_telemetry_observe::{ClassifyHttp, End};
use tower_telemetry_semconv::{Grpc, GrpcCode, HttpOrGrpc, Side, clean};

use crate::call::{COMPLETE, ended, line, request};

fn headers(lines: &[(&'static str, Vec<u8>)]) -> HeaderMap {
    let lines = lines.iter().filter_map(|(name, value)| {
        let value = HeaderValue::from_bytes(value).ok()?;
        Some((HeaderName::from_static(name), value))
    });
    lines.collect()
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..12),
        "[0-9]{0,9}[HMSmuna]?".prop_map(String::into_bytes)
    ]
}

fn check<S: Side>(grpc: &Grpc<S>, path: &str, sent: &HeaderMap, head: &(u16, HeaderMap), trailers: &HeaderMap) {
    for end in [
        COMPLETE,
        End::Complete {
            trailers: Some(trailers),
        },
        End::Dropped,
    ] {
        let mut request = request(&[]);
        if let Ok(target) = path.parse::<Uri>() {
            *request.uri_mut() = target;
        }
        request.headers_mut().extend(sent.clone());
        let (call, verdict) = ended(grpc, request, Some(head.clone()), &end);
        let names = GrpcCode::ALL.map(GrpcCode::as_str);
        assert!(verdict.error_type().is_none_or(|name| names.contains(&name)));
        assert!(call.method().len() <= 256 && call.method_original().is_none_or(|sent| sent.len() <= 256));
        call.describe_response(|key, value| {
            let line = line(key, &value);
            assert_eq!(clean(&line), line);
        });
    }
}

proptest! {
    #[test]
    fn no_request_and_no_answer_does_harm(
        path in "/?[ -~]{0,20}(/[!-~]{0,300})?",
        timeout in bytes(),
        content_type in "(application/grpc)?[ -~]{0,8}",
        status in 100..1000_u16,
        statuses in vec(bytes(), 0..3),
        in_head in any::<bool>(),
    ) {
        let sent = headers(&[("grpc-timeout", timeout), ("content-type", content_type.into_bytes())]);
        let statuses: Vec<_> = statuses.into_iter().map(|value| ("grpc-status", value)).collect();
        let statuses = headers(&statuses);
        let head = if in_head { statuses.clone() } else { HeaderMap::new() };
        check(&Grpc::server(), &path, &sent, &(status, head.clone()), &statuses);
        check(&Grpc::client(), &path, &sent, &(status, head), &statuses);
        let mut parts = request(&[]).into_parts().0;
        parts.headers = sent;
        HttpOrGrpc::server().read(&mut parts);
    }
}
