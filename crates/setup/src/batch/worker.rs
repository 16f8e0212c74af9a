//! The thread that exports.

use std::sync::Arc;

use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use tower_telemetry_observe::contain;

use super::drive;
use super::queue::{Outcome, PANICKED, Queue, Refusals, Task};
use crate::error::reason;

/// Exports until the queue ends. A panic of the exporter costs its batch, and nothing more.
pub(super) fn run(queue: &Arc<Queue>, mut exporter: impl SpanExporter, refusals: &Refusals) {
    let _suppressed = Context::enter_telemetry_suppressed_scope();
    loop {
        match queue.next() {
            Task::Resource(resource) => {
                let _ = contain(|| exporter.set_resource(&resource));
            }
            Task::Export(batch) => queue.finish(export(queue, &exporter, refusals, batch)),
            Task::Flush(ticket) => queue.flushed(ticket, contained(|| exporter.force_flush())),
            Task::End(left) => {
                let ended = contained(|| exporter.shutdown_with_timeout(left));
                // Before this, so that whoever waits for the end finds the exporter gone.
                let _ = contain(|| drop(exporter));
                return queue.ended(ended);
            }
        }
    }
}

fn export(queue: &Queue, exporter: &impl SpanExporter, refusals: &Refusals, batch: Vec<SpanData>) -> Outcome {
    let exported = contain(|| drive::within(queue.limits.timeout, exporter.export(batch)));
    let refused = refusals.take();
    match exported {
        Some(Some(Ok(()))) => Outcome::Exported { refused },
        Some(Some(Err(error))) => Outcome::Failed(reason(error)),
        Some(None) => Outcome::TimedOut,
        None => Outcome::Panicked,
    }
}

fn contained(work: impl FnOnce() -> OTelSdkResult) -> Result<(), String> {
    match contain(work) {
        Some(result) => result.map_err(reason),
        None => Err(PANICKED.into()),
    }
}
