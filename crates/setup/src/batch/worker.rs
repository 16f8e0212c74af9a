//! The thread that exports.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use super::drive;
use super::queue::{Outcome, Queue, Refusals, Task};
use crate::error::reason;

/// Exports until the queue ends. A panic of the exporter costs its batch, and nothing more.
pub(super) fn run(queue: &Arc<Queue>, mut exporter: impl SpanExporter, refusals: &Refusals) {
    let _suppressed = Context::enter_telemetry_suppressed_scope();
    loop {
        match queue.next() {
            Task::Resource(resource) => {
                let _ = contained(|| {
                    exporter.set_resource(&resource);
                    Ok(())
                });
            }
            Task::Export(batch) => queue.finish(export(queue, &exporter, refusals, batch)),
            Task::Flush(ticket) => queue.flushed(ticket, contained(|| exporter.force_flush())),
            Task::End(left) => {
                let ended = contained(|| exporter.shutdown_with_timeout(left));
                // Before this, so that whoever waits for the end finds the exporter gone.
                let _ = contained(|| {
                    drop(exporter);
                    Ok(())
                });
                return queue.ended(ended);
            }
        }
    }
}

fn export(queue: &Queue, exporter: &impl SpanExporter, refusals: &Refusals, batch: Vec<SpanData>) -> Outcome {
    let exported = catch_unwind(AssertUnwindSafe(|| {
        drive::within(queue.limits.timeout, exporter.export(batch))
    }));
    let refused = refusals.take();
    match exported {
        Ok(Some(Ok(()))) => Outcome::Exported { refused },
        Ok(Some(Err(error))) => Outcome::Failed(reason(error)),
        Ok(None) => Outcome::TimedOut,
        Err(_) => Outcome::Panicked,
    }
}

fn contained(work: impl FnOnce() -> OTelSdkResult) -> Result<(), String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(reason),
        Err(_) => Err("the exporter panicked; its panic message names the place".into()),
    }
}
