//! hyper-util's client behind `tower_telemetry::client()`, against real servers.

mod answers;
mod bodies;
mod caller;
mod failures;
mod fan_out;
mod neighbors;
