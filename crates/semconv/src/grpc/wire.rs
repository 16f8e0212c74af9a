//! How gRPC is put on the wire.

use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// The two forms of gRPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    /// gRPC over HTTP/2, whose status is in the trailers.
    Http2,
    /// gRPC-Web, whose status is in the body.
    Web,
}

impl Wire {
    /// As the `content-type` says: `application/grpc`, alone or with `+proto` or parameters behind it, or `application/grpc-web` likewise.
    /// `None` for what is not gRPC.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(CONTENT_TYPE)?.as_bytes();
        let (start, rest) = value.split_at_checked("application/grpc".len())?;
        if !start.eq_ignore_ascii_case(b"application/grpc") {
            return None;
        }
        match rest {
            [] | [b'+' | b';' | b' ' | b'\t', ..] => Some(Wire::Http2),
            [b'-', ..] => Some(Wire::Web),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_content_type_tells() {
        let rows = [
            ("application/grpc", Some(Wire::Http2)),
            ("application/grpc+proto", Some(Wire::Http2)),
            ("application/grpc+json", Some(Wire::Http2)),
            ("application/grpc; charset=utf-8", Some(Wire::Http2)),
            ("Application/gRPC", Some(Wire::Http2)),
            ("application/grpc-web", Some(Wire::Web)),
            ("application/grpc-web+proto", Some(Wire::Web)),
            ("application/grpc-web-text", Some(Wire::Web)),
            ("application/grpcx", None),
            ("application/json", None),
            ("application/grp", None),
            ("text/plain; application/grpc", None),
            ("", None),
        ];
        for (value, wire) in rows {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(value))]);
            assert_eq!(Wire::of(&headers), wire, "{value:?}");
        }
        assert_eq!(Wire::of(&HeaderMap::new()), None);
    }
}
