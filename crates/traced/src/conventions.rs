//! Calls of databases and message brokers, in the words of the semantic conventions.

use opentelemetry::trace::SpanKind;

use crate::attribute;
use crate::builder::SpanBuilder;
use crate::name::SpanName;
use crate::span::span;

/// A CLIENT span of a database's operation on a table or collection, by the
/// [conventions for databases](https://opentelemetry.io/docs/specs/semconv/database/database-spans/).
///
/// `system` is a name from there, such as `postgresql`. A statement is not recorded: it may hold anything. One with placeholders for all of its
/// values can be added as [`db.query.text`](attribute::DB_QUERY_TEXT).
///
/// ```
/// use tower_telemetry_traced::database_span;
///
/// let rows = database_span("postgresql", "SELECT", "orders").attr("db.namespace", "shop").in_scope(|span| {
///     span.attr("db.response.returned_rows", 3);
///     3
/// });
/// assert_eq!(rows, 3);
/// ```
#[cfg_attr(debug_assertions, track_caller)]
pub fn database_span(system: &str, operation: &str, table: &str) -> SpanBuilder {
    span(SpanName::database(operation, table))
        .with_kind(SpanKind::Client)
        .attr(attribute::DB_SYSTEM_NAME, system)
        .attr(attribute::DB_OPERATION_NAME, operation)
        .attr(attribute::DB_COLLECTION_NAME, table)
}

/// What is done with messages, as the conventions sort it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Messaging {
    /// One or more messages are created, to be sent later.
    Create,
    /// One or more messages are handed to the broker.
    Send,
    /// One or more messages are asked for.
    Receive,
    /// One or more messages are processed.
    Process,
    /// One or more messages are settled.
    Settle,
}

impl Messaging {
    /// The value of `messaging.operation.type`, and of `messaging.operation.name` unless the system has a word of its own.
    pub fn as_str(self) -> &'static str {
        match self {
            Messaging::Create => "create",
            Messaging::Send => "send",
            Messaging::Receive => "receive",
            Messaging::Process => "process",
            Messaging::Settle => "settle",
        }
    }

    fn kind(self) -> SpanKind {
        match self {
            Messaging::Create | Messaging::Send => SpanKind::Producer,
            Messaging::Process => SpanKind::Consumer,
            Messaging::Receive | Messaging::Settle => SpanKind::Client,
        }
    }
}

/// A span of what is done with messages, such as `send orders`, by the
/// [conventions for messaging](https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/).
///
/// `system` is a name from there, such as `kafka`. The destination is that of a queue or topic, and one of few.
///
/// ```
/// use tower_telemetry_traced::{Messaging, messaging_span};
///
/// messaging_span("kafka", Messaging::Send, "orders").in_scope(|_| { /* … */ });
/// ```
#[cfg_attr(debug_assertions, track_caller)]
pub fn messaging_span(system: &str, operation: Messaging, destination: &str) -> SpanBuilder {
    span(SpanName::messaging(operation.as_str(), destination))
        .with_kind(operation.kind())
        .attr(attribute::MESSAGING_SYSTEM, system)
        .attr(attribute::MESSAGING_OPERATION_NAME, operation.as_str())
        .attr(attribute::MESSAGING_OPERATION_TYPE, operation.as_str())
        .attr(attribute::MESSAGING_DESTINATION_NAME, destination)
}
