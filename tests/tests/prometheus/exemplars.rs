//! Examples from spans of others.

use std::convert::Infallible;

use http::{Request, Response};
use http_body_util::Empty;
use opentelemetry::trace::TracerProvider;
use tower::{Layer, ServiceExt, service_fn};
use tower_telemetry::prometheus::prometheus_client::registry::Registry;
use tower_telemetry::prometheus::{Http, Metrics};
use tower_telemetry_testkit::spans::Recorder;
use tracing::{Dispatch, Instrument};
use tracing_subscriber::layer::SubscriberExt;

use crate::page::scraped;

#[tokio::test]
async fn a_span_that_tracing_has_made_is_an_example_as_well() {
    let recorder = Recorder::new();
    let spans = tracing_opentelemetry::layer().with_tracer(recorder.provider.tracer("app"));
    let subscriber = Dispatch::new(tracing_subscriber::registry().with(spans));
    let mut registry = Registry::default();
    let metrics = Metrics::server().register(&mut registry).expect("new names");
    let handler = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(Empty::<&[u8]>::new())));
    let service = metrics.layer(Http::server()).layer(handler);
    {
        let _subscriber = tracing::dispatcher::set_default(&subscriber);
        let call = service.oneshot(Request::new(()));
        drop(call.instrument(tracing::info_span!("handler")).await);
    }
    let page = scraped(registry, "application/openmetrics-text").await;
    let trace = recorder.span().span_context.trace_id();
    assert!(page.contains(&format!(" # {{trace_id=\"{trace}\"")), "{page}");
}
