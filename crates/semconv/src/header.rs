//! Headers that may be written down.

use std::fmt;
use std::sync::Arc;

use http::header::{HeaderMap, HeaderName, HeaderValue};

pub use crate::credentials::carries_credentials;
use crate::text::{clean, clean_bytes};
use crate::url::{REDACTED, RedactedKeys, redact_url};

/// Whether the value of a header of this name, in lower case, is a URL, as in `referer` or `location`.
pub fn holds_url(name: &str) -> bool {
    URLS.contains(&name)
}

/// Headers whose value is a URL.
const URLS: [&str; 7] = [
    "content-location",
    "location",
    "referer",
    "x-forwarded-uri",
    "x-original-uri",
    "x-original-url",
    "x-rewrite-url",
];

/// The most values of one header that are captured.
const MAX_VALUES: usize = 32;

/// The headers to capture: none by default, and there is no way to say "all". Headers that carry credentials cannot be among them.
///
/// ```
/// use http::HeaderMap;
/// use tower_telemetry_semconv::AllowedHeaders;
///
/// let allowed = AllowedHeaders::new(["x-tenant", "Accept-Language"])?;
/// let mut headers = HeaderMap::new();
/// headers.insert("x-tenant", "blue".parse()?);
/// headers.insert("x-internal", "1".parse()?);
///
/// let captured: Vec<_> = allowed.captured(&headers).collect();
/// assert_eq!(captured.len(), 1);
/// assert_eq!(captured[0].0, "x-tenant");
/// assert_eq!(captured[0].1, ["blue"]);
///
/// assert!(AllowedHeaders::new(["Authorization"]).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct AllowedHeaders(Arc<[HeaderName]>);

impl AllowedHeaders {
    /// The headers with these names, in any case.
    ///
    /// # Errors
    ///
    /// For a name no header can have, and for a header that carries credentials, such as `authorization` or `cookie`.
    pub fn new(names: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, HeaderNotAllowed> {
        let mut allowed = Vec::new();
        for name in names {
            let name = name.as_ref();
            let refused = |reason| HeaderNotAllowed {
                name: clean(name).into_owned(),
                reason,
            };
            let header = HeaderName::from_bytes(name.as_bytes());
            let header = header.map_err(|_| refused(Reason::NoName))?;
            if carries_credentials(header.as_str()) {
                return Err(refused(Reason::Credentials));
            }
            if !allowed.contains(&header) {
                allowed.push(header);
            }
        }
        Ok(AllowedHeaders(allowed.into()))
    }

    /// Whether a header of this name, in lower case, is allowed.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|allowed| allowed == name)
    }

    /// Whether no header is allowed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The allowed headers that are there, in the order they were allowed, with their values (at most 32 each).
    ///
    /// A value that is marked [sensitive](http::HeaderValue::is_sensitive) is `REDACTED`. The others are [clean]; bytes that are not
    /// UTF-8 are escaped as `\xNN`. In headers that hold a URL, such as `referer` and `location`, its user information and the values of the
    /// [usual keys](crate::url::REDACTED_QUERY_KEYS) are redacted first.
    pub fn captured<'a>(&'a self, headers: &'a HeaderMap) -> impl Iterator<Item = (&'a HeaderName, Vec<String>)> {
        self.0.iter().filter_map(|name| {
            let values = headers.get_all(name).into_iter().take(MAX_VALUES);
            let texts: Vec<_> = values
                .map(|value| match (value.is_sensitive(), holds_url(name.as_str())) {
                    (true, _) => REDACTED.to_owned(),
                    (false, true) => url_text(value),
                    (false, false) => clean_bytes(value.as_bytes()).into_owned(),
                })
                .collect();
            (!texts.is_empty()).then_some((name, texts))
        })
    }
}

/// A URL without its secrets; one that is not UTF-8 is not looked into.
fn url_text(value: &HeaderValue) -> String {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(url) => clean(&redact_url(url, &RedactedKeys::default())).into_owned(),
        Err(_) => REDACTED.to_owned(),
    }
}

/// A header that cannot be captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderNotAllowed {
    name: String,
    reason: Reason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    NoName,
    Credentials,
}

impl fmt::Display for HeaderNotAllowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match self.reason {
            Reason::NoName => write!(f, "`{name}` is no header name"),
            Reason::Credentials => write!(f, "the header `{name}` carries credentials and is never captured"),
        }
    }
}

