//! gRPC calls, without a wire.
#![allow(clippy::unwrap_used)]

mod any;
mod attributes;
mod both;
mod call;
mod environment;
mod methods;
mod verdicts;
