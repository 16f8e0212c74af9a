//! The route of one call, and the name of its span.

use std::borrow::Cow;

use http::Extensions;

use crate::name::Name;
use crate::route::Template;
use crate::{LateRoute, Method, Route, UrlTemplate, Value};

/// The pattern of one call, as far as it is known.
#[derive(Debug)]
pub(crate) enum Routed {
    Unknown,
    /// Known, and kept with the span's name.
    Named(&'static Name),
    Known(Template),
    /// To be told during the call.
    Late(LateRoute),
}

impl Routed {
    /// The route, where the router has run: a [`Route`], else axum's.
    #[inline]
    pub(crate) fn on_server(extensions: &Extensions, method: &Method) -> Self {
        let given = extensions.get().map(|Route(route)| (route.as_str(), route));
        if let Some((text, route)) = given.filter(|(text, _)| !text.is_empty()) {
            return Self::known(text, method, || route.clone());
        }
        #[cfg(feature = "axum")]
        if let Some(path) = extensions.get::<axum::extract::MatchedPath>() {
            return Self::known(path.as_str(), method, || Template::Matched(path.clone()));
        }
        Routed::Unknown
    }

    pub(crate) fn on_client(extensions: &Extensions, method: &Method) -> Self {
        let Some(UrlTemplate(template)) = extensions.get() else {
            return Routed::Unknown;
        };
        Self::known(template.as_str(), method, || template.clone())
    }

    #[inline]
    fn known(route: &str, method: &Method, template: impl FnOnce() -> Template) -> Self {
        if route.is_empty() {
            return Routed::Unknown;
        }
        match Name::of(method.in_names(), route) {
            Some(name) => Routed::Named(name),
            None => Routed::Known(template()),
        }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Routed::Unknown => None,
            Routed::Named(name) => Some(name.route()),
            Routed::Known(template) => Some(template.as_str()),
            Routed::Late(late) => late.get().map(Template::as_str),
        }
    }

    #[inline]
    pub(crate) fn value(&self) -> Option<Value<'_>> {
        match self {
            Routed::Unknown => None,
            Routed::Named(name) => Some(Value::Static(name.route())),
            Routed::Known(template) => Some(template.value()),
            Routed::Late(late) => late.get().map(Template::value),
        }
    }

    /// The name of this call's span.
    #[inline]
    pub(crate) fn name(&self, method: &Method) -> Cow<'static, str> {
        if let Routed::Named(name) = self {
            return Cow::Borrowed(name.as_str());
        }
        let Some(route) = self.as_str() else {
            return method.name();
        };
        match Name::of(method.in_names(), route) {
            Some(name) => Cow::Borrowed(name.as_str()),
            None => Cow::Owned([method.in_names(), " ", route].concat()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::KnownMethods;

    fn routed(route: impl Into<Route>, method: &str) -> (Routed, Method) {
        let mut extensions = Extensions::new();
        extensions.insert(route.into());
        let method = KnownMethods::default().read(&method.parse().unwrap());
        (Routed::on_server(&extensions, &method), method)
    }

    #[test]
    fn a_name_and_its_route_are_not_allocated_for_each_call() {
        for (method, name) in [("GET", "GET /routed/{id}"), ("get", "HTTP /routed/{id}")] {
            let (routed, method) = routed(String::from("/routed/{id}"), method);
            assert!(matches!(routed.name(&method), Cow::Borrowed(borrowed) if borrowed == name));
            assert_eq!(routed.value(), Some(Value::Static("/routed/{id}")));
        }
    }

    #[test]
    fn a_route_that_is_too_long_to_be_kept_is_a_route() {
        let route = "r".repeat(300);
        let (routed, method) = routed(route.clone(), "GET");
        assert_eq!(routed.as_str(), Some(&*route));
        assert_eq!(routed.value(), Some(Value::Shared(route.as_str().into())));
        assert!(matches!(routed.name(&method), Cow::Owned(name) if name == format!("GET {route}")));
    }

    #[test]
    fn a_late_routes_name_is_not_allocated_either() {
        let late = LateRoute::default();
        let routed = Routed::Late(late.clone());
        let method = KnownMethods::default().read(&http::Method::GET);
        assert_eq!((routed.as_str(), routed.value()), (None, None));
        assert!(matches!(routed.name(&method), Cow::Borrowed("GET")));
        late.set("/late/{id}");
        assert_eq!(routed.value(), Some(Value::Static("/late/{id}")));
        assert!(matches!(routed.name(&method), Cow::Borrowed("GET /late/{id}")));
    }

    #[test]
    fn an_empty_route_is_none() {
        let (routed, method) = routed("", "GET");
        assert_eq!((routed.as_str(), &*routed.name(&method)), (None, "GET"));
        let mut extensions = Extensions::new();
        extensions.insert(UrlTemplate::new(""));
        assert_eq!(Routed::on_client(&extensions, &method).as_str(), None);
    }
}
