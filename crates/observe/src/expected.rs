//! What HTTP lets one expect of a response's body.

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderValue, Method, StatusCode, response};

/// What the request's method means for the response's body.
#[derive(Clone, Copy)]
pub(crate) enum Asked {
    Head,
    Connect,
    Other,
}

/// How a body that is dropped, or just stops, is to be understood.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Body {
    /// HTTP allows none: whoever drops it is done.
    Absent,
    /// Announced with this many bytes: whoever has had them all may stop asking.
    Announced(u64),
    /// Only its own end tells.
    Open,
}

impl Asked {
    pub(crate) fn by(method: Option<&Method>) -> Self {
        match method {
            Some(&Method::HEAD) => Asked::Head,
            Some(&Method::CONNECT) => Asked::Connect,
            _ => Asked::Other,
        }
    }
}

/// How the body of this response to that request is to be understood.
pub(crate) fn expected(asked: Asked, response: &response::Parts) -> Body {
    let status = response.status;
    let bodiless = matches!(asked, Asked::Head)
        || status.is_informational()
        || status == StatusCode::NO_CONTENT
        || status == StatusCode::NOT_MODIFIED;
    if bodiless {
        return Body::Absent;
    }
    let mut lengths = response.headers.get_all(CONTENT_LENGTH).iter();
    match (lengths.next().and_then(length), lengths.next()) {
        // A transfer coding overrides it (RFC 9112, section 6.3), and hyper's client leaves both.
        (Some(length), None) if !response.headers.contains_key(TRANSFER_ENCODING) => Body::Announced(length),
        _ => Body::Open,
    }
}

/// A `Content-Length`: digits and nothing else.
fn length(value: &HeaderValue) -> Option<u64> {
    let digits = value.to_str().ok()?;
    let only_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    only_digits.then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_digits_and_nothing_else() {
        for (value, expected) in [
            ("0", Some(0)),
            ("12", Some(12)),
            ("+5", None),
            ("", None),
            ("5 ", None),
            ("-1", None),
        ] {
            assert_eq!(length(&HeaderValue::from_static(value)), expected, "{value:?}");
        }
        assert_eq!(length(&HeaderValue::from_static("99999999999999999999")), None);
    }
}
