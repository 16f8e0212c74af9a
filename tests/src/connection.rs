//! One connection of hyper's client, over which a test has full control.

use std::net::SocketAddr;

use axum::body::{Body, Bytes};
use http::{Request, Response, request};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::task::AbortHandle;

/// HTTP/1.1 with keep-alive, or HTTP/2 with prior knowledge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
}

/// Both protocols.
pub const BOTH: [Protocol; 2] = [Protocol::Http1, Protocol::Http2];

impl Protocol {
    /// As `network.protocol.version` has it.
    pub fn version(self) -> &'static str {
        match self {
            Protocol::Http1 => "1.1",
            Protocol::Http2 => "2",
        }
    }

    /// The target of a request for this path: over HTTP/2 it names a server, too.
    pub fn target(self, path: &str) -> String {
        match self {
            Protocol::Http1 => path.to_owned(),
            Protocol::Http2 => format!("http://h{path}"),
        }
    }
}

/// How a connection is closed.
#[derive(Clone, Copy, Debug)]
pub enum Goodbye {
    /// The usual way, with a FIN.
    Fin,
    /// At once, with an RST.
    Reset,
}

/// One connection. Dropping it closes it, whatever is under way.
#[derive(Debug)]
pub struct Connection {
    sender: Sender,
    task: AbortHandle,
}

#[derive(Debug)]
enum Sender {
    Http1(Mutex<http1::SendRequest<Body>>),
    Http2(http2::SendRequest<Body>),
}

impl Connection {
    /// Connects.
    ///
    /// # Panics
    ///
    /// When nobody listens there.
    pub async fn open(protocol: Protocol, server: SocketAddr, goodbye: Goodbye) -> Self {
        let stream = TcpStream::connect(server).await.expect("a listener");
        stream.set_nodelay(true).expect("a socket option");
        if let Goodbye::Reset = goodbye {
            stream.set_zero_linger().expect("a socket option");
        }
        let io = TokioIo::new(stream);
        match protocol {
            Protocol::Http1 => {
                let (sender, connection) = http1::handshake(io).await.expect("a handshake");
                let task = tokio::spawn(connection.with_upgrades()).abort_handle();
                Connection {
                    sender: Sender::Http1(Mutex::new(sender)),
                    task,
                }
            }
            Protocol::Http2 => {
                let handshake = http2::handshake(TokioExecutor::new(), io).await;
                let (sender, connection) = handshake.expect("a handshake");
                let task = tokio::spawn(connection).abort_handle();
                Connection {
                    sender: Sender::Http2(sender),
                    task,
                }
            }
        }
    }

    /// Sends a request without a body, and reads its answer to the end.
    ///
    /// # Panics
    ///
    /// When there is no whole answer.
    pub async fn fetch(&self, request: request::Builder) -> Response<Bytes> {
        let request = request.body(Body::empty()).expect("a request");
        let (head, body) = self.send(request).await.expect("an answer").into_parts();
        let body = body.collect().await.expect("a body");
        Response::from_parts(head, body.to_bytes())
    }

    /// Sends a request, whose target is as the protocol has it. Over HTTP/2 several can be under way, and dropping this one resets its stream.
    ///
    /// # Errors
    ///
    /// As hyper has them: the connection or the stream broke before there was an answer.
    pub async fn send(&self, request: Request<Body>) -> hyper::Result<Response<Incoming>> {
        match &self.sender {
            Sender::Http1(sender) => {
                let mut sender = sender.lock().await;
                sender.ready().await?;
                sender.send_request(request).await
            }
            Sender::Http2(sender) => {
                let mut sender = sender.clone();
                sender.ready().await?;
                sender.send_request(request).await
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}
