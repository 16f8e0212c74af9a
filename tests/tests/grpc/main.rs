//! gRPC over real connections: tonic's server and channel, and servers that answer what tonic's would not.

mod cancellations;
mod deadlines;
mod kinds;
mod metadata;
mod methods;
mod neighbors;
mod one_port;
mod raw;
mod service;
mod site;
mod statuses;
mod trust;
mod web;

/// What `proto/streams.proto` says.
#[allow(
    unreachable_pub,
    clippy::doc_markdown,
    clippy::uninlined_format_args,
    reason = "generated"
)]
mod proto {
    tonic::include_proto!("tests.v1");
}
