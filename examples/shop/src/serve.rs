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
use tower_telemetry::opentelemetry::KeyValue;
use tower_telemetry::semconv::Http;
use tower_telemetry::setup::{Otlp, Telemetry, Waterfall};
use tower_telemetry::span::Spans;
use tower_telemetry::{ExtractLayer, server};

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
        serve: impl FnOnce(TcpListener, &Telemetry) -> F,
    ) -> anyhow::Result<Telemetry>
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        let mut builder = Telemetry::builder(self.name).with_waterfall(waterfall.clone());
        if let Some(otlp) = Otlp::from_env()? {
            builder = builder.with_otlp(otlp);
        }
        let telemetry = builder.build()?;
        let served = serve(self.listener, &telemetry);
        tokio::spawn(async move {
            if let Err(error) = served.await {
                eprintln!("{} stopped serving: {error}", self.name);
            }
        });
        Ok(telemetry)
    }
}

/// Serves HTTP.
pub(crate) fn http(listener: TcpListener, router: Router) -> impl Future<Output = io::Result<()>> {
    let app = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app).into_future()
}

/// The server layer, with this service's provider instead of a global one: three services share the process.
pub(crate) fn layer(telemetry: &Telemetry) -> ExtractLayer {
    let spans = Spans::server()
        .with_tracer_provider(telemetry.tracer_provider())
        .with_request_attributes(|_, request, attributes| attributes.extend(referer(request)));
    server()
        .with_http(Http::server().with_scheme(Scheme::HTTP))
        .with_spans(spans)
}

/// An attribute of the shop's own, as it was sent: what may be written down of it is not decided here.
fn referer(request: &request::Parts) -> Option<KeyValue> {
    let referer = request.headers.get(REFERER)?.to_str().ok()?;
    Some(KeyValue::new("referer.url", referer.to_owned()))
}
