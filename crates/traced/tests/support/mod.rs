//! One recorder for the process, as `#[traced]` knows only the global provider, and a trace of its own for each scenario.
#![allow(dead_code, unreachable_pub, missing_docs, clippy::unwrap_used)]

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::LazyLock;

use opentelemetry::trace::{SpanContext, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, global};
use opentelemetry_sdk::trace::{Sampler, SpanData};
use tokio::runtime::{Builder, Runtime};
use tower_telemetry_testkit::spans::{Recorder, is_parent, named};

static RECORDER: LazyLock<Recorder> = LazyLock::new(|| {
    // As in production: a parent that is not sampled is followed.
    let recorder = Recorder::sampling(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)));
    global::set_tracer_provider(recorder.provider.clone());
    recorder
});

/// Installs the recorder.
pub fn install() -> &'static Recorder {
    &RECORDER
}

/// The spans of one scenario.
#[derive(Debug)]
pub struct Trace {
    /// The span around it.
    pub root: SpanData,
    /// All others, in the order of their ends.
    pub spans: Vec<SpanData>,
}

impl Trace {
    /// Runs this in a span of its own.
    pub fn of<R>(scenario: impl FnOnce() -> R) -> (R, Trace) {
        Self::around(|cx| {
            let _current = cx.attach();
            scenario()
        })
    }

    /// Runs this on a runtime with one thread. As below a layer, the span is current at each poll and not between them.
    pub fn of_async<F: Future>(scenario: F) -> (F::Output, Trace) {
        Self::around(|current| {
            let mut scenario = pin!(scenario);
            runtime().block_on(poll_fn(|cx| {
                let _current = current.clone().attach();
                scenario.as_mut().poll(cx)
            }))
        })
    }

    fn around<R>(scenario: impl FnOnce(Context) -> R) -> (R, Trace) {
        let tracer = install().provider.tracer("tests");
        let cx = Context::new();
        let cx = cx.with_span(tracer.start_with_context("root", &cx));
        let id = cx.span().span_context().trace_id();
        let result = scenario(cx.clone());
        cx.span().end();
        let mut spans = install().spans();
        spans.retain(|span| span.span_context.trace_id() == id);
        let root = spans.iter().position(|span| span.name == "root").unwrap();
        let root = spans.remove(root);
        (result, Trace { root, spans })
    }

    #[track_caller]
    pub fn only(&self) -> &SpanData {
        assert_eq!(self.spans.len(), 1, "{:#?}", self.spans);
        &self.spans[0]
    }

    #[track_caller]
    pub fn named(&self, name: &str) -> &SpanData {
        named(&self.spans, name)
    }

    /// Checks that the span of this name is a child of the one around the scenario.
    #[track_caller]
    pub fn assert_child(&self, name: &str) {
        assert!(is_parent(&self.root, self.named(name)), "{:#?}", self.named(name));
    }
}

pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// The ids of the current span.
pub fn current() -> SpanContext {
    Context::current().span().span_context().clone()
}
