//! Servers that give no whole answer.

use std::io;
use std::mem::forget;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// An answer that ends after four bytes of its body.
pub const HALF: &str = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf";

/// An address where nobody listens, nor will: it stays bound as long as the process lives.
///
/// # Panics
///
/// Without a free port on loopback.
pub fn nobody() -> SocketAddr {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a port");
    let address = socket.local_addr().expect("bound");
    forget(socket);
    address
}

/// The address of a server that reads the beginning of a request, and resets the connection.
///
/// # Panics
///
/// Without a free port on loopback.
pub async fn resetting() -> SocketAddr {
    serving(async |mut stream| {
        stream.read_u8().await?;
        stream.set_zero_linger()
    })
    .await
}

/// The address of a server that reads the head of a request, sends this, and hangs up.
///
/// # Panics
///
/// Without a free port on loopback.
pub async fn hanging_up(after: &'static str) -> SocketAddr {
    serving(async |stream| {
        let mut stream = BufStream::new(stream);
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            stream.read_line(&mut line).await?;
        }
        stream.write_all(after.as_bytes()).await?;
        stream.flush().await
    })
    .await
}

/// Does this with each connection, one after the other.
async fn serving<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = io::Result<()>> + Send,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            serve(stream).await.expect("a connection");
        }
    });
    address
}
