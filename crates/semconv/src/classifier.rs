//! The classifier of HTTP calls.

use bytes::Buf;
use http::{Method, request, response, uri};
use http_body::Body;
use tower_telemetry_observe::{Classify, ClassifyHttp, End, Failure, Verdict};

use crate::error_type::ErrorTypes;
use crate::method::KnownMethods;
use crate::scheme::Scheme;
use crate::server::LateRoutes;
use crate::settings::Settings;
use crate::url::RedactedKeys;
use crate::{Client, HttpCall, Server, Side, TrustPolicy, status_word};

/// Reads HTTP calls, and judges their ends, by the semantic conventions for HTTP.
///
/// The `error.type` of a call is the first failure's: the status, where that is an error (from 500 on a server, from 400 on a client;
/// [`status_word`]); else `body_error`, for a body that failed or ended short; else the service's error, which is `timeout`,
/// `connect`, `overloaded` or `service_error`, or [another word](Http::with_error_type); else `panic`; else, on a server, `cancelled`.
/// A client that drops its own call made no error.
#[derive(Clone, Debug)]
#[must_use]
pub struct Http<S: Side> {
    pub(crate) methods: KnownMethods,
    pub(crate) scheme: Option<Scheme>,
    pub(crate) settings: Settings<S>,
    errors: ErrorTypes,
}

impl Http<Server> {
    /// For the calls a server answers. `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS`, a list with commas, is read here: it replaces the
    /// [known methods](crate::Method).
    pub fn server() -> Self {
        Self::new()
    }

    /// How far callers are believed: a [`Trust`](crate::Trust) for all, or a [policy](TrustPolicy). It is decided once, when the call is read.
    ///
    /// Without it a caller's context is the parent, but nobody's `Forwarded` or `X-Forwarded-For`, `-Host` and `-Proto` are read.
    pub fn with_trust(mut self, policy: impl Into<TrustPolicy>) -> Self {
        self.settings.side_mut().trust = Some(policy.into());
        self
    }

    /// How far callers are believed, if that was said.
    pub(crate) fn policy(&self) -> Option<&TrustPolicy> {
        self.settings.side()?.trust.as_ref()
    }

    /// Puts a [`LateRoute`](crate::LateRoute) into each request's extensions, for routers that run within the service.
    pub fn with_late_route(mut self) -> Self {
        self.settings.side_mut().late_routes = LateRoutes::Taken;
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
            settings: Settings::new(),
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
    pub fn with_redacted_query_keys(mut self, keys: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.settings.set_redacted(RedactedKeys::new(keys));
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

    #[inline]
    fn end(&self, call: &mut HttpCall<S>, end: &End<'_>) -> Verdict {
        let by_status = call.status.map_or(Verdict::Ok, by_status::<S>);
        match (by_status, end) {
            (Verdict::Error(_), _) | (_, End::Complete { .. }) => by_status,
            (_, End::Failed(Failure::Service(error))) => Verdict::Error(self.errors.of_service(*error)),
            (_, End::Failed(Failure::Body(error))) => Verdict::Error(self.errors.of_body(*error)),
            (_, End::Failed(Failure::Short { .. })) => Verdict::Error("body_error"),
            (_, End::Dropped) => S::DROPPED,
            (_, End::Panicked) => Verdict::Error("panic"),
        }
    }
}

impl<S: Side> ClassifyHttp for Http<S> {
    #[inline]
    fn read(&self, request: &mut request::Parts) -> HttpCall<S> {
        S::read(self, request)
    }

    #[inline]
    fn head(&self, call: &mut HttpCall<S>, response: &response::Parts) -> Verdict {
        call.status = Some(response.status);
        S::see(call, response);
        by_status::<S>(response.status)
    }

    #[inline]
    fn remaining<B: Body>(data: &B::Data) -> usize {
        data.remaining()
    }
}

#[inline]
fn by_status<S: Side>(status: http::StatusCode) -> Verdict {
    if S::is_error(status) {
        Verdict::Error(status_word(status))
    } else {
        Verdict::Ok
    }
}
