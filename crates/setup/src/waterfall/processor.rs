//! One provider's way into a waterfall.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use opentelemetry::{Context, Key};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use tower_telemetry_sanitize::Sanitizer;

use super::Waterfall;
use super::collector::{Attention, ProviderId};
use crate::pipeline::together;

/// As long as the SDK's own processors take for a flush at most, unless told otherwise.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

static PROVIDERS: AtomicU64 = AtomicU64::new(0);

/// Shows the spans of one tracer provider in a [`Waterfall`], under the service name of the provider's resource, and passes
/// them on to the next processor, if there is one.
///
/// ```
/// use opentelemetry::trace::{Tracer as _, TracerProvider as _};
/// use opentelemetry_sdk::trace::SdkTracerProvider;
/// use tower_telemetry_setup::Waterfall;
///
/// let provider = SdkTracerProvider::builder()
///     .with_span_processor(Waterfall::stderr().processor())
///     .build();
/// provider.tracer("docs").in_span("hello", |_| ());
/// provider.shutdown()?;
/// # Ok::<(), opentelemetry_sdk::error::OTelSdkError>(())
/// ```
#[must_use]
pub struct WaterfallProcessor {
    waterfall: Waterfall,
    provider: ProviderId,
    service: Arc<str>,
    next: Option<Box<dyn SpanProcessor>>,
    sanitizer: Sanitizer,
    flush_timeout: Duration,
    shut_down: AtomicBool,
}

impl WaterfallProcessor {
    pub(crate) fn new(waterfall: Waterfall) -> Self {
        waterfall.shared().lock().processors += 1;
        Self {
            waterfall,
            provider: PROVIDERS.fetch_add(1, Ordering::Relaxed),
            service: "unknown_service".into(),
            next: None,
            sanitizer: Sanitizer::default(),
            flush_timeout: FLUSH_TIMEOUT,
            shut_down: AtomicBool::new(false),
        }
    }

    /// Passes everything on to this processor. One that is registered beside this one would get a copy of every span from the
    /// SDK; here the copying is left to the waterfall, which needs one anyway.
    pub fn with_next(self, next: impl SpanProcessor + 'static) -> Self {
        self.with_boxed_next(Box::new(next))
    }

    /// Shows what this policy lets through, by default the one for [production](Sanitizer::default). What is passed on is passed on as it is.
    pub fn with_sanitizer(mut self, sanitizer: Sanitizer) -> Self {
        self.sanitizer = sanitizer;
        self
    }

    pub(crate) fn with_flush_timeout(mut self, timeout: Duration) -> Self {
        self.flush_timeout = timeout;
        self
    }

    pub(crate) fn with_boxed_next(mut self, next: Box<dyn SpanProcessor>) -> Self {
        self.next = Some(next);
        self
    }

    fn collect_start(&self, mut data: SpanData) {
        self.sanitizer.span(&mut data);
        let shared = self.waterfall.shared();
        let mut state = shared.lock();
        if self.is_open() {
            shared.start(&mut state);
            let attention = state
                .collector
                .start(Instant::now(), self.provider, Arc::clone(&self.service), data);
            shared.wake(&state, attention);
        }
    }

    fn collect_end(&self, mut data: SpanData) {
        self.sanitizer.span(&mut data);
        let shared = self.waterfall.shared();
        let mut state = shared.lock();
        if self.is_open() {
            let attention = state.collector.end(Instant::now(), Arc::clone(&self.service), data);
            shared.wake(&state, attention);
        }
    }

    /// Changes only while the waterfall's lock is held, so that no span slips in after the last ones were taken.
    fn is_open(&self) -> bool {
        !self.shut_down.load(Ordering::Relaxed)
    }

    /// Takes the open spans of this provider as they are, if that was not done before.
    fn close(&self) {
        let shared = self.waterfall.shared();
        let mut state = shared.lock();
        if self.shut_down.swap(true, Ordering::Relaxed) {
            return;
        }
        state.processors -= 1;
        match state.processors {
            0 => state.collector.abandon_all(),
            _ => state.collector.abandon(self.provider),
        }
        shared.wake(&state, Attention::Needed);
    }
}

impl SpanProcessor for WaterfallProcessor {
    fn on_start(&self, span: &mut Span, cx: &Context) {
        if let Some(data) = span.exported_data() {
            self.collect_start(data);
        }
        if let Some(next) = &self.next {
            next.on_start(span, cx);
        }
    }

    fn on_end(&self, span: SpanData) {
        match &self.next {
            Some(next) => {
                self.collect_end(span.clone());
                next.on_end(span);
            }
            None => self.collect_end(span),
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        let show = || self.waterfall.shared().flush(self.flush_timeout);
        match &self.next {
            Some(next) => together(&show, &|| next.force_flush()),
            None => show(),
        }
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.close();
        let show = || self.waterfall.shared().flush(timeout);
        match &self.next {
            Some(next) => together(&show, &|| next.shutdown_with_timeout(timeout)),
            None => show(),
        }
    }

    fn set_resource(&mut self, resource: &Resource) {
        if let Some(name) = resource.get_ref(&Key::from_static_str("service.name")) {
            self.service = name.as_str().into();
        }
        if let Some(next) = &mut self.next {
            next.set_resource(resource);
        }
    }
}

impl Drop for WaterfallProcessor {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for WaterfallProcessor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaterfallProcessor")
            .field("waterfall", &self.waterfall)
            .field("service", &self.service)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}
