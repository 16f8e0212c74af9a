//! The processor, and the handle on its counts.

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter, SpanProcessor};

use super::queue::{Queue, Refusals};
use super::{Batch, ExportCounts, Limits, reporter, worker};
use crate::{Error, environment};

/// As long as the SDK's own processors take for a flush at most.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// Hands ended spans to an exporter, in batches, on a thread of its own and without a runtime.
///
/// It does what the SDK's batch processor does, and keeps an exact count of [what became of each span](ExportCounts). An exporter that
/// panics costs its batch, and goes on with the next. [`Telemetry`](crate::Telemetry) puts one before each exporter; for a provider
/// of your own:
///
/// ```
/// use opentelemetry::trace::{Tracer as _, TracerProvider as _};
/// use opentelemetry_sdk::trace::SdkTracerProvider;
/// use tower_telemetry_setup::{Batch, BatchProcessor, InMemory};
///
/// let memory = InMemory::new();
/// let processor = BatchProcessor::start(memory.clone(), Batch::new())?;
/// let exports = processor.exports();
/// let provider = SdkTracerProvider::builder().with_span_processor(processor).build();
/// provider.tracer("docs").in_span("hello", |_| ());
/// provider.shutdown()?;
///
/// assert_eq!(memory.spans()[0].name, "hello");
/// assert_eq!(exports.counts().exported, 1);
/// assert_eq!(exports.counts().lost.total(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// What was lost is told as a `tracing` warning, at most once a minute and at the end.
#[derive(Debug)]
pub struct BatchProcessor {
    queue: Arc<Queue>,
    flush_timeout: Duration,
}

/// What a processor starts with.
pub(crate) struct Start {
    pub(crate) name: String,
    /// How it exports, if that is known.
    pub(crate) about: Option<String>,
    pub(crate) limits: Limits,
    pub(crate) flush_timeout: Duration,
    pub(crate) refusals: Refusals,
}

impl Start {
    pub(crate) fn new(exporter: &impl SpanExporter, limits: Limits, flush_timeout: Duration) -> Self {
        Self {
            name: name_of(exporter),
            about: None,
            limits,
            flush_timeout,
            refusals: Refusals::default(),
        }
    }
}

impl BatchProcessor {
    /// Starts the thread. What `batch` leaves open is read from the environment.
    ///
    /// # Errors
    ///
    /// When a setting or a variable is wrong, or when the thread cannot be started.
    pub fn start(exporter: impl SpanExporter + 'static, batch: Batch) -> Result<Self, Error> {
        let limits = batch.resolve(&environment::process, None)?;
        let start = Start::new(&exporter, limits, FLUSH_TIMEOUT);
        Self::start_with(exporter, start)
    }

    pub(crate) fn start_with(exporter: impl SpanExporter + 'static, start: Start) -> Result<Self, Error> {
        let queue = Arc::new(Queue::new(start.limits, start.name, start.about));
        let (at_work, refusals) = (Arc::clone(&queue), start.refusals);
        thread::Builder::new()
            .name("telemetry-export".into())
            .spawn(move || worker::run(&at_work, exporter, &refusals))
            .map_err(Error::Thread)?;
        reporter::watch(&queue);
        Ok(Self {
            queue,
            flush_timeout: start.flush_timeout,
        })
    }

    /// A handle on the counts, which outlives the processor.
    pub fn exports(&self) -> Exports {
        Exports {
            queue: Arc::clone(&self.queue),
        }
    }
}

/// The type's name without its path: exporters have no other.
fn name_of<E>(_: &E) -> String {
    let name = std::any::type_name::<E>();
    let end = name.find('<').unwrap_or(name.len());
    let start = name[..end].rfind("::").map_or(0, |at| at + "::".len());
    name[start..end].to_owned()
}

impl SpanProcessor for BatchProcessor {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    /// Spans that are recorded and not sampled are none of an exporter's business.
    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.queue.push(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.queue.flush(self.flush_timeout)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.queue.shut_down(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.queue.set_resource(resource.clone());
    }
}

impl Drop for BatchProcessor {
    fn drop(&mut self) {
        self.queue.leave();
    }
}

/// What happens to the spans of one exporter. Clones are the same; it may outlive the telemetry it is of.
#[derive(Clone)]
pub struct Exports {
    queue: Arc<Queue>,
}

impl Exports {
    /// Where the spans go: an OTLP exporter's address, or the type of an exporter of your own.
    pub fn name(&self) -> &str {
        &self.queue.name
    }

    /// The counts of this moment.
    pub fn counts(&self) -> ExportCounts {
        self.queue.counts()
    }

    /// Why the last batch that failed did so.
    pub fn last_failure(&self) -> Option<String> {
        self.queue.last_failure()
    }

    pub(crate) fn about(&self) -> Option<&str> {
        self.queue.about.as_deref()
    }

    pub(crate) fn limits(&self) -> Limits {
        self.queue.limits
    }
}

impl fmt::Debug for Exports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exports")
            .field("name", &self.name())
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}
