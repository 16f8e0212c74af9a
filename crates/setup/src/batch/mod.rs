//! Spans in batches, on a thread of their own, and an exact count of what became of each.

mod counts;
mod drive;
mod processor;
mod queue;
mod reporter;
mod settings;
mod worker;

pub(crate) use self::counts::spans;
pub use self::counts::{ExportCounts, Losses};
pub(crate) use self::processor::Start;
pub use self::processor::{BatchProcessor, Exports};
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
pub(crate) use self::queue::Refusals;
pub use self::settings::Batch;
pub(crate) use self::settings::Limits;
