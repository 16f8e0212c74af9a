//! The classifier of HTTP calls.

use bytes::Buf;
use http::{Method, request, response, uri};
use http_body::Body;
use tower_telemetry_observe::{Classify, ClassifyHttp, End, Failure, Verdict};

use crate::error_type::ErrorTypes;
use crate::method::KnownMethods;
use crate::scheme::Scheme;
use crate::server::LateRoutes;
use crate::url::RedactedKeys;
use crate::{Client, HttpCall, Server, Side, TrustedProxies, status_word};

/// Reads HTTP calls, and judges their ends, by the semantic conventions for HTTP.
///
/// The `error.type` of a call is the first failure's: the status, where that is an error (from 500 on a server, from 400 on a client;
/// [`status_word`]); else `body_error`, for a body that failed or ended short; else the service's error, which is `timeout`,
/// `connect`, `overloaded` or `service_error`, or [another word](Http::with_error_type); else `panic`; else, on a server, `cancelled`.
/// A client that drops its own call made no error.
#[derive(Clone, Debug)]
pub struct Http<S: Side> {
    pub(crate) methods: KnownMethods,
    pub(crate) scheme: Option<Scheme>,
    pub(crate) redacted: RedactedKeys,
    pub(crate) side: S::Settings,
    errors: ErrorTypes,
}

impl Http<Server> {
    /// For the calls a server answers. `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS`, a list with commas, is read here: it replaces the
    /// [known methods](crate::Method).
    pub fn server() -> Self {
        Self::new()
    }

    /// Believes these peers' `Forwarded` or `X-Forwarded-For`, `-Host` and `-Proto`. By default nobody's.
    pub fn with_trusted_proxies(mut self, proxies: TrustedProxies) -> Self {
        self.side.proxies = Some(proxies);
        self
    }

    /// Puts a [`LateRoute`](crate::LateRoute) into each request's extensions, for routers that run within the service.
    pub fn with_late_route(mut self) -> Self {
        self.side.late_routes = LateRoutes::Taken;
        self
    }
}

impl Http<Client> {
    /// For the calls a client makes. `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS`, a list with commas, is read here: it replaces the
    /// [known methods](crate::Method).
    pub fn client() -> Self {
        Self::new()
    }
}

impl<S: Side> Http<S> {
    fn new() -> Self {
        Http {
            methods: KnownMethods::from_env(),
            scheme: None,
            redacted: RedactedKeys::default(),
            side: S::Settings::default(),
            errors: ErrorTypes::default(),
        }
    }

    /// The scheme of requests that do not say theirs, which is most of HTTP/1 on a server. Without it their `url.scheme` is left out.
    ///
    /// Only `http` and `https` are schemes of HTTP: any other is left out, too.
    #[expect(clippy::needless_pass_by_value, reason = "a setting is given away")]
    pub fn with_scheme(mut self, scheme: uri::Scheme) -> Self {
        self.scheme = Scheme::new(scheme.as_str());
        self
    }

    /// These methods are known, and no others.
    pub fn with_known_methods(mut self, methods: impl IntoIterator<Item = Method>) -> Self {
        self.methods = KnownMethods::given(methods);
        self
    }

    /// Redacts the values of these keys in URLs, and no others: by default those of [`REDACTED_QUERY_KEYS`](crate::url::REDACTED_QUERY_KEYS).
    /// User information is redacted in any case.
    pub fn with_redacted_query_keys(
        mut self,
        keys: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.redacted = RedactedKeys::new(keys);
        self
    }

    /// Names the errors of type `E`, of the service and of the body: their `error.type`. Give few names, and document them.
    ///
    /// Several can be given; the first one that has a name counts. `E` is the service's or the body's own error type: where that is a box,
    /// take the box, and look inside.
    ///
    /// ```
    /// use tower_telemetry_semconv::Http;
    ///
    /// enum StoreError { Full, Gone }
    ///
    /// let http = Http::server().with_error_type(|error: &StoreError| match error {
    ///     StoreError::Full => Some("store_full"),
    ///     StoreError::Gone => None,
    /// });
    /// # let _ = http;
    /// ```
    pub fn with_error_type<E: 'static>(
        mut self,
        name: impl Fn(&E) -> Option<&'static str> + Send + Sync + 'static,
    ) -> Self {
        self.errors.add(name);
        self
    }
}

impl<S: Side> Classify for Http<S> {
    type Facts = HttpCall<S>;

    fn end(&self, call: &mut HttpCall<S>, end: &End<'_>) -> Verdict {
        let by_status = call.status.map_or(Verdict::Ok, by_status::<S>);
        match (by_status, end) {
            (Verdict::Error(_), _) | (_, End::Complete { .. }) => by_status,
            (_, End::Failed(Failure::Service(error))) => {
                Verdict::Error(self.errors.of_service(*error))
            }
            (_, End::Failed(Failure::Body(error))) => Verdict::Error(self.errors.of_body(*error)),
            (_, End::Failed(Failure::Short { .. })) => Verdict::Error("body_error"),
            (_, End::Dropped) => S::DROPPED,
            (_, End::Panicked) => Verdict::Error("panic"),
        }
    }
}

