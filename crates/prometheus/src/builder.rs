//! How metrics of calls are built.

use std::fmt;
use std::sync::Arc;

use http::response;
use prometheus_client::registry::Registry;
use tower_telemetry_observe::{Call, contain};
use tower_telemetry_sanitize::Sanitizer;
use tower_telemetry_semconv::{HttpCall, Server};

use crate::calls::{AppLabels, Calls, NoLabels, StreamTest};
use crate::measured::Measured;
use crate::metrics::Labels;
use crate::register::register;
use crate::settings::{Bodies, Exemplars, Names, Settings, Streams, TimeToHead};
use crate::{Buckets, Metrics, NativeBuckets, RegisterError};

/// Metrics of calls, as they are to be: [`register`](MetricsBuilder::register) makes them.
#[must_use = "a builder does nothing until `register`"]
pub struct MetricsBuilder<F, L = NoLabels> {
    settings: Settings,
    stream_test: StreamTest<F>,
    labels: Labels<F, L>,
}

impl<F: Measured> MetricsBuilder<F> {
    /// By OpenTelemetry's names, with its buckets, exemplars of sampled traces, and at most 2,000 series each.
    pub fn new() -> Self {
        MetricsBuilder {
            settings: Settings::default(),
            stream_test: None,
            labels: Arc::new(|_| Some(NoLabels)),
        }
    }

    /// Adds labels of your own to all metrics: a type with few values, which is taken from each call as it begins. A function that panics puts its call
    /// into the overflow series.
    ///
    /// Clients may send what they like; take no label from them that is not one of a list, such as [`Hosts`](crate::Hosts).
    pub fn with_labels<L: AppLabels>(
        self,
        labels: impl Fn(&Call<'_, F>) -> L + Send + Sync + 'static,
    ) -> MetricsBuilder<F, L> {
        MetricsBuilder {
            settings: self.settings,
            stream_test: self.stream_test,
            labels: Arc::new(move |call| contain(|| labels(call))),
        }
    }
}

impl<F: Measured> Default for MetricsBuilder<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<L> MetricsBuilder<HttpCall<Server>, L> {
    /// Shows them under these names.
    pub fn with_names(mut self, names: Names) -> Self {
        self.settings.names = names;
        self
    }
}

impl<F: Measured, L: AppLabels> MetricsBuilder<F, L> {
    /// Counts durations in these buckets, in seconds.
    pub fn with_buckets(mut self, buckets: Buckets) -> Self {
        self.settings.durations = buckets;
        self
    }

    /// Counts the bytes of bodies in these buckets.
    pub fn with_size_buckets(mut self, buckets: Buckets) -> Self {
        self.settings.sizes = buckets;
        self
    }

    /// Counts the lifetimes of streams in these buckets, in seconds.
    pub fn with_stream_buckets(mut self, buckets: Buckets) -> Self {
        self.settings.lifetimes = buckets;
        self
    }

    /// Keeps native buckets beside the classic ones, or not.
    pub fn with_native_buckets(mut self, native: NativeBuckets) -> Self {
        self.settings.native = native;
        self
    }

    /// Measures the bytes of bodies, or not.
    pub fn with_bodies(mut self, bodies: Bodies) -> Self {
        self.settings.bodies = bodies;
        self
    }

    /// Keeps the time to the response head as a metric of its own, or not.
    pub fn with_time_to_head(mut self, to_head: TimeToHead) -> Self {
        self.settings.to_head = to_head;
        self
    }

    /// Keeps streams apart from other calls, or not.
    pub fn with_streams(mut self, streams: Streams) -> Self {
        self.settings.streams = streams;
        self
    }

    /// Says which calls are streams, where [`Streams::Apart`] keeps these apart: by default server-sent events and upgrades. A gRPC call does not tell
    /// whether its method streams, so say it here:
    ///
    /// ```
    /// use tower_telemetry_prometheus::Metrics;
    ///
    /// let builder = Metrics::grpc_server().with_stream_test(|call, _| call.method() == "shop.Payments/Receipt");
    /// # let _ = builder;
    /// ```
    pub fn with_stream_test(mut self, test: impl Fn(&F, &response::Parts) -> bool + Send + Sync + 'static) -> Self {
        self.stream_test = Some(Arc::new(test));
        self
    }

    /// Gives buckets exemplars, or not.
    pub fn with_exemplars(mut self, exemplars: Exemplars) -> Self {
        self.settings.exemplars = exemplars;
        self
    }

    /// Has at most so many series of each metric.
    pub fn with_max_series(mut self, most: usize) -> Self {
        self.settings.max_series = most;
        self
    }

    /// What may be in labels of your own, by the [`label`](Sanitizer::label)s' keys: by default what [`Sanitizer::default`] says. Those that
    /// become the same share a series.
    ///
    /// It is asked when labels have no series yet, and so for each call whose labels it changes, since what these were is not kept.
    pub fn with_sanitizer(mut self, sanitizer: Sanitizer) -> Self {
        self.settings.sanitizer = sanitizer;
        self
    }

    /// Registers the metrics, and gives the observer that counts them.
    ///
    /// # Errors
    ///
    /// When the registry has a metric of one of their names already. Then none of them is registered.
    pub fn register(self, registry: &mut Registry) -> Result<Metrics<F, L>, RegisterError> {
        let calls = Arc::new(Calls::new(self.settings, self.stream_test));
        register(registry, Arc::clone(&calls))?;
        Ok(Metrics {
            calls: calls.into(),
            labels: self.labels,
        })
    }
}

impl<F, L> fmt::Debug for MetricsBuilder<F, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricsBuilder")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
