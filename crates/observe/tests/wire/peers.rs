//! A server of observed calls, its clients, and how to wait for it.

use std::convert::Infallible;
use std::fmt;
use std::net::{Shutdown, SocketAddr};
use std::pin::Pin;
use std::time::Duration;

use http::{Request, Response};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tower::{Layer, service_fn};
use tower_telemetry_observe::ObserveLayer;
use tower_telemetry_testkit::{Ending, Journal, MethodAndStatus, Script};

/// What a handler may return in place of a response.
#[derive(Debug)]
pub(crate) struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

impl std::error::Error for Refused {}

pub(crate) type Answer = Result<Response<Script>, Refused>;

/// Serves HTTP/1 and HTTP/2, until the runtime ends. Each connection has a task, which may panic.
pub(crate) async fn serve<H, F>(journal: &Journal, handler: H) -> SocketAddr
where
    H: FnMut(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Answer> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let layer = ObserveLayer::new(MethodAndStatus, journal.clone());
    let service = TowerToHyperService::new(layer.layer(service_fn(handler)));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).expect("set");
            let service = service.clone();
            tokio::spawn(async move {
                let builder = auto::Builder::new(TokioExecutor::new());
                let io = TokioIo::new(stream);
                // A connection that breaks off is part of the tests.
                let _ = builder.serve_connection_with_upgrades(io, service).await;
            });
        }
    });
    address
}

/// Serves the same answer to every request.
pub(crate) async fn serve_always(
    journal: &Journal,
    answer: impl Fn() -> Response<Script> + Clone + Send + 'static,
) -> SocketAddr {
    serve(journal, move |_| std::future::ready(Ok(answer()))).await
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Protocol {
    Http1,
    Http2,
}

pub(crate) const BOTH: [Protocol; 2] = [Protocol::Http1, Protocol::Http2];

/// The future of a response.
pub(crate) type Answered = Pin<Box<dyn Future<Output = hyper::Result<Response<Incoming>>> + Send>>;

/// One connection of a client.
pub(crate) struct Client {
    sender: Sender,
    socket: std::net::TcpStream,
}

enum Sender {
    Http1(conn::http1::SendRequest<Empty<Bytes>>),
    Http2(conn::http2::SendRequest<Empty<Bytes>>),
}

impl Client {
    pub(crate) async fn connect(protocol: Protocol, address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        stream.set_nodelay(true).expect("set");
        let socket = stream.into_std().expect("a socket");
        let stream = socket.try_clone().and_then(TcpStream::from_std);
        let io = TokioIo::new(stream.expect("a second handle"));
        let sender = match protocol {
            Protocol::Http1 => {
                let (sender, connection) = conn::http1::handshake(io).await.expect("a handshake");
                tokio::spawn(connection.with_upgrades());
                Sender::Http1(sender)
            }
            Protocol::Http2 => {
                let handshake = conn::http2::handshake(TokioExecutor::new(), io).await;
                let (sender, connection) = handshake.expect("a handshake");
                tokio::spawn(connection);
                Sender::Http2(sender)
            }
        };
        Client { sender, socket }
    }

    pub(crate) fn protocol(&self) -> Protocol {
        match self.sender {
            Sender::Http1(_) => Protocol::Http1,
            Sender::Http2(_) => Protocol::Http2,
        }
    }

    /// Sends a request as soon as the connection takes one, and returns the future of its response.
    pub(crate) async fn start(&mut self, request: Request<Empty<Bytes>>) -> hyper::Result<Answered> {
        match &mut self.sender {
            Sender::Http1(sender) => {
                sender.ready().await?;
                Ok(Box::pin(sender.send_request(request)))
            }
            Sender::Http2(sender) => {
                sender.ready().await?;
                Ok(Box::pin(sender.send_request(request)))
            }
        }
    }

    pub(crate) async fn send(&mut self, method: &str, path: &str) -> hyper::Result<Response<Incoming>> {
        self.start(request(method, path)).await?.await
    }

    pub(crate) async fn get(&mut self, path: &str) -> hyper::Result<Response<Incoming>> {
        self.send("GET", path).await
    }

    /// Closes the connection, whatever is under way on it.
    pub(crate) fn hang_up(self) {}
}

/// A request that takes trailers.
pub(crate) fn request(method: &str, path: &str) -> Request<Empty<Bytes>> {
    let request = Request::builder()
        .method(method)
        .uri(format!("http://loopback{path}"))
        .header("te", "trailers");
    request.body(Empty::new()).expect("valid")
}

impl Drop for Client {
    fn drop(&mut self) {
        // It may be closed already.
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}

/// Waits until so many calls have begun.
pub(crate) async fn begun(journal: &Journal, calls: usize) {
    eventually(|| journal.watched() >= calls, "begun").await;
    assert_eq!(journal.watched(), calls);
}

/// Waits until so many calls have ended.
pub(crate) async fn ended(journal: &Journal, calls: usize) {
    eventually(|| journal.ended() >= calls, "ended").await;
    assert_eq!(journal.ended(), calls);
}

async fn eventually(condition: impl Fn() -> bool, what: &str) {
    let met = async {
        while !condition() {
            sleep(Duration::from_millis(1)).await;
        }
    };
    let in_time = timeout(Duration::from_secs(120), met).await;
    assert!(in_time.is_ok(), "calls have not {what} in two minutes");
}

/// How all calls ended, once so many have.
pub(crate) async fn endings(journal: &Journal, calls: usize) -> Vec<Ending> {
    ended(journal, calls).await;
    assert_eq!(journal.watched(), calls);
    journal.endings()
}

/// How the one call ended, once it has.
pub(crate) async fn ending(journal: &Journal) -> Ending {
    endings(journal, 1).await;
    journal.ending()
}

/// A handler's future that never answers.
pub(crate) async fn never() -> Answer {
    let never: Infallible = std::future::pending().await;
    match never {}
}
