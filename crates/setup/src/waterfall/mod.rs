//! The console exporter: finished traces as waterfalls.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use self::collector::Limits;
use self::sink::Sink;
use self::sweeper::Shared;

mod collector;
mod duration;
mod held;
mod left_out;
pub(crate) mod paint;
mod past;
mod processor;
mod render;
mod row;
mod sink;
pub(crate) mod span;
mod sweeper;
mod trace;
mod tree;

pub use self::processor::WaterfallProcessor;
pub use self::span::TraceSpan;
pub use self::trace::Trace;

/// Prints each finished trace as a waterfall, or hands it to a closure.
///
/// Clones share one collector. Give a clone to each service's [`Telemetry`](crate::Telemetry) when several run in one process,
/// and a trace that runs through them comes out in one piece.
///
/// A trace is finished when no service that shares the collector has a span of it open, and nothing has happened to it for the
/// [quiet time](Self::with_quiet_time): a server's span may outlive the client's that called it (a streamed response), and the
/// next service's may start a moment later. Nothing is lost when more comes after all: late spans come as a trace of their own
/// that says [it is continued](Trace::is_continued). A flush hands over what is finished without waiting for the quiet time;
/// a shutdown also what the service that shuts down has open, [marked so](TraceSpan::is_ended).
///
/// Memory is bounded by a number of traces under way and of spans in each. What finds no room is counted, and the count is
/// shown with the next trace. Options apply to all clones.
///
/// Traces are handed over by one thread, started with the first span and ended when the last clone is dropped. It needs no
/// runtime, and what it does is not traced.
#[derive(Clone)]
#[must_use]
pub struct Waterfall {
    owner: Arc<Owner>,
}

/// Ends the thread when the last clone is gone.
struct Owner {
    shared: Arc<Shared>,
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.shared.end();
    }
}

impl Waterfall {
    /// Prints to standard output, in color when that is a terminal and `NO_COLOR` is not set.
    pub fn stdout() -> Self {
        Self::new(Sink::stdout())
    }

    /// Prints to standard error, in color when that is a terminal and `NO_COLOR` is not set.
    pub fn stderr() -> Self {
        Self::new(Sink::stderr())
    }

    /// Hands each trace to a closure, one at a time. When it panics, the trace is gone and the next flush returns an error.
    pub fn to(closure: impl Fn(&Trace) + Send + Sync + 'static) -> Self {
        Self::new(Sink::Closure(Box::new(closure)))
    }

    fn new(sink: Sink) -> Self {
        let limits = Limits {
            quiet: Duration::from_millis(50),
            traces: 1_024,
            spans: 1_000,
        };
        let shared = Arc::new(Shared::new(sink, limits));
        Self {
            owner: Arc::new(Owner { shared }),
        }
    }

    /// How long nothing may happen to a trace before it is finished. 50 milliseconds unless set.
    pub fn with_quiet_time(self, quiet: Duration) -> Self {
        self.shared().lock().collector.limits.quiet = quiet;
        self
    }

    /// How many traces are held until they are finished, at least one. 1,024 unless set.
    /// While they are held, the spans of further traces are left out and [counted](Trace::left_out_elsewhere).
    pub fn with_max_traces(self, traces: usize) -> Self {
        self.shared().lock().collector.limits.traces = traces.max(1);
        self
    }

    /// How many spans of one trace are held, at least one; further ones are left out and [counted](Trace::left_out).
    /// 1,000 unless set.
    pub fn with_max_spans_per_trace(self, spans: usize) -> Self {
        self.shared().lock().collector.limits.spans = spans.max(1);
        self
    }

    /// How many columns a printed line has, as far as its texts allow, 1,000 at most. Unless set, as many as the terminal, and 120 where
    /// the output is none.
    pub fn with_width(self, columns: usize) -> Self {
        self.shared().lock().width = Some(columns);
        self
    }

    /// A span processor for a tracer provider that was not made by [`Telemetry`](crate::Telemetry): one for each provider.
    pub fn processor(&self) -> WaterfallProcessor {
        WaterfallProcessor::new(self.clone())
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.owner.shared
    }
}

impl fmt::Debug for Waterfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Waterfall").field(self.shared().sink()).finish()
    }
}
