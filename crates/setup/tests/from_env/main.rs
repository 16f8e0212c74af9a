//! The one call, in processes with different variables.
#![cfg(feature = "otlp-http")]

#[cfg(feature = "otlp-grpc")]
#[path = "../grpc_receiver/mod.rs"]
mod grpc_receiver;
#[path = "../http_receiver/mod.rs"]
mod http_receiver;
#[path = "../requests/mod.rs"]
mod requests;

mod limits;
#[cfg(feature = "logs")]
mod logs;
mod otlp;
mod service;
mod traces;
mod wrong;

type Outcome = Result<(), Box<dyn std::error::Error>>;
