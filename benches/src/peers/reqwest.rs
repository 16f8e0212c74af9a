//! reqwest-tracing, between a client and a middleware that answers in the place of the network.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use http::{Extensions, Method};
use opentelemetry_0_32::trace::{
    SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider as _,
};
use opentelemetry_sdk_0_32::error::OTelSdkResult;
use opentelemetry_sdk_0_32::propagation::TraceContextPropagator;
use opentelemetry_sdk_0_32::trace::{SdkTracerProvider, Span, SpanData, SpanProcessor};
use reqwest::{Request, Response};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next};
use reqwest_tracing::TracingMiddleware;
use tracing_subscriber::layer::SubscriberExt;

use crate::drive::{Pair, Subject, until_ready};
use crate::workload::{Caller, Handler, URL, outgoing};

struct Answer;

#[async_trait::async_trait]
impl Middleware for Answer {
    async fn handle(&self, _: Request, _: &mut Extensions, _: Next<'_>) -> reqwest_middleware::Result<Response> {
        Ok(Response::from(Handler::answer().map(reqwest::Body::wrap)))
    }
}

#[derive(Debug)]
struct Dropping;

impl SpanProcessor for Dropping {
    fn on_start(&self, _: &mut Span, _: &opentelemetry_0_32::Context) {}

    fn on_end(&self, _: SpanData) {}

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: std::time::Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Installs the bridge and the propagator of the OpenTelemetry version that it knows.
pub(crate) fn install() {
    opentelemetry_0_32::global::set_text_map_propagator(TraceContextPropagator::new());
    let provider = SdkTracerProvider::builder().with_span_processor(Dropping).build();
    let bridge = tracing_opentelemetry_0_33::layer().with_tracer(provider.tracer("benches"));
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(bridge)).expect("the first subscriber");
}

/// A chain with and without its middleware, called in the context of `caller`'s trace.
pub(crate) fn client(caller: Caller) -> Pair {
    let builder = || ClientBuilder::new(reqwest::Client::new());
    Pair {
        bare: requests(caller, builder().with(Answer).build()),
        with: requests(
            caller,
            builder().with(TracingMiddleware::default()).with(Answer).build(),
        ),
    }
}

fn requests(caller: Caller, client: ClientWithMiddleware) -> Subject {
    Box::new(move || {
        let client = client.clone();
        let url = reqwest::Url::parse(URL).expect("a URL");
        Box::new(move |times| {
            let _current = context(caller).attach();
            let mut cx = Context::from_waker(Waker::noop());
            for _ in 0..times {
                let mut request = Request::new(Method::GET, url.clone());
                *request.headers_mut() = outgoing().into_parts().0.headers;
                let mut call = pin!(async {
                    let mut response = client.execute(request).await?;
                    while response.chunk().await?.is_some() {}
                    Ok::<_, reqwest_middleware::Error>(())
                });
                until_ready(|| call.as_mut().poll(&mut cx)).expect("the answer");
            }
        })
    })
}

fn context(caller: Caller) -> opentelemetry_0_32::Context {
    let theirs = caller.context();
    let theirs = opentelemetry::trace::TraceContextExt::span(&theirs);
    let theirs = theirs.span_context();
    opentelemetry_0_32::Context::new().with_remote_span_context(SpanContext::new(
        TraceId::from(u128::from_be_bytes(theirs.trace_id().to_bytes())),
        SpanId::from(u64::from_be_bytes(theirs.span_id().to_bytes())),
        TraceFlags::new(theirs.trace_flags().to_u8()),
        true,
        TraceState::default(),
    ))
}