impl std::error::Error for HeaderNotAllowed {}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::credentials::CREDENTIALS;

    fn captured(allowed: &AllowedHeaders, headers: &HeaderMap) -> Vec<(String, Vec<String>)> {
        let captured = allowed.captured(headers);
        captured.map(|(name, values)| (name.to_string(), values)).collect()
    }

    #[test]
    fn the_secrets_of_a_url_are_redacted_in_headers_that_hold_one() {
        let allowed = AllowedHeaders::new(["referer", "location", "x-tenant"]).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(
            "referer",
            HeaderValue::from_static("https://u:SECRET@shop.test/a?sig=SECRET&b=1"),
        );
        headers.append("location", HeaderValue::from_static("/next?sig=SECRET"));
        headers.append(
            "location",
            HeaderValue::from_bytes(b"https://u:SECRET\xff@shop.test/").unwrap(),
        );
        headers.insert("x-tenant", HeaderValue::from_static("a?sig=b"));
        let captured: Vec<_> = allowed.captured(&headers).map(|(_, values)| values).collect();
        assert_eq!(captured[0], ["https://REDACTED:REDACTED@shop.test/a?sig=REDACTED&b=1"]);
        assert_eq!(captured[1], ["/next?sig=REDACTED", "REDACTED"]);
        assert_eq!(captured[2], ["a?sig=b"]);
    }

    #[test]
    fn credentials_are_refused_in_any_case() {
        for name in CREDENTIALS {
            for name in [name.to_owned(), name.to_ascii_uppercase()] {
                let refused = AllowedHeaders::new(["x-tenant", &name]).unwrap_err();
                assert_eq!(refused.reason, Reason::Credentials);
                assert!(refused.to_string().contains(&name));
            }
        }
    }

    #[test]
    fn some_headers_hold_a_url() {
        assert!(holds_url("referer") && !holds_url("via"));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for name in ["", "a b", "a:b", "é", "a\nb", "x-tenant "] {
            let refused = AllowedHeaders::new([name]).unwrap_err();
            assert_eq!(refused.reason, Reason::NoName, "{name}");
            assert!(!refused.to_string().contains('\n'));
        }
    }

    #[test]
    fn a_star_is_a_name_and_no_wildcard() {
        let star = AllowedHeaders::new(["*"]).unwrap();
        let headers = HeaderMap::from_iter([(http::header::VIA, "a".parse().unwrap())]);
        assert!(captured(&star, &headers).is_empty());
    }

    #[test]
    fn nothing_is_captured_by_default() {
        let headers = HeaderMap::from_iter([(http::header::VIA, "a".parse().unwrap())]);
        assert!(AllowedHeaders::default().is_empty() && !AllowedHeaders::default().contains("via"));
        assert!(captured(&AllowedHeaders::default(), &headers).is_empty());
    }

    #[test]
    fn values_are_clean_or_redacted() {
        let allowed = AllowedHeaders::new(["x-b", "X-A", "x-b", "x-none"]).unwrap();
        let mut secret = HeaderValue::from_static("s3cret");
        secret.set_sensitive(true);
        let long = "x".repeat(5000);
        let mut headers = HeaderMap::new();
        headers.append("x-a", secret);
        headers.append("x-a", HeaderValue::from_static("plain"));
        headers.append("x-b", HeaderValue::from_bytes(b"caf\xe9\ttab").unwrap());
        headers.append("x-b", HeaderValue::from_bytes("\u{202e}".as_bytes()).unwrap());
        headers.append("x-b", HeaderValue::from_str(&long).unwrap());
        headers.append("x-other", HeaderValue::from_static("other"));
        let expected = [
            (
                "x-b".to_owned(),
                vec![r"caf\xe9\ttab".to_owned(), r"\u{202e}".to_owned(), "x".repeat(1024)],
            ),
            ("x-a".to_owned(), vec!["REDACTED".to_owned(), "plain".to_owned()]),
        ];
        assert_eq!(captured(&allowed, &headers), expected);
    }

    #[test]
    fn of_many_values_32_are_captured() {
        let allowed = AllowedHeaders::new(["x-a"]).unwrap();
        let lines = (0..100).map(|_| (HeaderName::from_static("x-a"), HeaderValue::from_static("1")));
        let headers = lines.collect();
        assert_eq!(captured(&allowed, &headers)[0].1.len(), 32);
    }
}
