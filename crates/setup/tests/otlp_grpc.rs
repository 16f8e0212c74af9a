//! Spans that leave by OTLP over gRPC, over real connections and under every runtime.
#![cfg(feature = "otlp-grpc")]

mod grpc_receiver;
mod otlp;
mod requests;

use std::convert::identity as body;

use grpc_receiver::start as collector;
use otlp::{Outcome, nobody, told_when_nobody_listens};
use tower_telemetry_setup::Otlp;

fn otlp() -> Otlp {
    Otlp::grpc()
}

#[tokio::test]
async fn a_collector_that_is_down_is_an_error_of_the_flush_and_nothing_else() -> Outcome {
    let address = nobody()?;
    let reason = told_when_nobody_listens(otlp().with_endpoint(&address))?;
    assert!(reason.starts_with(&address), "{reason}");
    Ok(())
}
