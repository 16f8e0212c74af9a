//! The names of spans: few, and by rules.

use std::borrow::Cow;
use std::fmt;

/// The name of a span, by one of the rules that let people and dashboards find spans.
///
/// A name stands for all calls of its kind: ids, paths and values are attributes. A debug build warns, once for each place in the code, of a
/// name with an id or a path in it.
///
/// ```
/// use tower_telemetry_traced::SpanName;
///
/// assert_eq!(SpanName::http("GET", "/users/{id}").as_str(), "HTTP GET /users/{id}");
/// assert_eq!(SpanName::database("SELECT", "orders").as_str(), "SELECT orders");
/// assert_eq!(SpanName::service("user_service", "get_user").as_str(), "user_service.get_user");
/// assert_eq!(SpanName::function("orders", "process_order").as_str(), "orders.process_order");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SpanName(Cow<'static, str>);

impl SpanName {
    /// An HTTP call: `HTTP {method} {route}`. The route is the router's pattern, never the path.
    pub fn http(method: &str, route: &str) -> Self {
        Self(format!("HTTP {method} {route}").into())
    }

    /// A call of a database: `{db.operation} {table}`, such as `SELECT orders`.
    pub fn database(operation: &str, table: &str) -> Self {
        Self(format!("{operation} {table}").into())
    }

    /// A call of another service: `{service}.{method}`.
    pub fn service(service: &str, method: &str) -> Self {
        Self(format!("{service}.{method}").into())
    }

    /// A function of the business logic: `{module}.{function}`.
    pub fn function(module: &str, function: &str) -> Self {
        Self(format!("{module}.{function}").into())
    }

    /// What is done with the messages of a queue or topic: `{messaging.operation.name} {destination}`, such as `send orders`.
    pub fn messaging(operation: &str, destination: &str) -> Self {
        Self(format!("{operation} {destination}").into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_text(self) -> Cow<'static, str> {
        self.0
    }
}

impl From<&'static str> for SpanName {
    fn from(name: &'static str) -> Self {
        Self(name.into())
    }
}

impl From<String> for SpanName {
    fn from(name: String) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for SpanName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
