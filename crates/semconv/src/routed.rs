//! The route of one call, and the name of its span.

use std::borrow::Cow;

use http::Extensions;

use crate::name::Named;
use crate::route::Template;
use crate::{LateRoute, Method, Route, UrlTemplate, Value};

/// The pattern of one call, as far as it is known.
#[derive(Debug)]
pub(crate) enum Routed {
    Unknown,
    Known(Template),
    /// To be told during the call.
    Late(LateRoute),
}

impl Routed {
    /// The route, where the router has run: a [`Route`], else axum's.
    #[inline]
    pub(crate) fn on_server(extensions: &Extensions) -> Self {
        if let Some(Route(route)) = extensions.get() {
            if !route.is_empty() {
                return Routed::Known(route.clone());
            }
        }
        #[cfg(feature = "axum")]
        if let Some(path) = extensions.get::<axum::extract::MatchedPath>() {
            return Routed::Known(Template::Matched(path.clone()));
        }
        Routed::Unknown
    }

    #[inline]
    pub(crate) fn on_client(extensions: &Extensions) -> Self {
        match extensions.get() {
            Some(UrlTemplate(template)) if !template.is_empty() => Routed::Known(template.clone()),
            _ => Routed::Unknown,
        }
    }

    #[inline]
    fn template(&self) -> Option<&Template> {
        match self {
            Routed::Unknown => None,
            Routed::Known(template) => Some(template),
            Routed::Late(late) => late.get(),
        }
    }

    #[inline]
    pub(crate) fn as_str(&self) -> Option<&str> {
        self.template().map(Template::as_str)
    }

    #[inline]
    pub(crate) fn shared(&self) -> Option<Route> {
        self.template().cloned().map(Route)
    }

    /// The template: the one that is kept with the span's name, if that is known.
    #[inline]
    pub(crate) fn value(&self, named: &Named) -> Option<Value<'_>> {
        match named.known() {
            Some(name) => Some(Value::Static(name.route())),
            None => self.template().map(Template::value),
        }
    }

    /// The name of this call's span.
    #[inline]
    pub(crate) fn name(&self, method: &Method, named: &Named) -> Cow<'static, str> {
        let Some(route) = self.as_str() else {
            return method.span_name();
        };
        match named.find(method.in_names(), route) {
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
        (Routed::on_server(&extensions), method)
    }

    #[test]
    fn a_name_and_its_route_are_not_allocated_for_each_call() {
        for (method, name) in [("GET", "GET /routed/{id}"), ("get", "HTTP /routed/{id}")] {
            let (routed, method) = routed(String::from("/routed/{id}"), method);
            let named = Named::default();
            assert!(matches!(routed.value(&named), Some(Value::Shared(_))), "as it came");
            assert!(matches!(routed.name(&method, &named), Cow::Borrowed(borrowed) if borrowed == name));
            assert_eq!(routed.value(&named), Some(Value::Static("/routed/{id}")));
        }
    }

    #[test]
    fn a_route_that_is_too_long_to_be_kept_is_a_route() {
        let named = Named::default();
        let route = "r".repeat(300);
        let (routed, method) = routed(route.clone(), "GET");
        assert_eq!(routed.as_str(), Some(&*route));
        assert_eq!(routed.value(&named), Some(Value::Shared(route.as_str().into())));
        assert!(matches!(routed.name(&method, &named), Cow::Owned(name) if name == format!("GET {route}")));
    }

    #[test]
    fn a_late_routes_name_is_not_allocated_either() {
        let named = Named::default();
        let late = LateRoute::default();
        let routed = Routed::Late(late.clone());
        let method = KnownMethods::default().read(&http::Method::GET);
        assert_eq!((routed.as_str(), routed.value(&named)), (None, None));
        assert!(matches!(routed.name(&method, &named), Cow::Borrowed("GET")));
        late.set("/late/{id}");
        assert!(matches!(routed.name(&method, &named), Cow::Borrowed("GET /late/{id}")));
        assert_eq!(routed.value(&named), Some(Value::Static("/late/{id}")));
    }

    #[test]
    fn an_empty_route_is_none() {
        let named = Named::default();
        let (routed, method) = routed("", "GET");
        assert_eq!((routed.as_str(), &*routed.name(&method, &named)), (None, "GET"));
        let mut extensions = Extensions::new();
        extensions.insert(UrlTemplate::new(""));
        assert_eq!(Routed::on_client(&extensions).as_str(), None);
    }
}
