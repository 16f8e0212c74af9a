//! The names of attributes of databases and messaging, as the semantic conventions spell them.

/// `db.collection.name`: the table or collection that is asked.
pub const DB_COLLECTION_NAME: &str = "db.collection.name";
/// `db.namespace`: the database within the system.
pub const DB_NAMESPACE: &str = "db.namespace";
/// `db.operation.name`: the operation or command, such as `SELECT`.
pub const DB_OPERATION_NAME: &str = "db.operation.name";
/// `db.query.summary`: the query in short, of low cardinality.
pub const DB_QUERY_SUMMARY: &str = "db.query.summary";
/// `db.query.text`: the query, with placeholders for its values.
pub const DB_QUERY_TEXT: &str = "db.query.text";
/// `db.response.returned_rows`: how many rows came back.
pub const DB_RESPONSE_RETURNED_ROWS: &str = "db.response.returned_rows";
/// `db.response.status_code`: the database's own code of the outcome.
pub const DB_RESPONSE_STATUS_CODE: &str = "db.response.status_code";
/// `db.system.name`: the database management system, such as `postgresql`.
pub const DB_SYSTEM_NAME: &str = "db.system.name";
/// `messaging.batch.message_count`: how many messages a batch has.
pub const MESSAGING_BATCH_MESSAGE_COUNT: &str = "messaging.batch.message_count";
/// `messaging.consumer.group.name`: the group that the consumer belongs to.
pub const MESSAGING_CONSUMER_GROUP_NAME: &str = "messaging.consumer.group.name";
/// `messaging.destination.name`: the queue or topic.
pub const MESSAGING_DESTINATION_NAME: &str = "messaging.destination.name";
/// `messaging.message.id`: the message's own id.
pub const MESSAGING_MESSAGE_ID: &str = "messaging.message.id";
/// `messaging.operation.name`: what is done with messages, in the system's own words.
pub const MESSAGING_OPERATION_NAME: &str = "messaging.operation.name";
/// `messaging.operation.type`: the same in the conventions' words: `create`, `send`, `receive`, `process` or `settle`.
pub const MESSAGING_OPERATION_TYPE: &str = "messaging.operation.type";
/// `messaging.system`: the messaging system, such as `kafka`.
pub const MESSAGING_SYSTEM: &str = "messaging.system";
