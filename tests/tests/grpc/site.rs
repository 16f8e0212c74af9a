//! A real server and its clients, and the spans of both.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use opentelemetry_sdk::trace::SpanData;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tower::Layer;
use tower_telemetry::extract::ExtractLayer;
use tower_telemetry::inject::InjectLayer;
use tower_telemetry::semconv::{Client as ClientSide, Grpc, Server as ServerSide};
use tower_telemetry::span::Spans;
use tower_telemetry::{client_grpc, server_grpc};
use tower_telemetry_testkit::spans::{Recorder, assert_error, is_parent, text};
use tower_telemetry_tests::ended;

use crate::proto::streams_client::StreamsClient;
use crate::proto::streams_server::StreamsServer;
use crate::service::Service;

pub(crate) type Traced = <InjectLayer<Grpc<ClientSide>> as Layer<Channel>>::Service;

pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    /// Told when a handler falls silent.
    pub(crate) silent: Arc<Notify>,
    pub(crate) served: Recorder,
    pub(crate) called: Recorder,
    server: AbortHandle,
}

impl Site {
    /// One with the usual layers.
    pub(crate) async fn open() -> Self {
        Self::reading(Grpc::server()).await
    }

    /// One whose server reads calls like this.
    pub(crate) async fn reading(grpc: Grpc<ServerSide>) -> Self {
        Self::with_layer(Server::builder(), |recorder| layer(recorder).with_grpc(grpc)).await
    }

    /// One whose server makes calls of its own, to this one, with this one's client.
    pub(crate) async fn before(next: &Site) -> Self {
        let service = Service {
            next: Some(next.client()),
            ..Service::default()
        };
        let silent = Arc::clone(&service.silent);
        Self::serving(
            Server::builder(),
            layer,
            Routes::new(StreamsServer::new(service)),
            silent,
        )
        .await
    }

    /// One whose server is made by this builder, with this layer.
    pub(crate) async fn with_layer(
        builder: Server,
        layer: impl FnOnce(&Recorder) -> ExtractLayer<Grpc<ServerSide>>,
    ) -> Self {
        let service = Service::default();
        let silent = Arc::clone(&service.silent);
        Self::serving(builder, layer, Routes::new(StreamsServer::new(service)), silent).await
    }

    pub(crate) async fn serving(
        builder: Server,
        layer: impl FnOnce(&Recorder) -> ExtractLayer<Grpc<ServerSide>>,
        routes: Routes,
        silent: Arc<Notify>,
    ) -> Self {
        let served = Recorder::new();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let router = builder.layer(layer(&served)).add_routes(routes);
        Site {
            address,
            silent,
            served,
            called: Recorder::new(),
            server: tokio::spawn(router.serve_with_incoming(incoming)).abort_handle(),
        }
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        endpoint(self.address)
    }

    /// A traced channel.
    pub(crate) fn channel(&self) -> Traced {
        traced(&self.called, &self.endpoint())
    }

    pub(crate) fn client(&self) -> StreamsClient<Traced> {
        StreamsClient::new(self.channel())
    }

    /// The only two spans there are: the client's, and under it the server's.
    pub(crate) async fn spans(&self) -> (SpanData, SpanData) {
        let called = ended(&self.called, 1).await.remove(0);
        let served = ended(&self.served, 1).await.remove(0);
        assert!(is_parent(&called, &served), "{called:#?} {served:#?}");
        (called, served)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

pub(crate) fn endpoint(address: SocketAddr) -> Endpoint {
    Endpoint::from_shared(format!("http://{address}")).expect("a URI")
}

pub(crate) fn layer(recorder: &Recorder) -> ExtractLayer<Grpc<ServerSide>> {
    server_grpc().with_spans(Spans::new().with_tracer_provider(&recorder.provider))
}

pub(crate) fn traced(recorder: &Recorder, endpoint: &Endpoint) -> Traced {
    client_grpc()
        .with_grpc(Grpc::client().with_target(endpoint.uri()))
        .with_spans(Spans::new().with_tracer_provider(&recorder.provider))
        .layer(endpoint.connect_lazy())
}

/// The status and the `error.type`, with `-` for what there is not: `NOT_FOUND -`. Only a span with an `error.type` is an error.
pub(crate) fn outcome(span: &SpanData) -> String {
    let kind = text(span, "error.type");
    assert_error(span, kind.as_deref());
    let code = text(span, "rpc.response.status_code");
    [code, kind].map(|said| said.unwrap_or("-".to_owned())).join(" ")
}

/// Both outcomes, the client's first.
pub(crate) async fn outcomes(site: &Site) -> [String; 2] {
    let (called, served) = site.spans().await;
    [outcome(&called), outcome(&served)]
}
