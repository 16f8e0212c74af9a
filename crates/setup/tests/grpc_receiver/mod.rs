//! An OTLP/gRPC collector on loopback, on a runtime of its own.

use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use tonic::codec::CompressionEncoding;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Response, Status};

/// One call that arrived.
#[allow(dead_code, reason = "not every test looks at all of it")]
pub(crate) struct Request {
    /// Its metadata.
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: ExportTraceServiceRequest,
}

/// Takes messages as they are, and compressed with gzip or zstd.
struct Collector {
    calls: Sender<Request>,
    answer: fn() -> Answer,
}

pub(crate) type Answer = Result<ExportTraceServiceResponse, Status>;

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let (headers, _, body) = request.into_parts();
        let headers = headers.into_headers();
        let sent = self.calls.send(Request { headers, body });
        sent.map_err(|_| Status::unavailable("the test is over"))?;
        (self.answer)().map(Response::new)
    }
}

/// Its address, and what arrives there.
#[allow(dead_code, reason = "not every collector takes what comes")]
pub(crate) fn start() -> io::Result<(String, Receiver<Request>)> {
    start_answering(|| Ok(ExportTraceServiceResponse::default()))
}

/// One that answers so.
#[allow(dead_code, reason = "not every test has a collector that says no")]
pub(crate) fn start_answering(answer: fn() -> Answer) -> io::Result<(String, Receiver<Request>)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let incoming = {
        let _entered = runtime.enter();
        TcpIncoming::bind(SocketAddr::from(([127, 0, 0, 1], 0))).map_err(io::Error::other)?
    };
    let address = format!("http://{}", incoming.local_addr()?);
    let (calls, receive) = mpsc::channel();
    thread::spawn(move || {
        let service = TraceServiceServer::new(Collector { calls, answer })
            .accept_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Zstd);
        runtime.block_on(Server::builder().add_service(service).serve_with_incoming(incoming))
    });
    Ok((address, receive))
}
