//! The request's method.

use std::borrow::Cow;
use std::sync::Arc;

use crate::text::clean_to;

/// What is kept of a method that is not known, in bytes.
const MAX_ORIGINAL: usize = 64;

/// The environment's list of known methods.
const KNOWN_METHODS: &str = "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS";

/// The method of a request: one of a closed set, so that it can be a metric's label.
///
/// Known are the methods of RFC 9110, `PATCH` and `QUERY`, or the ones that were configured. Methods are case-sensitive: `get` is none of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Method(Kind);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Standard(Standard),
    // One word each, since a call keeps its method: not an `Arc<str>`, which is two.
    Configured(Arc<String>),
    Other(Arc<String>),
}

impl Method {
    /// The value of `http.request.method`: a known method, else `_OTHER`.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Kind::Standard(method) => method.as_str(),
            Kind::Configured(method) => method,
            Kind::Other(_) => "_OTHER",
        }
    }

    /// [`as_str`](Method::as_str), but for methods that only the configuration knows.
    pub fn as_static(&self) -> Option<&'static str> {
        match &self.0 {
            Kind::Standard(method) => Some(method.as_str()),
            Kind::Configured(_) => None,
            Kind::Other(_) => Some("_OTHER"),
        }
    }

    /// The value of `http.request.method_original`: the method as sent, if it is not a known one. At most 64 bytes of it.
    pub fn original(&self) -> Option<&str> {
        match &self.0 {
            Kind::Other(original) => Some(original),
            Kind::Standard(_) | Kind::Configured(_) => None,
        }
    }

    /// Apart, so that standard methods are read in line.
    #[inline(never)]
    fn of_given(methods: &[Method], method: &http::Method) -> Self {
        let known = methods.iter().find(|known| known.as_str() == method.as_str());
        known.cloned().unwrap_or_else(|| Method::other(method))
    }

    #[cold]
    fn other(method: &http::Method) -> Self {
        let original = clean_to(method.as_str(), MAX_ORIGINAL).into_owned();
        Method(Kind::Other(Arc::new(original)))
    }

    /// What stands for the method in a span's name.
    #[inline]
    pub(crate) fn in_names(&self) -> &str {
        match &self.0 {
            Kind::Standard(method) => method.as_str(),
            Kind::Configured(method) => method,
            Kind::Other(_) => "HTTP",
        }
    }

    /// The name of a span that has no route: the method, or `HTTP` for one that is not known.
    #[inline]
    pub fn span_name(&self) -> Cow<'static, str> {
        match &self.0 {
            Kind::Standard(method) => Cow::Borrowed(method.as_str()),
            Kind::Configured(method) => Cow::Owned(method.to_string()),
            Kind::Other(_) => Cow::Borrowed("HTTP"),
        }
    }
}

/// The methods that are known unless others are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Standard {
    Get,
    Head,
    Post,
    Put,
    Delete,
    Connect,
    Options,
    Trace,
    Patch,
    Query,
}

impl Standard {
    #[inline]
    fn of(method: &http::Method) -> Option<Self> {
        Some(match *method {
            http::Method::GET => Standard::Get,
            http::Method::HEAD => Standard::Head,
            http::Method::POST => Standard::Post,
            http::Method::PUT => Standard::Put,
            http::Method::DELETE => Standard::Delete,
            http::Method::CONNECT => Standard::Connect,
            http::Method::OPTIONS => Standard::Options,
            http::Method::TRACE => Standard::Trace,
            http::Method::PATCH => Standard::Patch,
            // Later versions of `http` have a constant for it.
            _ if method.as_str() == "QUERY" => Standard::Query,
            _ => return None,
        })
    }

    fn as_str(self) -> &'static str {
        match self {
            Standard::Get => "GET",
            Standard::Head => "HEAD",
            Standard::Post => "POST",
            Standard::Put => "PUT",
            Standard::Delete => "DELETE",
            Standard::Connect => "CONNECT",
            Standard::Options => "OPTIONS",
            Standard::Trace => "TRACE",
            Standard::Patch => "PATCH",
            Standard::Query => "QUERY",
        }
    }
}

/// Which methods are known.
#[derive(Clone, Debug, Default)]
pub(crate) enum KnownMethods {
    #[default]
    Standard,
    Given(Arc<[Method]>),
}

