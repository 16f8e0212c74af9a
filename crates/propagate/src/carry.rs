//! A context that goes with a request through a queue.

use std::task::{Context as TaskContext, Poll};

use http::{Extensions, Request};
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use tower_layer::Layer;
use tower_service::Service;

/// Takes the current context along with each request, in its extensions.
///
/// The current context belongs to the task. Below `tower::buffer`, a channel or any other worker it is the worker's, not the caller's. With
/// this layer above the queue, a client layer below it finds the caller's context again ([`CarriedContext::or_current`]):
///
/// ```
/// use tower::ServiceBuilder;
/// use tower_telemetry_propagate::CarryContextLayer;
///
/// let stack = ServiceBuilder::new()
///     .layer(CarryContextLayer::new())
///     .buffer::<http::Request<String>>(64);
/// // … and below it `.layer(InjectLayer::new())` around the client.
/// # let _ = stack;
/// ```
///
/// tonic's `Channel` has such a queue inside, with nothing of ours below it: put the client layer around the channel, above the queue, and
/// this layer is not needed.
#[derive(Clone, Copy, Debug, Default)]
pub struct CarryContextLayer(());

impl CarryContextLayer {
    /// The layer; it has no settings.
    pub fn new() -> Self {
        Self(())
    }
}

impl<S> Layer<S> for CarryContextLayer {
    type Service = CarryContext<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CarryContext { inner }
    }
}

/// The service of [`CarryContextLayer`].
#[derive(Clone, Copy, Debug)]
pub struct CarryContext<S> {
    inner: S,
}

impl<S, B> Service<Request<B>> for CarryContext<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        // Under another queue, what was carried so far goes on.
        let carried = CarriedContext(CarriedContext::or_current(request.extensions()));
        request.extensions_mut().insert(carried);
        self.inner.call(request)
    }
}

/// A context in a request's extensions, put there by [`CarryContextLayer`] or by hand.
#[derive(Clone, Debug)]
pub struct CarriedContext(Context);

impl CarriedContext {
    /// Carries this context.
    pub fn new(cx: Context) -> Self {
        Self(cx)
    }

    /// Carries the current context.
    pub fn current() -> Self {
        Self(Context::current())
    }

    /// Carries the current context with no more of its span than the ids.
    ///
    /// For work that may outlast the span: its spans are children of the span even after that has ended, and who carries the context does
    /// not hold the span. Some instrumentation ends a span only when nobody holds it any more.
    ///
    /// ```
    /// use opentelemetry::Context;
    /// use opentelemetry::trace::{TraceContextExt, Tracer, TracerProvider};
    /// use opentelemetry_sdk::trace::SdkTracerProvider;
    /// use tower_telemetry_propagate::CarriedContext;
    ///
    /// let tracer = SdkTracerProvider::default().tracer("docs");
    /// let (ids, carried) = tracer.in_span("request", |cx| (cx.span().span_context().clone(), CarriedContext::detached()));
    /// std::thread::spawn(move || carried.in_scope(|| assert_eq!(*Context::current().span().span_context(), ids)))
    ///     .join()
    ///     .unwrap();
    /// ```
    pub fn detached() -> Self {
        let cx = Context::current();
        let span = cx.span();
        if !span.is_recording() {
            return Self(cx);
        }
        Self(cx.with_remote_span_context(span.span_context().clone()))
    }

    /// The context.
    pub fn context(&self) -> &Context {
        &self.0
    }

    /// Runs this in the carried context: one piece of work, or one poll of a future.
    pub fn in_scope<T>(&self, work: impl FnOnce() -> T) -> T {
        let _current = self.0.clone().attach();
        work()
    }

    /// The context that a request was made in: the carried one, unless the current one goes on with the same trace, or nothing was carried.
    #[inline]
    pub fn or_current(extensions: &Extensions) -> Context {
        let current = Context::current();
        match extensions.get::<CarriedContext>() {
            Some(CarriedContext(carried)) if !same_trace(&current, carried) => carried.clone(),
            _ => current,
        }
    }
}

fn same_trace(current: &Context, carried: &Context) -> bool {
    let (current, carried) = (current.span(), carried.span());
    let current = current.span_context();
    current.is_valid() && current.trace_id() == carried.span_context().trace_id()
}

#[cfg(test)]
mod tests {
    use opentelemetry::KeyValue;
    use opentelemetry::baggage::BaggageExt;
    use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState, Tracer, TracerProvider};
    use opentelemetry_sdk::trace::SdkTracerProvider;

    use super::*;

    fn context(trace: u128, span: u64) -> Context {
        let ids = SpanContext::new(
            TraceId::from(trace),
            SpanId::from(span),
            TraceFlags::SAMPLED,
            false,
            TraceState::NONE,
        );
        Context::new().with_remote_span_context(ids)
    }

    fn found(carried: Option<Context>, current: Option<Context>) -> u64 {
        let mut extensions = Extensions::new();
        if let Some(carried) = carried {
            extensions.insert(CarriedContext::new(carried));
        }
        let _current = current.map(Context::attach);
        let found = CarriedContext::or_current(&extensions);
        u64::from_be_bytes(found.span().span_context().span_id().to_bytes())
    }

    #[test]
    fn nothing_carried_leaves_the_current_context() {
        assert_eq!(found(None, Some(context(1, 2))), 2);
        assert_eq!(found(None, None), 0);
    }

    #[test]
    fn a_worker_without_a_context_gets_the_carried_one() {
        assert_eq!(found(Some(context(1, 2)), None), 2);
    }

    #[test]
    fn a_worker_with_a_trace_of_its_own_does_not_take_the_request_into_it() {
        assert_eq!(found(Some(context(1, 2)), Some(context(9, 8))), 2);
    }

    #[test]
    fn a_detached_context_does_not_hold_the_span() {
        let tracer = SdkTracerProvider::default().tracer("sdk");
        let cx = Context::new().with_baggage([KeyValue::new("tenant", "blue")]);
        let cx = cx.with_span(tracer.start_with_context("request", &cx));
        let ids = cx.span().span_context().clone();
        let carried = {
            let _current = cx.attach();
            CarriedContext::detached()
        };
        assert_eq!(*carried.context().span().span_context(), ids);
        assert!(!carried.context().span().is_recording());
        let tenant = carried.in_scope(|| Context::current().baggage().get("tenant").cloned());
        assert_eq!(tenant, Some("blue".into()));
    }

    #[test]
    fn a_span_further_down_in_the_same_trace_is_not_skipped() {
        assert_eq!(found(Some(context(1, 2)), Some(context(1, 3))), 3);
    }
}
