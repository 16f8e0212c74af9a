//! Which tracer starts the spans: the one given, or the global provider's, looked up when calls come.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use opentelemetry::global::BoxedTracer;
use opentelemetry::trace::{
    Span, SpanBuilder, SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer, TracerProvider,
};
use opentelemetry::{Context, InstrumentationScope, global};

/// The semantic conventions' version that the spans follow.
const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.44.0";

/// A tracer whose span type is out of sight, without boxing each span twice as `BoxedTracer` does.
pub(crate) trait Start: Send + Sync {
    fn start(&self, builder: SpanBuilder, parent: &Context) -> Started;
}

/// What came of a span.
#[derive(Clone, Debug)]
pub enum Started {
    /// It records, within this context.
    Recording(Context),
    /// The sampler drops it, and its trace goes on in this context.
    Dropped(Context),
    /// There is no provider, or it has been shut down: the parent's context goes on unchanged.
    Nothing,
}

impl<T> Start for T
where
    T: Tracer + Send + Sync,
    T::Span: Send + Sync + 'static,
{
    fn start(&self, builder: SpanBuilder, parent: &Context) -> Started {
        Started::by(self, builder, parent)
    }
}

impl Started {
    /// Asks this tracer for a span under this parent.
    #[inline(always)]
    pub fn by<T>(tracer: &T, builder: SpanBuilder, parent: &Context) -> Self
    where
        T: Tracer,
        T::Span: Send + Sync + 'static,
    {
        let span = tracer.build_with_context(builder, parent);
        if span.is_recording() {
            return Started::Recording(parent.with_span(span));
        }
        match dropped(span.span_context(), parent) {
            Some(cx) => Started::Dropped(cx),
            None => Started::Nothing,
        }
    }
}

/// The context in which a trace goes on whose span is not recorded.
#[inline(never)]
fn dropped(span: &SpanContext, parent: &Context) -> Option<Context> {
    let is_valid = span.is_valid();
    is_valid.then(|| parent.with_remote_span_context(span.clone()))
}

/// Where tracers come from.
pub(crate) enum Source {
    Given(Arc<dyn Start>),
    Global(GlobalTracer),
}

/// The global provider's tracer, for spans of other things than calls of a service.
///
/// Only a provider that was found is remembered: a health check before `main` has installed one must not switch tracing off for good.
#[derive(Default)]
pub struct GlobalTracer {
    found: OnceLock<BoxedTracer>,
    calls: AtomicU32,
}

impl Source {
    pub(crate) fn provider<P>(provider: &P) -> Self
    where
        P: TracerProvider,
        P::Tracer: Send + Sync + 'static,
        <P::Tracer as Tracer>::Span: Send + Sync + 'static,
    {
        Source::Given(Arc::new(provider.tracer_with_scope(scope())))
    }

    #[inline]
    pub(crate) fn tracer(&self) -> Option<&dyn Start> {
        match self {
            Source::Given(tracer) => Some(&**tracer),
            Source::Global(global) => global.tracer().map(|tracer| tracer as &dyn Start),
        }
    }
}

impl GlobalTracer {
    /// One that has not looked for a provider yet.
    pub const fn new() -> Self {
        GlobalTracer {
            found: OnceLock::new(),
            calls: AtomicU32::new(0),
        }
    }

    /// The tracer, if there is a provider.
    #[inline]
    pub fn tracer(&self) -> Option<&BoxedTracer> {
        self.found.get().or_else(|| self.look_up())
    }

    /// Asks the global provider at calls 1, 2, 4, … 1,024, and then at every 1,024th.
    fn look_up(&self) -> Option<&BoxedTracer> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        if !(call.is_power_of_two() || call % 1024 == 0) {
            return None;
        }
        let tracer = global::tracer_with_scope(scope());
        if is_noop(&tracer) {
            static TOLD: AtomicBool = AtomicBool::new(false);
            // Nobody waits here: the subscriber may make calls itself.
            if !TOLD.swap(true, Ordering::Relaxed) {
                tracing::warn!(
                    "no OpenTelemetry tracer provider is installed, so calls are passed on untraced until one is: \
                     install one with opentelemetry::global::set_tracer_provider, of the same version of the opentelemetry crate \
                     (`cargo tree -d -i opentelemetry` shows when there are two), or give the layer one with \
                     Spans::with_tracer_provider"
                );
            }
            return None;
        }
        Some(self.found.get_or_init(|| tracer))
    }
}

/// Whether nothing stands behind this tracer. In a suppressed context a no-op tracer hands out its parent's span context, an SDK an empty
/// one; neither starts a span.
fn is_noop(tracer: &impl Tracer) -> bool {
    let parent = SpanContext::new(
        TraceId::from(1),
        SpanId::from(1),
        TraceFlags::default(),
        true,
        TraceState::default(),
    );
    let suppressed = Context::new()
        .with_remote_span_context(parent.clone())
        .with_telemetry_suppressed();
    let span = tracer.build_with_context(SpanBuilder::from_name("probe"), &suppressed);
    *span.span_context() == parent
}

fn scope() -> InstrumentationScope {
    InstrumentationScope::builder("tower-telemetry")
        .with_version(env!("CARGO_PKG_VERSION"))
        .with_schema_url(SCHEMA_URL)
        .build()
}

impl fmt::Debug for GlobalTracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = self.found.get().is_some();
        f.debug_struct("GlobalTracer").field("found", &found).finish()
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Source::Given(_) => "Given",
            Source::Global(_) => "Global",
        })
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::noop::NoopTracer;
    use opentelemetry_sdk::trace::SdkTracerProvider;

    use super::*;

    #[test]
    fn a_noop_tracer_is_told_from_an_sdk_tracer() {
        assert!(is_noop(&NoopTracer::new()));
        assert!(!is_noop(&SdkTracerProvider::default().tracer("sdk")));
    }

    #[test]
    fn a_provider_that_was_shut_down_leaves_the_callers_context_in_place() {
        let provider = SdkTracerProvider::default();
        let tracer = provider.tracer("sdk");
        provider.shutdown().expect("nothing to flush");
        let caller = SpanContext::new(
            TraceId::from(7),
            SpanId::from(8),
            TraceFlags::SAMPLED,
            true,
            TraceState::default(),
        );
        let parent = Context::new().with_remote_span_context(caller.clone());
        let started = Start::start(&tracer, SpanBuilder::from_name("late"), &parent);
        assert!(matches!(started, Started::Nothing));
    }

    #[test]
    fn a_provider_installed_late_is_found_at_a_later_call() {
        let source = Source::Global(GlobalTracer::new());
        assert!(source.tracer().is_none());
        assert!(source.tracer().is_none());
        global::set_tracer_provider(SdkTracerProvider::default());
        assert!(source.tracer().is_none(), "the third call does not ask");
        assert!(source.tracer().is_some(), "the fourth does");
        assert!(source.tracer().is_some(), "and it is remembered");
    }
}