impl<S: Side> ClassifyHttp for Http<S> {
    fn read(&self, request: &mut request::Parts) -> HttpCall<S> {
        S::read(self, request)
    }

    fn head(&self, call: &mut HttpCall<S>, response: &response::Parts) -> Verdict {
        call.status = Some(response.status);
        S::see(call, response);
        by_status::<S>(response.status)
    }

    fn remaining<B: Body>(data: &B::Data) -> usize {
        data.remaining()
    }
}

fn by_status<S: Side>(status: http::StatusCode) -> Verdict {
    if S::is_error(status) {
        Verdict::Error(status_word(status))
    } else {
        Verdict::Ok
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use http::{Request, Response};

    use super::*;

    /// The verdicts on a call: at its head, if it has a status, and at its end.
    fn verdicts<S: Side>(http: &Http<S>, status: Option<u16>, end: &End<'_>) -> (Verdict, Verdict) {
        let (mut request, ()) = Request::new(()).into_parts();
        let mut call = http.read(&mut request);
        let head = status.map_or(Verdict::Ok, |status| {
            let response = Response::builder().status(status).body(()).unwrap();
            http.head(&mut call, &response.into_parts().0)
        });
        (head, http.end(&mut call, end))
    }

    const OK: Verdict = Verdict::Ok;
    const COMPLETE: End<'static> = End::Complete { trailers: None };

    #[test]
    fn a_status_is_judged_by_the_side() {
        let rows = [
            (100, OK, OK),
            (101, OK, OK),
            (200, OK, OK),
            (304, OK, OK),
            (399, OK, OK),
            (400, OK, Verdict::Error("400")),
            (404, OK, Verdict::Error("404")),
            (499, OK, Verdict::Error("499")),
            (500, Verdict::Error("500"), Verdict::Error("500")),
            (503, Verdict::Error("503"), Verdict::Error("503")),
            (599, Verdict::Error("599"), Verdict::Error("599")),
            (600, Verdict::Error("_OTHER"), Verdict::Error("_OTHER")),
            (999, Verdict::Error("_OTHER"), Verdict::Error("_OTHER")),
        ];
        for (status, server, client) in rows {
            let on_server = verdicts(&Http::server(), Some(status), &COMPLETE);
            assert_eq!(on_server, (server, server), "{status}");
            let on_client = verdicts(&Http::client(), Some(status), &COMPLETE);
            assert_eq!(on_client, (client, client), "{status}");
        }
    }

    #[test]
    fn an_end_is_judged_by_the_side() {
        let timeout = io::Error::from(io::ErrorKind::TimedOut);
        let short = Failure::Short {
            announced: 2,
            received: 1,
        };
        let rows = [
            ("complete", COMPLETE, OK, OK),
            (
                "service",
                End::Failed(Failure::Service(&())),
                Verdict::Error("service_error"),
                Verdict::Error("service_error"),
            ),
            (
                "known",
                End::Failed(Failure::Service(&timeout)),
                Verdict::Error("timeout"),
                Verdict::Error("timeout"),
            ),
            (
                "body",
                End::Failed(Failure::Body(&timeout)),
                Verdict::Error("body_error"),
                Verdict::Error("body_error"),
            ),
            (
                "short",
                End::Failed(short),
                Verdict::Error("body_error"),
                Verdict::Error("body_error"),
            ),
            ("dropped", End::Dropped, Verdict::Error("cancelled"), OK),
            (
                "panicked",
                End::Panicked,
                Verdict::Error("panic"),
                Verdict::Error("panic"),
            ),
        ];
        for (rule, end, server, client) in rows {
            for status in [None, Some(200), Some(302)] {
                assert_eq!(
                    verdicts(&Http::server(), status, &end),
                    (OK, server),
                    "{rule}"
                );
                assert_eq!(
                    verdicts(&Http::client(), status, &end),
                    (OK, client),
                    "{rule}"
                );
            }
            let by_status = Verdict::Error("503");
            let expected = (by_status, by_status);
            assert_eq!(
                verdicts(&Http::server(), Some(503), &end),
                expected,
                "{rule} after an error"
            );
            assert_eq!(
                verdicts(&Http::client(), Some(503), &end),
                expected,
                "{rule} after an error"
            );
        }
    }

    #[test]
    fn a_users_names_come_first() {
        let http = Http::server().with_error_type(|error: &io::Error| {
            (error.kind() == io::ErrorKind::TimedOut).then_some("slow_disk")
        });
        let timeout = io::Error::from(io::ErrorKind::TimedOut);
        for failure in [Failure::Service(&timeout), Failure::Body(&timeout)] {
            let (_, end) = verdicts(&http, Some(200), &End::Failed(failure));
            assert_eq!(end, Verdict::Error("slow_disk"));
        }
    }

    #[test]
    fn a_frame_has_the_bytes_that_remain_in_it() {
        type Body = http_body_util::Full<bytes::Bytes>;
        let data = bytes::Bytes::from_static(b"12345");
        assert_eq!(<Http<Server> as ClassifyHttp>::remaining::<Body>(&data), 5);
    }
}
