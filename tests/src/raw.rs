//! A client that sends whatever it is given, byte for byte.

use std::net::SocketAddr;

use http::StatusCode;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::PATIENCE;

/// A connection without a client behind it.
#[derive(Debug)]
pub struct Raw {
    /// The address of this end.
    pub address: SocketAddr,
    stream: BufStream<TcpStream>,
}

/// An answer that came on a [`Raw`] connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its body, by its `Content-Length`; empty without one.
    pub body: Vec<u8>,
}

impl Raw {
    /// Connects.
    ///
    /// # Panics
    ///
    /// When nobody listens there.
    pub async fn connect(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).await.expect("a listener");
        let address = stream.local_addr().expect("connected");
        Raw {
            address,
            stream: BufStream::new(stream),
        }
    }

    /// Sends these bytes.
    ///
    /// # Panics
    ///
    /// When the server has closed the connection.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.expect("sent");
        self.stream.flush().await.expect("sent");
    }

    /// The next answer.
    ///
    /// # Panics
    ///
    /// When there is none in time, or it is not one of HTTP/1.
    pub async fn answer(&mut self) -> Answer {
        let (status, length) = self.head().await;
        let body = self.read(length).await;
        Answer { status, body }
    }

    /// The head of the next answer: its status, and its `Content-Length` or 0. To a `HEAD` this is all.
    ///
    /// # Panics
    ///
    /// As [`answer`](Raw::answer).
    pub async fn head(&mut self) -> (StatusCode, usize) {
        let line = self.line().await;
        let code = line.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = code.unwrap_or_else(|| panic!("no status line: {line}"));
        let mut length = 0;
        loop {
            let line = self.line().await.to_ascii_lowercase();
            if line.is_empty() {
                return (status, length);
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
        }
    }

    /// The next bytes, so many.
    ///
    /// # Panics
    ///
    /// When they do not come in time.
    pub async fn read(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        let read = timeout(PATIENCE, self.stream.read_exact(&mut bytes)).await;
        read.expect("an answer in time").expect("the connection holds");
        bytes
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        let read = timeout(PATIENCE, self.stream.read_line(&mut line)).await;
        read.expect("an answer in time").expect("the connection holds");
        assert!(line.ends_with("\r\n"), "the server hung up after {line:?}");
        line.trim_end().to_owned()
    }
}
