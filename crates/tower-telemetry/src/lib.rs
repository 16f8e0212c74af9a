//! Observability for axum, tonic, hyper and any tower stack that speaks HTTP: one future, one body, every end seen.
//!
#![cfg_attr(feature = "setup", doc = "```")]
#![cfg_attr(not(feature = "setup"), doc = "```text")]
//! use http::{Request, Response};
//! use tower::{Layer, Service, ServiceExt, service_fn};
//! use tower_telemetry::setup::{Telemetry, Waterfall};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Once, in main: where spans go. The guard flushes when it is dropped.
//! let _telemetry = Telemetry::builder("orders").with_waterfall(Waterfall::stderr()).install()?;
//!
//! // On a server (for axum: `Router::layer(tower_telemetry::server())`), and around a client.
//! let mut service = tower_telemetry::server().layer(service_fn(|_: Request<String>| async {
//!     Ok::<_, std::convert::Infallible>(Response::new(String::from("hello")))
//! }));
//! service.ready().await?.call(Request::new(String::new())).await?;
//! # Ok(())
//! # }
//! ```
//!
//! For gRPC there are [`server_grpc`] and [`client_grpc`], and [`server_http_or_grpc`] for both on one port.
//!
//! [`guide`] tells how the parts go together: the order of layers, streaming, retries, trust, cardinality, privacy, and what takes the place of
//! other crates.
//!
//! This crate holds no logic of its own. Each part stands alone, as the crate named beside it:
//!
//! | part | crate | what it does |
//! |---|---|---|
//! | [`server`], [`server_grpc`], [`extract`] | `tower-telemetry-extract` | the caller's context becomes the parent of a SERVER span |
//! | [`client`], [`client_grpc`], [`inject`] | `tower-telemetry-inject` | a CLIENT span, its context in the request headers |
//! | [`observe`] | `tower-telemetry-observe` | the mechanism: each call's end, exactly once; your own observers |
//! | [`semconv`] | `tower-telemetry-semconv` | what requests say, in the words of the semantic conventions |
//! | [`sanitize`] | `tower-telemetry-sanitize` | what may be written down: one policy for every sink |
//! | [`propagate`] | `tower-telemetry-propagate` | headers to context and back |
//! | [`span`] | `tower-telemetry-span` | a call as an OpenTelemetry span |
//! | [`prometheus`] | `tower-telemetry-prometheus` | counts, durations and calls in flight, for Prometheus |
//! | [`reqwest`] | `tower-telemetry-reqwest` | the client's side for reqwest: a middleware, and a layer |
//! | [`slow`] | `tower-telemetry-slow` | a warning while a call is slow: for any service, and any future |
//! | [`setup`] | `tower-telemetry-setup` | provider, exporters and shutdown in one call |
//! | [`traced`] | `tower-telemetry-traced` | spans of functions and business steps, and their context in tasks |
//!
//! # When the hooks run
//!
//! A layer begins in `Service::call`, before the inner service: there a server's reads its caller's context, a client's writes its own into the
//! headers, and the span starts. The span's context is current at each poll. A server's call ends with its body, however that ends; a client's
//! span at the response head, and one of gRPC with its stream. Each part's page says when what is given to it runs.
//!
//! # Features
//!
//! - `setup` (default): provider, exporters and shutdown in one call; with it `otlp-http` (default), `otlp-grpc`, `gzip`, `zstd`, `zstd-grpc`, `logs`,
//!   `otlp-logs` and `sampling-file`, as on [its page](setup).
//! - `slow` (default): warnings while calls are slow.
//! - `prometheus`: metrics on prometheus-client.
//! - `reqwest`: middleware and layer for reqwest; `rustls`: `error.type` for errors of rustls in its calls.
//! - `traced`: spans of functions and business steps; `tokio` and `rayon`: their context in tasks and on threads.
//! - `axum`: the route and the peer's address of an axum router.
//! - `tonic`: the peer's address on tonic's server, and the status of errors of tonic's server and channel.
//! - `hyper-util`: `error.type` for errors of hyper-util's client, and its peer's address.
//! - `tower`: `error.type` for the errors of tower's timeout and load-shed layers.
#![cfg_attr(
    not(all(
        feature = "axum",
        feature = "prometheus",
        feature = "reqwest",
        feature = "setup",
        feature = "slow",
        feature = "tonic",
        feature = "traced"
    )),
    allow(rustdoc::broken_intra_doc_links)
)]

#[doc(no_inline)]
pub use opentelemetry;
#[doc(no_inline)]
pub use tower_telemetry_extract as extract;
#[doc(inline)]
pub use tower_telemetry_extract::{Extract, ExtractLayer};
#[doc(no_inline)]
pub use tower_telemetry_inject as inject;
#[doc(inline)]
pub use tower_telemetry_inject::{Inject, InjectLayer};
#[doc(no_inline)]
pub use tower_telemetry_observe as observe;
#[cfg(feature = "prometheus")]
#[doc(no_inline)]
pub use tower_telemetry_prometheus as prometheus;
#[doc(no_inline)]
pub use tower_telemetry_propagate as propagate;
#[cfg(feature = "reqwest")]
#[doc(no_inline)]
pub use tower_telemetry_reqwest as reqwest;
#[doc(no_inline)]
pub use tower_telemetry_sanitize as sanitize;
#[doc(inline)]
pub use tower_telemetry_sanitize::{SanitizeLayer, Sanitizer};
#[doc(no_inline)]
pub use tower_telemetry_semconv as semconv;
#[cfg(feature = "setup")]
#[doc(no_inline)]
pub use tower_telemetry_setup as setup;
#[cfg(feature = "slow")]
#[doc(no_inline)]
pub use tower_telemetry_slow as slow;
#[cfg(feature = "slow")]
#[doc(inline)]
pub use tower_telemetry_slow::{Slow, SlowLayer, WarnIfSlow};
#[doc(no_inline)]
pub use tower_telemetry_span as span;

// Its examples are of every part.
#[cfg(all(
    feature = "axum",
    feature = "prometheus",
    feature = "reqwest",
    feature = "setup",
    feature = "slow",
    feature = "tonic",
    feature = "traced"
))]
pub mod guide;

use semconv::{Client, Grpc, HttpOrGrpc, Server};

/// Spans of functions and business steps, and their context in tasks: all of
/// [`tower-telemetry-traced`](https://docs.rs/tower-telemetry-traced).
#[cfg(feature = "traced")]
pub mod traced {
    #[doc(no_inline)]
    pub use tower_telemetry_traced::*;
    #[doc(no_inline)]
    pub use tower_telemetry_traced_macros::traced_in_facade as traced;
}

/// The layer for a server: each request is a SERVER span under its caller's context.
pub fn server() -> ExtractLayer {
    ExtractLayer::new()
}

/// The same for a server of gRPC. For tonic: `Server::builder().layer(server_grpc())`.
pub fn server_grpc() -> ExtractLayer<Grpc<Server>> {
    ExtractLayer::grpc()
}

/// The same for a server of both HTTP and gRPC on one port.
pub fn server_http_or_grpc() -> ExtractLayer<HttpOrGrpc<Server>> {
    ExtractLayer::http_or_grpc()
}

/// The layer for a client: each call is a CLIENT span, whose context goes into the request's headers.
pub fn client() -> InjectLayer {
    InjectLayer::new()
}

/// The same for a client of gRPC, such as tonic's `Channel`, where a span lasts as long as its stream. Tell it the
/// [target](semconv::Grpc::with_target).
pub fn client_grpc() -> InjectLayer<Grpc<Client>> {
    InjectLayer::grpc()
}
