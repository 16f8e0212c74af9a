//! An OTLP/HTTP collector on loopback, with no runtime.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";

/// One request that arrived.
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: ExportTraceServiceRequest,
}

/// Its base address, and what arrives there.
pub(crate) fn start() -> io::Result<(String, Receiver<Request>)> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let address = format!("http://{}", listener.local_addr()?);
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let send = send.clone();
            thread::spawn(move || answer(stream, &send));
        }
    });
    Ok((address, receive))
}

fn answer(stream: TcpStream, send: &Sender<Request>) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    loop {
        let line = read_line(&mut reader)?;
        let mut headers = HashMap::new();
        loop {
            let header = read_line(&mut reader)?;
            let Some((name, value)) = header.split_once(':') else {
                break;
            };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let length = headers.get("content-length").and_then(|length| length.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body)?;
        let body = ExportTraceServiceRequest::decode(body.as_slice()).map_err(io::Error::other)?;
        // First, because the test looks as soon as it has the answer.
        send.send(Request { line, headers, body }).map_err(io::Error::other)?;
        writer.write_all(OK)?;
    }
}

fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    match reader.read_line(&mut line)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line.trim_end().to_owned()),
    }
}
