//! What is known of an HTTP call.

use std::borrow::Cow;

use http::{StatusCode, Version, request};

use crate::name::Named;
use crate::routed::Routed;
use crate::scheme::Scheme;
use crate::settings::Settings;
use crate::{Method, Route, Say, Side, Value, attribute};

/// What is known of an HTTP call: the facts that [`Http`](crate::Http) reads.
///
/// It lives as long as the call and is small: what a span alone needs is not kept, but [described](HttpCall::describe_request) from the request.
#[derive(Debug)]
pub struct HttpCall<S: Side> {
    pub(crate) method: Method,
    pub(crate) route: Routed,
    pub(crate) named: Named,
    pub(crate) settings: Settings<S>,
    pub(crate) side: S::Facts,
    pub(crate) status: Option<StatusCode>,
    pub(crate) scheme: Option<Scheme>,
    pub(crate) version: Option<Version>,
}

impl<S: Side> HttpCall<S> {
    /// The request's method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// `http` or `https`, if known.
    pub fn scheme(&self) -> Option<&'static str> {
        self.scheme.map(Scheme::as_str)
    }

    /// On a server the route, also a [late](crate::LateRoute) one; on a client the [template of the URL](crate::UrlTemplate).
    #[inline]
    pub fn route(&self) -> Option<&str> {
        self.route.as_str()
    }

    /// The same [route](HttpCall::route), to be kept beyond the call: it is shared, not copied.
    pub fn shared_route(&self) -> Option<Route> {
        self.route.shared()
    }

    /// The response's status, once it is there.
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// The protocol's version, as `1.0`, `1.1`, `2` or `3`: on a server the request's, on a client the response's, once it is there.
    #[inline]
    pub fn version(&self) -> Option<&'static str> {
        Some(match self.version? {
            Version::HTTP_09 => "0.9",
            Version::HTTP_10 => "1.0",
            Version::HTTP_11 => "1.1",
            Version::HTTP_2 => "2",
            Version::HTTP_3 => "3",
            _ => return None,
        })
    }

    /// The span's name: the method (`HTTP`, if it is not a known one), and the [route](HttpCall::route), if there is one.
    ///
    /// Names with a route are kept for as long as the program runs, up to 4,096 of at most 256 bytes. Further ones are allocated for each call.
    #[inline]
    pub fn span_name(&self) -> Cow<'static, str> {
        self.route.name(&self.method, &self.named)
    }

    /// Says the attributes that are known when the span starts, required ones first. `request` is the one this call was read from.
    ///
    /// No attribute is said twice, and none without a value.
    #[inline]
    pub fn describe_request<'a>(&'a self, request: &'a request::Parts, mut say: impl Say<'a>) {
        S::describe_request(self, request, &mut say);
    }

    /// Says the attributes that came with the response: the status, and on a client the protocol's version. None of them is among those of
    /// [`describe_request`](HttpCall::describe_request).
    ///
    /// Two more are not said here: `error.type`, which is the verdict's, and a [route](HttpCall::route) that was told in between.
    #[inline]
    pub fn describe_response<'a>(&'a self, mut say: impl Say<'a>) {
        if let Some(status) = self.status {
            let code = Value::Int(status.as_u16().into());
            say.say(attribute::HTTP_RESPONSE_STATUS_CODE, code);
        }
        S::describe_response(self, &mut say);
    }

    pub(crate) fn say_method<'a>(&'a self, say: &mut impl Say<'a>) {
        let method = match self.method.as_static() {
            Some(method) => Value::Static(method),
            None => Value::Text(self.method.as_str().into()),
        };
        say.say(attribute::HTTP_REQUEST_METHOD, method);
    }

    pub(crate) fn say_method_original<'a>(&'a self, say: &mut impl Say<'a>) {
        if let Some(original) = self.method.original() {
            let original = Value::Text(original.into());
            say.say(attribute::HTTP_REQUEST_METHOD_ORIGINAL, original);
        }
    }

    pub(crate) fn say_version<'a>(&'a self, say: &mut impl Say<'a>) {
        if let Some(version) = self.version() {
            say.say(attribute::NETWORK_PROTOCOL_VERSION, Value::Static(version));
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Request;
    use tower_telemetry_observe::ClassifyHttp;

    use super::*;
    use crate::{Client, Http, Route, Server, UrlTemplate};

    #[test]
    fn a_span_is_named_by_method_and_route() {
        let known = || Http::server().with_known_methods([http::Method::GET, "PURGE".parse().unwrap()]);
        let rows = [
            (Http::server(), "GET", "", "GET"),
            (Http::server(), "GET", "/users/{id}", "GET /users/{id}"),
            (Http::server(), "get", "", "HTTP"),
            (Http::server(), "PURGE", "/cache", "HTTP /cache"),
            (known(), "PURGE", "", "PURGE"),
            (known(), "PURGE", "/cache", "PURGE /cache"),
            (known(), "POST", "", "HTTP"),
        ];
        for (http, method, route, name) in rows {
            let request = Request::builder()
                .method(method)
                .uri("/path")
                .extension(Route::new(route));
            let (mut request, ()) = request.body(()).unwrap().into_parts();
            assert_eq!(http.read(&mut request).span_name(), name);
        }
    }

    #[test]
    fn a_name_without_a_route_is_not_allocated() {
        let (mut request, ()) = Request::new(()).into_parts();
        let name = Http::server().read(&mut request).span_name();
        assert!(matches!(name, Cow::Borrowed("GET")));
    }

    #[test]
    fn a_clients_span_is_named_by_its_template() {
        let request = Request::get("http://a/users/42").extension(UrlTemplate::new("/users/{id}"));
        let (mut request, ()) = request.extension(Route::new("/other")).body(()).unwrap().into_parts();
        let call = Http::client().read(&mut request);
        assert_eq!(call.span_name(), "GET /users/{id}");
        assert_eq!(call.route(), Some("/users/{id}"));
        assert_eq!(call.shared_route().unwrap().as_str(), "/users/{id}");
    }

    #[test]
    fn a_response_says_its_status_once() {
        let http = Http::server();
        let (mut request, ()) = Request::new(()).into_parts();
        let mut call = http.read(&mut request);
        call.describe_response(|key, _| panic!("{key} without a response"));
        let (response, ()) = http::Response::new(()).into_parts();
        http.head(&mut call, &response);
        let mut said = Vec::new();
        call.describe_response(|key, value| said.push((key, value)));
        assert_eq!(said, [("http.response.status_code", Value::Int(200))]);
    }

    #[test]
    fn a_call_is_small_and_can_be_sent() {
        fn assert_send_sync<T: Send + Sync + 'static>() {}
        assert_send_sync::<(Http<Server>, Http<Client>)>();
        assert_send_sync::<(HttpCall<Server>, HttpCall<Client>)>();
        let sizes = (size_of::<HttpCall<Server>>(), size_of::<HttpCall<Client>>());
        assert!(sizes.0 <= 64 && sizes.1 <= 104, "{sizes:?}");
    }
}
