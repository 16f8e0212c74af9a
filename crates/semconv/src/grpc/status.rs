//! The status that a response says: in its head, in its trailers, or by HTTP alone.

use http::{HeaderMap, StatusCode, response};

use super::{GrpcCode, Wire};

/// What a response's head says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    /// A status: the response has trailers only.
    Status(GrpcCode),
    /// No status, but an error of HTTP, which stands for one.
    Http(GrpcCode),
    /// No status yet: messages are to come, and then trailers.
    Begun,
    /// Nothing that gRPC knows, or no head yet.
    Open,
}

impl Head {
    pub(crate) fn of(response: &response::Parts) -> Self {
        match (sent(&response.headers), response.status) {
            (Some(code), _) => Head::Status(code),
            (None, StatusCode::OK) if Wire::of(&response.headers).is_some() => Head::Begun,
            (None, StatusCode::OK) => Head::Open,
            (None, status) => Head::Http(by_http(status)),
        }
    }

    pub(crate) fn code(self) -> Option<GrpcCode> {
        match self {
            Head::Status(code) | Head::Http(code) => Some(code),
            Head::Begun | Head::Open => None,
        }
    }

    /// The status that was sent, here or in the trailers: unknown where they contradict each other.
    pub(crate) fn sent(self, trailers: Option<&HeaderMap>) -> Option<GrpcCode> {
        match (self, trailers.and_then(sent)) {
            (Head::Status(head), Some(trailer)) if head != trailer => Some(GrpcCode::Unknown),
            (Head::Status(head), _) => Some(head),
            (_, trailer) => trailer,
        }
    }
}

/// The `grpc-status` in these headers or trailers: unknown where it is malformed or there are several.
fn sent(headers: &HeaderMap) -> Option<GrpcCode> {
    let mut values = headers.get_all("grpc-status").iter();
    let first = values.next()?;
    Some(match values.next() {
        None => GrpcCode::of_header(first.as_bytes()),
        Some(_) => GrpcCode::Unknown,
    })
}

/// By [the mapping of gRPC](https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md), for responses without a status.
fn by_http(status: StatusCode) -> GrpcCode {
    match status.as_u16() {
        400 => GrpcCode::Internal,
        401 => GrpcCode::Unauthenticated,
        403 => GrpcCode::PermissionDenied,
        404 => GrpcCode::Unimplemented,
        429 | 502 | 503 | 504 => GrpcCode::Unavailable,
        _ => GrpcCode::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use http::Response;

    use super::*;

    fn head(status: u16, sent: &[&'static str]) -> Head {
        let response = Response::builder().status(status);
        let response = sent
            .iter()
            .fold(response, |response, sent| response.header("grpc-status", *sent));
        Head::of(&response.body(()).unwrap().into_parts().0)
    }

    fn trailers(sent: &[&'static str]) -> HeaderMap {
        let name = http::HeaderName::from_static("grpc-status");
        let lines = sent
            .iter()
            .map(|sent| (name.clone(), http::HeaderValue::from_static(sent)));
        lines.collect()
    }

    #[test]
    fn a_status_in_the_head_counts_whatever_http_says() {
        assert_eq!(head(200, &["5"]), Head::Status(GrpcCode::NotFound));
        assert_eq!(head(503, &["5"]), Head::Status(GrpcCode::NotFound));
        assert_eq!(head(200, &["0"]), Head::Status(GrpcCode::Ok));
    }

    #[test]
    fn without_a_status_an_error_of_http_stands_for_one() {
        let rows = [
            (400, GrpcCode::Internal),
            (401, GrpcCode::Unauthenticated),
            (403, GrpcCode::PermissionDenied),
            (404, GrpcCode::Unimplemented),
            (429, GrpcCode::Unavailable),
            (502, GrpcCode::Unavailable),
            (503, GrpcCode::Unavailable),
            (504, GrpcCode::Unavailable),
            (204, GrpcCode::Unknown),
            (302, GrpcCode::Unknown),
            (418, GrpcCode::Unknown),
            (500, GrpcCode::Unknown),
        ];
        for (status, code) in rows {
            assert_eq!(head(status, &[]), Head::Http(code), "{status}");
        }
        assert_eq!(head(200, &[]), Head::Open);
    }

    #[test]
    fn a_head_of_grpc_without_a_status_begins_a_stream() {
        let response = Response::builder().header("content-type", "application/grpc");
        let (response, ()) = response.body(()).unwrap().into_parts();
        assert_eq!(Head::of(&response), Head::Begun);
        assert_eq!((Head::Begun.code(), Head::Begun.sent(None)), (None, None));
    }

    #[test]
    fn a_doubled_status_is_unknown() {
        assert_eq!(head(200, &["0", "0"]), Head::Status(GrpcCode::Unknown));
        assert_eq!(
            head(200, &[]).sent(Some(&trailers(&["0", "5"]))),
            Some(GrpcCode::Unknown)
        );
    }

    #[test]
    fn trailers_that_contradict_the_head_make_the_status_unknown() {
        let ok = head(200, &["0"]);
        assert_eq!(ok.sent(Some(&trailers(&["13"]))), Some(GrpcCode::Unknown));
        assert_eq!(ok.sent(Some(&trailers(&["0"]))), Some(GrpcCode::Ok));
        assert_eq!(ok.sent(Some(&trailers(&[]))), Some(GrpcCode::Ok));
        assert_eq!(ok.sent(None), Some(GrpcCode::Ok));
    }

    #[test]
    fn trailers_say_what_the_head_left_open() {
        assert_eq!(head(200, &[]).sent(Some(&trailers(&["13"]))), Some(GrpcCode::Internal));
        assert_eq!(head(503, &[]).sent(Some(&trailers(&["13"]))), Some(GrpcCode::Internal));
        assert_eq!(head(200, &[]).sent(Some(&trailers(&[]))), None);
        assert_eq!(head(200, &[]).sent(None), None);
    }
}
