//! What every service of the shop does alike: a port, a provider of its own, the server layer.

use std::fmt::Display;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context as _;
use axum::Router;
use http::header::REFERER;
use http::request;
use http::uri::Scheme;
use tokio::net::TcpListener;
use tower_telemetry::Extract;
use tower_telemetry::observe::ObserveLayer;
use tower_telemetry::opentelemetry::KeyValue;
use tower_telemetry::prometheus::prometheus_client::registry::Registry;
use tower_telemetry::prometheus::{
    Bodies, CountRequestBodyLayer, Measured, Metrics, MetricsBuilder, Names, Sanitizer, Scrape, SpanCounts, TimeToHead,
    register_process, register_sanitizer,
};
use tower_telemetry::semconv::Http;
use tower_telemetry::setup::{Otlp, Telemetry, Waterfall};
use tower_telemetry::span::Spans;

/// A service that has its port, and does not serve yet.
pub(crate) struct Bound {
    name: &'static str,
    listener: TcpListener,
    address: SocketAddr,
}

pub(crate) async fn bind(name: &'static str, port: u16) -> anyhow::Result<Bound> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.with_context(|| {
        format!("{name} cannot listen on port {port}: choose another with --{name} PORT (0 takes any that is free)")
    })?;
    let address = listener.local_addr()?;
    Ok(Bound {
        name,
        listener,
        address,
    })
}

impl Bound {
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves in the background. The guard flushes the service's spans when it is dropped.
    pub(crate) fn start<F, E>(
        self,
        waterfall: &Waterfall,
        serve: impl FnOnce(TcpListener, &Telemetry, Registry) -> anyhow::Result<F>,
    ) -> anyhow::Result<Telemetry>
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        let (mut registry, policy) = (Registry::default(), Sanitizer::default());
        register_sanitizer(&mut registry, &policy)?;
        register_process(&mut registry)?;
        // Three services in one process cannot all be what the environment says: it decides alone whether spans are exported, too. A
        // process of one service begins with `Telemetry::builder_from_env`.
        let mut builder = Telemetry::builder(self.name)
            .with_waterfall(waterfall.clone())
            .with_sanitizer(policy)
            .with_span_counts(SpanCounts::register(&mut registry)?);
        if let Some(otlp) = Otlp::from_env()? {
            builder = builder.with_otlp(otlp);
        }
        let telemetry = builder.build()?;
        let served = serve(self.listener, &telemetry, registry)?;
        tokio::spawn(async move {
            if let Err(error) = served.await {
                eprintln!("{} stopped serving: {error}", self.name);
            }
        });
        Ok(telemetry)
    }
}

/// All metrics that there are of such calls.
pub(crate) fn all<F: Measured>(builder: MetricsBuilder<F>) -> MetricsBuilder<F> {
    builder
        .with_bodies(Bodies::Measured)
        .with_time_to_head(TimeToHead::Kept)
}

/// Serves HTTP, with a span for each request and metrics of all, which `/metrics` shows.
///
/// The spans are made with this service's provider instead of a global one, since three services share the process; and the metrics are kept in
/// a registry of its own.
pub(crate) fn http(
    listener: TcpListener,
    router: Router,
    telemetry: &Telemetry,
    mut registry: Registry,
) -> anyhow::Result<impl Future<Output = io::Result<()>> + use<>> {
    let spans = Spans::server()
        .with_tracer_provider(telemetry.tracer_provider())
        .with_request_attributes(|_, request, attributes| attributes.extend(referer(request)));
    // Spans come first, so that metrics find theirs: as an example for a bucket.
    let observers = (
        Extract::new().with_spans(spans),
        all(Metrics::server()).with_names(Names::Both).register(&mut registry)?,
    );
    let layer = ObserveLayer::new(Http::server().with_scheme(Scheme::HTTP), observers);
    let app = router
        .layer(CountRequestBodyLayer::new())
        .layer(layer)
        .route_service("/metrics", Scrape::new(registry));
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    Ok(axum::serve(listener, app).into_future())
}

/// An attribute of the shop's own, as it was sent: what may be written down of it is not decided here.
fn referer(request: &request::Parts) -> Option<KeyValue> {
    let referer = request.headers.get(REFERER)?.to_str().ok()?;
    Some(KeyValue::new("referer.url", referer.to_owned()))
}
