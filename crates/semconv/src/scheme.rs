//! The schemes of HTTP.

/// The value of `url.scheme`: a closed set, since it is a metric's label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub(crate) fn new(text: &str) -> Option<Self> {
        match text {
            "http" => Some(Scheme::Http),
            "https" => Some(Scheme::Https),
            _ if text.eq_ignore_ascii_case("http") => Some(Scheme::Http),
            _ if text.eq_ignore_ascii_case("https") => Some(Scheme::Https),
            _ => None,
        }
    }

    #[inline]
    pub(crate) fn of(uri: &http::Uri) -> Option<Self> {
        Self::new(uri.scheme_str()?)
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    pub(crate) fn port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}
