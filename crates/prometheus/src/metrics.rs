//! The observer, and how it is built.

use std::fmt;
use std::sync::Arc;

use http::response;
use prometheus_client::registry::Registry;
use tower_telemetry_observe::{Call, Observe, contain, shards, this_shard};
use tower_telemetry_sanitize::Sanitizer;
use tower_telemetry_semconv::{Client, GrpcCall, HttpCall, HttpOrGrpcCall, Server};

use crate::calls::{AppLabels, Calls, NoLabels, StreamTest};
use crate::measured::Measured;
use crate::register::register;
use crate::request_body::RequestBytes;
use crate::settings::{Bodies, Exemplars, Names, Settings, Streams, TimeToHead};
use crate::watch::{InFlight, MetricsWatch, State};
use crate::{Buckets, NativeBuckets, RegisterError};

type Labels<F, L> = Arc<dyn Fn(&Call<'_, F>) -> Option<L> + Send + Sync>;

/// Metrics of calls, as they are to be: [`register`](MetricsBuilder::register) makes them.
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
    #[must_use]
    pub fn with_names(mut self, names: Names) -> Self {
        self.settings.names = names;
        self
    }
}

impl<F: Measured, L: AppLabels> MetricsBuilder<F, L> {
    /// Counts durations in these buckets, in seconds.
    #[must_use]
    pub fn with_buckets(mut self, buckets: Buckets) -> Self {
        self.settings.durations = buckets;
        self
    }

    /// Counts the bytes of bodies in these buckets.
    #[must_use]
    pub fn with_size_buckets(mut self, buckets: Buckets) -> Self {
        self.settings.sizes = buckets;
        self
    }

    /// Counts the lifetimes of streams in these buckets, in seconds.
    #[must_use]
    pub fn with_stream_buckets(mut self, buckets: Buckets) -> Self {
        self.settings.lifetimes = buckets;
        self
    }

    /// Keeps native buckets beside the classic ones, or not.
    #[must_use]
    pub fn with_native_buckets(mut self, native: NativeBuckets) -> Self {
        self.settings.native = native;
        self
    }

    /// Measures the bytes of bodies, or not.
    #[must_use]
    pub fn with_bodies(mut self, bodies: Bodies) -> Self {
        self.settings.bodies = bodies;
        self
    }

    /// Keeps the time to the response head as a metric of its own, or not.
    #[must_use]
    pub fn with_time_to_head(mut self, to_head: TimeToHead) -> Self {
        self.settings.to_head = to_head;
        self
    }

    /// Keeps streams apart from other calls, or not.
    #[must_use]
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
    #[must_use]
    pub fn with_stream_test(mut self, test: impl Fn(&F, &response::Parts) -> bool + Send + Sync + 'static) -> Self {
        self.stream_test = Some(Arc::new(test));
        self
    }

    /// Gives buckets exemplars, or not.
    #[must_use]
    pub fn with_exemplars(mut self, exemplars: Exemplars) -> Self {
        self.settings.exemplars = exemplars;
        self
    }

    /// Has at most so many series of each metric.
    #[must_use]
    pub fn with_max_series(mut self, most: usize) -> Self {
        self.settings.max_series = most;
        self
    }

    /// What may be in labels of your own, by the [`label`](Sanitizer::label)s' keys: by default what [`Sanitizer::default`] says. Those that
    /// become the same share a series.
    ///
    /// It is asked when labels have no series yet, and so for each call whose labels it changes, since what these were is not kept.
    #[must_use]
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
        let handle = |shard| {
            Arc::new(Handle {
                calls: Arc::clone(&calls),
                shard,
            })
        };
        Ok(Metrics {
            handles: (0..shards()).map(handle).collect(),
            labels: self.labels,
        })
    }
}

/// Keeps metrics of calls: an observer, to be fused with others, or put into a [`MetricsLayer`](crate::MetricsLayer).
///
/// Clones count the same.
pub struct Metrics<F: Measured, L = NoLabels> {
    handles: Arc<[Arc<Handle<F, L>>]>,
    labels: Labels<F, L>,
}

/// The series, once for each shard: so threads do not count references to them in the same place.
#[repr(align(128))]
pub(crate) struct Handle<F: Measured, L> {
    pub(crate) calls: Arc<Calls<F, L>>,
    pub(crate) shard: usize,
}

impl Metrics<HttpCall<Server>> {
    /// Of the HTTP calls that a server answers: `http_server_request_duration_seconds`, `http_server_active_requests`, and what else is asked for.
    pub fn server() -> MetricsBuilder<HttpCall<Server>> {
        MetricsBuilder::new()
    }
}

impl Metrics<HttpCall<Client>> {
    /// Of the HTTP calls that a client makes: `http_client_request_duration_seconds`, `http_client_active_requests`, and what else is asked for.
    pub fn client() -> MetricsBuilder<HttpCall<Client>> {
        MetricsBuilder::new()
    }
}

impl Metrics<GrpcCall<Server>> {
    /// Of the gRPC calls that a server answers: `rpc_server_call_duration_seconds`, `rpc_server_active_calls`, and what else is asked for.
    pub fn grpc_server() -> MetricsBuilder<GrpcCall<Server>> {
        MetricsBuilder::new()
    }
}

impl Metrics<GrpcCall<Client>> {
    /// Of the gRPC calls that a client makes: `rpc_client_call_duration_seconds`, `rpc_client_active_calls`, and what else is asked for.
    pub fn grpc_client() -> MetricsBuilder<GrpcCall<Client>> {
        MetricsBuilder::new()
    }
}

impl Metrics<HttpOrGrpcCall<Server>> {
    /// Of the calls of a server that speaks both HTTP and gRPC: the metrics of [`server`](Metrics::server) and
    /// [`grpc_server`](Metrics::grpc_server), each for its own.
    pub fn http_or_grpc_server() -> MetricsBuilder<HttpOrGrpcCall<Server>> {
        MetricsBuilder::new()
    }
}

impl<F: Measured, L: AppLabels> Observe<F> for Metrics<F, L> {
    type Watch = MetricsWatch<F, L>;

    fn watch(&self, call: &mut Call<'_, F>) -> MetricsWatch<F, L> {
        // There are as many as shards, a power of two.
        let handle = Arc::clone(&self.handles[this_shard() & (self.handles.len() - 1)]);
        let labels = (self.labels)(call);
        let at = handle.calls.find_started(call.facts, labels.as_ref());
        let settings = &handle.calls.settings;
        let request_bytes = match &mut call.request {
            Some(request) if settings.bodies == Bodies::Measured => Some(RequestBytes::ask(&mut request.extensions)),
            _ => None,
        };
        MetricsWatch {
            in_flight: InFlight::begin(handle, at),
            state: State::Call,
            trace: None,
            request_bytes,
        }
    }
}

impl<F: Measured, L> Clone for Metrics<F, L> {
    fn clone(&self) -> Self {
        Metrics {
            handles: Arc::clone(&self.handles),
            labels: Arc::clone(&self.labels),
        }
    }
}

impl<F: Measured, L> fmt::Debug for Metrics<F, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics")
            .field("calls", &self.handles.first().map(|handle| &handle.calls))
            .finish_non_exhaustive()
    }
}

impl<F, L> fmt::Debug for MetricsBuilder<F, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricsBuilder")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
