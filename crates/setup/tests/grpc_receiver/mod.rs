//! An OTLP/gRPC collector on loopback, on a runtime of its own.

use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

struct Collector(Sender<ExportTraceServiceRequest>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let sent = self.0.send(request.into_inner());
        sent.map_err(|_| Status::unavailable("the test is over"))?;
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

/// Its address, and what arrives there.
pub(crate) fn start() -> io::Result<(String, Receiver<ExportTraceServiceRequest>)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let incoming = {
        let _entered = runtime.enter();
        TcpIncoming::bind(SocketAddr::from(([127, 0, 0, 1], 0))).map_err(io::Error::other)?
    };
    let address = format!("http://{}", incoming.local_addr()?);
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let service = TraceServiceServer::new(Collector(send));
        runtime.block_on(Server::builder().add_service(service).serve_with_incoming(incoming))
    });
    Ok((address, receive))
}
