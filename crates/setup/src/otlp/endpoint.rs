//! The collector's address, checked before anything is sent to it.

use http::Uri;

use super::Protocol;
use super::signal::Signal;
use crate::Error;
use crate::environment::Read;
use crate::error::shown;

/// What an address may begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Schemes {
    /// `http`: nobody encrypts.
    Plain,
    /// `https` as well.
    Any,
}

impl Schemes {
    fn allow(self, scheme: &str) -> bool {
        match self {
            Self::Plain => scheme == "http",
            Self::Any => ["http", "https"].contains(&scheme),
        }
    }
}

/// An address, and who gave it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    url: String,
    source: &'static str,
}

impl Endpoint {
    /// The address given in code, else in the environment, else the specification's default.
    pub(crate) fn resolve(
        protocol: Protocol,
        signal: Signal,
        code: Option<String>,
        schemes: Schemes,
        read: Read<'_>,
    ) -> Result<Self, Error> {
        const BASE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

        let (given, source) = if let Some(url) = code {
            (Given::Base(url), "Otlp::with_endpoint")
        } else if let Some(url) = read(signal.endpoint) {
            (Given::Whole(url), signal.endpoint)
        } else if let Some(url) = read(BASE) {
            (Given::Base(url), BASE)
        } else {
            (Given::Base(protocol.default_endpoint().into()), "the default endpoint")
        };
        // A complaint shows what was given, not what was made of it.
        let shown = given.shown();
        let url = match given {
            Given::Whole(url) => url,
            Given::Base(url) => protocol.url(&url, signal),
        };
        Self { url, source }.checked(shown, schemes)
    }

    pub(crate) fn into_url(self) -> String {
        self.url
    }

    /// The URL without its secrets, for messages.
    pub(crate) fn shown(&self) -> String {
        shown(&self.url)
    }

    fn checked(self, given: String, schemes: Schemes) -> Result<Self, Error> {
        let name = self.source;
        let wrong = |allowed: &'static str| {
            Err(Error::Setting {
                name,
                value: given,
                allowed: allowed.into(),
            })
        };
        let Ok(uri) = self.url.parse::<Uri>() else {
            return wrong("a URL such as `http://localhost:4318`");
        };
        match uri.scheme_str() {
            Some(scheme) if schemes.allow(scheme) && uri.host().is_some_and(|host| !host.is_empty()) => Ok(self),
            Some("https") => wrong(
                "an `http` URL, because this exporter does not encrypt: send to a collector near by, give a client that does to \
                 `Otlp::http_with`, or your own exporter to `with_exporter`",
            ),
            _ => wrong("a URL with scheme and host, such as `http://localhost:4318`"),
        }
    }
}

enum Given {
    /// The variable for one signal alone is taken as it is.
    Whole(String),
    /// Anything else is the address that all signals share.
    Base(String),
}

impl Given {
    fn shown(&self) -> String {
        let (Self::Whole(url) | Self::Base(url)) = self;
        shown(url)
    }
}

impl Protocol {
    fn default_endpoint(self) -> &'static str {
        match self {
            #[cfg(feature = "otlp-http")]
            Self::Http => "http://localhost:4318",
            #[cfg(feature = "otlp-grpc")]
            Self::Grpc => "http://localhost:4317",
        }
    }

    fn url(self, base: &str, signal: Signal) -> String {
        match self {
            #[cfg(feature = "otlp-http")]
            Self::Http => {
                let (path, query) = base.split_at(base.find(['?', '#']).unwrap_or(base.len()));
                match path.trim_end_matches('/') {
                    path if path.ends_with(signal.path) => format!("{path}{query}"),
                    path => format!("{path}{}{query}", signal.path),
                }
            }
            #[cfg(feature = "otlp-grpc")]
            Self::Grpc => {
                // One service for each signal, at the same address.
                let _ = signal;
                base.to_owned()
            }
        }
    }
}

#[cfg(all(test, feature = "otlp-http"))]
mod tests {
    use super::*;

    fn resolve(code: Option<&str>, variables: &[(&str, &str)]) -> Result<String, String> {
        let read = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Endpoint::resolve(
            Protocol::Http,
            Signal::TRACES,
            code.map(Into::into),
            Schemes::Plain,
            &read,
        )
        .map(Endpoint::into_url)
        .map_err(|error| error.to_string())
    }

    const SIGNAL: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    const BASE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

    #[test]
    fn code_comes_before_the_variable_for_traces_and_that_before_the_base() {
        let both = [(SIGNAL, "http://signal:1/in"), (BASE, "http://base:2")];
        assert_eq!(
            resolve(Some("http://code:3"), &both),
            Ok("http://code:3/v1/traces".into())
        );
        assert_eq!(resolve(None, &both), Ok("http://signal:1/in".into()));
        assert_eq!(resolve(None, &both[1..]), Ok("http://base:2/v1/traces".into()));
        assert_eq!(resolve(None, &[]), Ok("http://localhost:4318/v1/traces".into()));
    }

    #[test]
    fn the_path_is_added_once() {
        for base in ["http://a", "http://a/", "http://a/v1/traces", "http://a/v1/traces/"] {
            assert_eq!(resolve(Some(base), &[]), Ok("http://a/v1/traces".into()));
        }
        assert_eq!(
            resolve(Some("http://a/otlp"), &[]),
            Ok("http://a/otlp/v1/traces".into())
        );
        for base in ["http://a?b=c/", "http://a/v1/traces/?b=c/"] {
            assert_eq!(resolve(Some(base), &[]), Ok("http://a/v1/traces?b=c/".into()));
        }
    }

    #[cfg(feature = "otlp-grpc")]
    #[test]
    fn grpc_has_no_path() {
        let endpoint = Endpoint::resolve(Protocol::Grpc, Signal::TRACES, None, Schemes::Plain, &|_| None);
        assert_eq!(
            endpoint.map(Endpoint::into_url).ok().as_deref(),
            Some("http://localhost:4317")
        );
    }

    #[test]
    fn an_address_that_cannot_work_is_an_error_that_names_its_source() {
        for (wrong, hint) in [
            ("localhost:4318", "such as"),
            ("/just/a/path", "scheme and host"),
            ("ftp://a", "scheme and host"),
            ("https://a", "does not encrypt"),
            ("http://a b", "a URL such as"),
        ] {
            for variable in [SIGNAL, BASE] {
                let error = resolve(None, &[(variable, wrong)]).expect_err(wrong);
                assert!(error.starts_with(&format!("{variable} is `{wrong}`")), "{error}");
                assert!(error.contains(hint), "{error}");
            }
        }
    }

    #[test]
    fn a_client_of_one_s_own_may_encrypt() {
        let of = |url: &str| {
            Endpoint::resolve(Protocol::Http, Signal::TRACES, Some(url.into()), Schemes::Any, &|_| {
                None
            })
        };
        assert_eq!(
            of("https://a").map(Endpoint::into_url).ok().as_deref(),
            Some("https://a/v1/traces")
        );
        assert!(of("ftp://a").is_err());
    }

    #[test]
    fn credentials_stay_out_of_the_message() {
        let error = resolve(Some("https://user:secret@a/x?api-key=secret"), &[]).expect_err("https");
        assert!(!error.contains("secret"), "{error}");
        assert!(error.contains("`https://REDACTED:REDACTED@a/x"), "{error}");
    }
}
