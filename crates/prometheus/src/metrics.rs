//! The observer.

use std::fmt;
use std::sync::Arc;

use tower_telemetry_observe::{Call, Observe, Shared};
use tower_telemetry_semconv::{Client, GrpcCall, HttpCall, HttpOrGrpcCall, Server};

use crate::MetricsBuilder;
use crate::calls::{AppLabels, Calls, NoLabels};
use crate::measured::Measured;
use crate::request_body::RequestBytes;
use crate::settings::Bodies;
use crate::watch::{InFlight, MetricsWatch, State};

/// Takes labels of the application's own from a call.
pub(crate) type Labels<F, L> = Arc<dyn Fn(&Call<'_, F>) -> Option<L> + Send + Sync>;

/// Keeps metrics of calls: an observer, to be fused with others, or put into a [`MetricsLayer`](crate::MetricsLayer).
///
/// Clones count the same.
pub struct Metrics<F: Measured, L = NoLabels> {
    pub(crate) calls: Shared<Calls<F, L>>,
    pub(crate) labels: Labels<F, L>,
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

impl Metrics<HttpOrGrpcCall<Client>> {
    /// Of the calls of a client that speaks both HTTP and gRPC: the metrics of [`client`](Metrics::client) and
    /// [`grpc_client`](Metrics::grpc_client), each for its own.
    pub fn http_or_grpc_client() -> MetricsBuilder<HttpOrGrpcCall<Client>> {
        MetricsBuilder::new()
    }
}

impl<F: Measured, L: AppLabels> Observe<F> for Metrics<F, L> {
    type Watch = MetricsWatch<F, L>;

    fn watch(&self, call: &mut Call<'_, F>) -> MetricsWatch<F, L> {
        let calls = self.calls.hold();
        let labels = (self.labels)(call);
        let at = calls.find_started(call.facts, labels.as_ref());
        let settings = &calls.settings;
        let request_bytes = match &mut call.request {
            Some(request) if settings.bodies == Bodies::Measured => Some(RequestBytes::ask(&mut request.extensions)),
            _ => None,
        };
        MetricsWatch {
            in_flight: InFlight::begin(calls, at),
            state: State::Call,
            trace: None,
            request_bytes,
        }
    }
}

impl<F: Measured, L> Clone for Metrics<F, L> {
    fn clone(&self) -> Self {
        Metrics {
            calls: self.calls.clone(),
            labels: Arc::clone(&self.labels),
        }
    }
}

impl<F: Measured, L> fmt::Debug for Metrics<F, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics")
            .field("calls", self.calls.get())
            .finish_non_exhaustive()
    }
}
