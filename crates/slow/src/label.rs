//! What a call is called.

use std::borrow::Cow;

use tower_telemetry_observe::PlainCall;
use tower_telemetry_semconv::{GrpcCall, HttpCall, HttpOrGrpcCall, Method, Route, Side};

/// Facts that tell what a call is called: what [`Slow`](crate::Slow) needs of them.
pub trait Labeled {
    /// The call's label, as far as it is known by now. Asked when the call has to wait: it should allocate nothing.
    fn label(&self) -> Label;
}

/// What a call is called: its route and its method, or a name that it was given.
///
/// Lines are counted by it: there should be few labels, and none made from what a peer sends.
#[derive(Clone, Debug, Default)]
pub struct Label(Kind);

#[derive(Clone, Debug, Default)]
enum Kind {
    #[default]
    Unknown,
    Unrouted(Method),
    Routed(Route, Method),
    Named(Cow<'static, str>),
}

impl Label {
    /// A call of an HTTP service.
    pub fn http(route: Option<Route>, method: Method) -> Self {
        Label(match route {
            Some(route) => Kind::Routed(route, method),
            None => Kind::Unrouted(method),
        })
    }

    /// A call that has a name.
    pub fn named(name: impl Into<Cow<'static, str>>) -> Self {
        Label(Kind::Named(name.into()))
    }

    /// The route, if it is an HTTP call whose route is known.
    pub fn route(&self) -> Option<&str> {
        match &self.0 {
            Kind::Routed(route, _) => Some(route.as_str()),
            Kind::Unknown | Kind::Unrouted(_) | Kind::Named(_) => None,
        }
    }

    /// The name that it was given, if it is not an HTTP call.
    pub fn name(&self) -> Option<&str> {
        match &self.0 {
            Kind::Named(name) => Some(name),
            Kind::Unknown | Kind::Unrouted(_) | Kind::Routed(..) => None,
        }
    }

    /// The method, if it is an HTTP call.
    pub fn method(&self) -> Option<&Method> {
        match &self.0 {
            Kind::Routed(_, method) | Kind::Unrouted(method) => Some(method),
            Kind::Unknown | Kind::Named(_) => None,
        }
    }

    /// The route or the name, whichever there is.
    pub fn as_str(&self) -> Option<&str> {
        self.route().or(self.name())
    }
}

impl<S: Side> Labeled for HttpCall<S> {
    #[inline]
    fn label(&self) -> Label {
        Label::http(self.shared_route(), self.method().clone())
    }
}

impl<S: Side> Labeled for GrpcCall<S> {
    fn label(&self) -> Label {
        Label::named(self.span_name())
    }
}

impl<S: Side> Labeled for HttpOrGrpcCall<S> {
    fn label(&self) -> Label {
        match self {
            HttpOrGrpcCall::Http(call) => call.label(),
            HttpOrGrpcCall::Grpc(call) => call.label(),
        }
    }
}

impl Labeled for PlainCall {
    fn label(&self) -> Label {
        Label::named(self.name().clone())
    }
}

#[cfg(test)]
mod tests {
    use http::Request;
    use tower_telemetry_observe::ClassifyHttp;
    use tower_telemetry_semconv::{Http, UrlTemplate};

    use super::*;

    fn labels(request: Request<()>) -> [Label; 2] {
        let (mut request, ()) = request.into_parts();
        [
            Http::server().read(&mut request).label(),
            Http::client().read(&mut request).label(),
        ]
    }

    #[test]
    fn a_call_is_called_by_its_pattern_and_never_by_its_path() {
        let request = Request::get("http://a/users/42?sig=SECRET")
            .extension(Route::new("/users/{id}"))
            .extension(UrlTemplate::new("/{table}/{id}"));
        let [server, client] = labels(request.body(()).unwrap());
        assert_eq!(
            (server.route(), client.route()),
            (Some("/users/{id}"), Some("/{table}/{id}"))
        );
        assert_eq!(server.method().map(Method::as_str), Some("GET"));
        assert_eq!((server.as_str(), server.name()), (Some("/users/{id}"), None));
    }

    #[test]
    fn a_call_without_a_route_has_no_name() {
        let [server, client] = labels(Request::get("http://a/users/42").body(()).unwrap());
        assert_eq!((server.as_str(), client.as_str()), (None, None));
    }

    #[test]
    fn a_given_name_is_no_route() {
        let label = Label::named("send mail");
        assert_eq!((label.name(), label.route()), (Some("send mail"), None));
        assert!(label.method().is_none());
        assert_eq!(label.as_str(), Some("send mail"));
    }
}
