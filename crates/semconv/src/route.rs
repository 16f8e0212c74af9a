//! Routes and templates: a path's pattern, never the path.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use crate::Value;
use crate::text::clean;

/// A pattern, shared by all its calls.
#[derive(Clone, Debug)]
pub(crate) enum Template {
    Static(&'static str),
    Shared(Arc<str>),
    #[cfg(feature = "axum")]
    Matched(axum::extract::MatchedPath),
}

impl Template {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Template::Static(text) => text,
            Template::Shared(text) => text,
            #[cfg(feature = "axum")]
            Template::Matched(path) => path.as_str(),
        }
    }

    pub(crate) fn value(&self) -> Value<'_> {
        match self {
            Template::Static(text) => Value::Static(text),
            Template::Shared(text) => Value::Shared(Arc::clone(text)),
            #[cfg(feature = "axum")]
            Template::Matched(path) => Value::Text(path.as_str().into()),
        }
    }

    /// An empty template is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.as_str().is_empty()
    }

    fn from_static(text: &'static str) -> Self {
        match clean(text) {
            Cow::Borrowed(text) => Template::Static(text),
            Cow::Owned(text) => Template::Shared(text.into()),
        }
    }

    fn from_shared(text: Arc<str>) -> Self {
        match clean(&text) {
            cleaned if cleaned.len() == text.len() => Template::Shared(text),
            cleaned => Template::Shared(cleaned.into()),
        }
    }
}

macro_rules! template {
    ($name:ident) => {
        impl $name {
            /// The pattern: a `&'static str`, a `String`, or an `Arc<str>` that its calls share. An empty one counts as none.
            pub fn new(template: impl Into<Self>) -> Self {
                template.into()
            }

            /// The pattern.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl From<&'static str> for $name {
            fn from(text: &'static str) -> Self {
                Self(Template::from_static(text))
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(Template::from_shared(text.into()))
            }
        }

        impl From<Arc<str>> for $name {
            fn from(text: Arc<str>) -> Self {
                Self(Template::from_shared(text))
            }
        }
    };
}

/// The route a request matched: a request extension, for routers other than axum's.
///
/// It is read when the call begins, and wins over axum's `MatchedPath`.
///
/// ```
/// use tower_telemetry_semconv::Route;
///
/// let mut request = http::Request::new(());
/// request.extensions_mut().insert(Route::new("/users/{id}"));
/// ```
#[derive(Clone, Debug)]
pub struct Route(pub(crate) Template);

template!(Route);

/// The pattern a client makes its URL from: a request extension. It becomes `url.template` and part of the span's name.
///
/// ```
/// use tower_telemetry_semconv::UrlTemplate;
///
/// let mut request = http::Request::new(());
/// request.extensions_mut().insert(UrlTemplate::new("/users/{id}"));
/// ```
#[derive(Clone, Debug)]
pub struct UrlTemplate(pub(crate) Template);

template!(UrlTemplate);

/// A handle to tell the route once it is known, for routers that run after the call has begun: a request extension, put there by
/// [`Http::with_late_route`](crate::Http::with_late_route).
///
/// The first route counts, and one that was known when the call began stays.
///
/// ```
/// use tower_telemetry_semconv::LateRoute;
///
/// fn handler(request: http::Request<()>) {
///     if let Some(late) = request.extensions().get::<LateRoute>() {
///         late.set("/users/{id}");
///     }
/// }
/// # handler(http::Request::new(()));
/// ```
#[derive(Clone, Debug, Default)]
pub struct LateRoute(Arc<OnceLock<Template>>);

impl LateRoute {
    /// Tells the route. An empty one is passed over.
    pub fn set(&self, route: impl Into<Route>) {
        let Route(route) = route.into();
        if !route.is_empty() {
            // An earlier route stays.
            let _ = self.0.set(route);
        }
    }

    pub(crate) fn get(&self) -> Option<&Template> {
        self.0.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_kept_without_a_copy() {
        let shared: Arc<str> = "/users/{id}".into();
        let Template::Shared(kept) = Route::new(Arc::clone(&shared)).0 else {
            panic!("not shared");
        };
        assert!(Arc::ptr_eq(&kept, &shared));
        assert!(matches!(UrlTemplate::new("/a").0, Template::Static("/a")));
    }

    #[test]
    fn a_pattern_is_clean() {
        assert_eq!(Route::new("/a\nb").as_str(), r"/a\nb");
        assert_eq!(Route::new("a".repeat(2000)).as_str().len(), 1024);
    }

    #[test]
    fn the_first_late_route_counts() {
        let late = LateRoute::default();
        late.set("");
        assert!(late.get().is_none());
        late.set("/first");
        late.clone().set(String::from("/second"));
        assert_eq!(late.get().map(Template::as_str), Some("/first"));
    }
}
