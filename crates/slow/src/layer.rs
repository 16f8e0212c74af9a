//! The layer: the observer, and how it reads calls.

use tower_layer::Layer;
use tower_telemetry_observe::{Classify, ObserveLayer, Observed, Plain, PlainCall};
use tower_telemetry_semconv::{Client, Http, HttpCall, Server};

use crate::{Labeled, Slow};

/// Warns of slow calls, while they run. See the [crate's page](crate).
pub struct SlowLayer<C: Classify<Facts: Labeled> = Http<Server>> {
    layer: ObserveLayer<C, Slow<C::Facts>>,
}

impl SlowLayer {
    /// For an HTTP server: limits, such as a `Duration` to the response head, or all the settings.
    pub fn server(slow: impl Into<Slow<HttpCall<Server>>>) -> Self {
        SlowLayer::new(Http::server(), slow)
    }
}

impl SlowLayer<Http<Client>> {
    /// For an HTTP client.
    pub fn client(slow: impl Into<Slow<HttpCall<Client>>>) -> Self {
        SlowLayer::new(Http::client(), slow)
    }
}

impl<N> SlowLayer<Plain<N>> {
    /// For any `Service<R>`: with its calls' name, or a closure from `&R` to it.
    pub fn plain(name: N, slow: impl Into<Slow<PlainCall>>) -> Self {
        SlowLayer::new(Plain::new(name), slow)
    }
}

impl<C: Classify<Facts: Labeled>> SlowLayer<C> {
    /// For calls that are read and judged like this.
    pub fn new(classify: C, slow: impl Into<Slow<C::Facts>>) -> Self {
        SlowLayer {
            layer: ObserveLayer::new(classify, slow.into()),
        }
    }
}

impl<S, C: Classify<Facts: Labeled>> Layer<S> for SlowLayer<C> {
    type Service = Observed<S, C, Slow<C::Facts>>;

    fn layer(&self, inner: S) -> Self::Service {
        self.layer.layer(inner)
    }
}

impl<C: Classify<Facts: Labeled>> Clone for SlowLayer<C> {
    fn clone(&self) -> Self {
        SlowLayer {
            layer: self.layer.clone(),
        }
    }
}

impl<C: Classify<Facts: Labeled>> std::fmt::Debug for SlowLayer<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SlowLayer").finish_non_exhaustive()
    }
}