impl KnownMethods {
    pub(crate) fn from_env() -> Self {
        std::env::var(KNOWN_METHODS).map_or(KnownMethods::Standard, |list| Self::from_list(&list))
    }

    /// From a list with commas. An empty one is as good as none.
    fn from_list(list: &str) -> Self {
        let names = list.split(',').map(str::trim);
        let methods: Vec<_> = names.filter_map(|name| name.parse().ok()).collect();
        if methods.is_empty() {
            KnownMethods::Standard
        } else {
            Self::given(methods)
        }
    }

    pub(crate) fn given(methods: impl IntoIterator<Item = http::Method>) -> Self {
        let known = |method: http::Method| match Standard::of(&method) {
            Some(method) => Method(Kind::Standard(method)),
            None => Method(Kind::Configured(Arc::new(method.to_string()))),
        };
        KnownMethods::Given(methods.into_iter().map(known).collect())
    }

    #[inline]
    pub(crate) fn read(&self, method: &http::Method) -> Method {
        match self {
            KnownMethods::Standard => match Standard::of(method) {
                Some(method) => Method(Kind::Standard(method)),
                None => Method::other(method),
            },
            KnownMethods::Given(methods) => Method::of_given(methods, method),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(known: &KnownMethods, method: &str) -> Method {
        known.read(&method.parse().unwrap())
    }

    #[test]
    fn only_known_methods_are_themselves() {
        let known = KnownMethods::Standard;
        for method in [
            "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY",
        ] {
            let read = read(&known, method);
            assert_eq!(read.as_static(), Some(method));
            assert_eq!((read.as_str(), read.original()), (method, None));
        }
        for method in ["get", "Get", "PROPFIND", "GETS", "_OTHER", "HTTP", "!"] {
            let read = read(&known, method);
            assert_eq!(read.as_static(), Some("_OTHER"));
            assert_eq!((read.as_str(), read.original()), ("_OTHER", Some(method)));
        }
    }

    #[test]
    fn of_a_long_method_64_bytes_are_kept() {
        let read = read(&KnownMethods::Standard, &"A".repeat(100_000));
        assert_eq!(read.original().unwrap(), "A".repeat(64));
    }

    #[test]
    fn given_methods_replace_the_standard_ones() {
        let known = KnownMethods::given([http::Method::GET, "PROPFIND".parse().unwrap()]);
        assert_eq!(read(&known, "GET").as_static(), Some("GET"));
        assert_eq!(read(&known, "PROPFIND").as_str(), "PROPFIND");
        assert_eq!(read(&known, "PROPFIND").as_static(), None);
        assert_eq!(read(&known, "PROPFIND").original(), None);
        assert_eq!(read(&known, "propfind").as_str(), "_OTHER");
        assert_eq!(read(&known, "POST").original(), Some("POST"));
        assert_eq!(read(&KnownMethods::given([]), "GET").as_str(), "_OTHER");
    }

    #[test]
    fn a_list_is_split_at_its_commas() {
        let known = KnownMethods::from_list(" GET ,PROPFIND,, not a method ,");
        let words = ["GET", "PROPFIND", "POST"].map(|method| read(&known, method).as_str().to_owned());
        assert_eq!(words, ["GET", "PROPFIND", "_OTHER"]);
        for empty in ["", " ", ",", "a b"] {
            let known = KnownMethods::from_list(empty);
            assert_eq!(read(&known, "GET").as_str(), "GET", "{empty}");
        }
    }

    #[test]
    fn the_environment_names_the_known_methods() {
        if std::env::var(KNOWN_METHODS).is_ok_and(|list| list == "PROPFIND") {
            let known = KnownMethods::from_env();
            assert_eq!(read(&known, "PROPFIND").as_str(), "PROPFIND");
            assert_eq!(read(&known, "GET").as_str(), "_OTHER");
            return;
        }
        // A process of its own: setting a variable here would be seen by other tests.
        let this = "method::tests::the_environment_names_the_known_methods";
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", this])
            .env(KNOWN_METHODS, "PROPFIND")
            .output()
            .unwrap();
        let output = String::from_utf8_lossy(&child.stdout);
        assert!(child.status.success() && output.contains("1 passed"), "{output}");
    }
}
