//! An OTLP/HTTP collector on loopback, with no runtime.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;

/// What it answers to a request, by the requests before it.
type Answers = dyn Fn(usize) -> Answer + Send + Sync;

/// A status and a body.
pub(crate) struct Answer {
    pub(crate) status: &'static str,
    pub(crate) body: Vec<u8>,
}

#[allow(dead_code, reason = "not every test has a collector that says no")]
impl Answer {
    pub(crate) fn ok(body: Vec<u8>) -> Self {
        Self { status: "200 OK", body }
    }

    pub(crate) fn too_many_requests() -> Self {
        Self::empty("429 Too Many Requests")
    }

    pub(crate) fn service_unavailable() -> Self {
        Self::empty("503 Service Unavailable")
    }

    fn empty(status: &'static str) -> Self {
        let body = Vec::new();
        Self { status, body }
    }
}

/// One request that arrived.
#[allow(dead_code, reason = "not every test looks at all of it")]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: HashMap<String, String>,
    /// Decompressed.
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// Its body, which is one of traces.
    #[allow(dead_code, reason = "not every test looks at spans")]
    pub(crate) fn traces(&self) -> io::Result<ExportTraceServiceRequest> {
        ExportTraceServiceRequest::decode(self.body.as_slice()).map_err(io::Error::other)
    }
}

/// Its base address, and what arrives there.
#[allow(dead_code, reason = "not every collector always takes what comes")]
pub(crate) fn start() -> io::Result<(String, Receiver<Request>)> {
    start_answering(|_| Answer::ok(Vec::new()))
}

/// One that answers so.
#[allow(dead_code, reason = "not every test has a collector that says no")]
pub(crate) fn start_answering(
    answers: impl Fn(usize) -> Answer + Send + Sync + 'static,
) -> io::Result<(String, Receiver<Request>)> {
    let answers: Arc<Answers> = Arc::new(answers);
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let address = format!("http://{}", listener.local_addr()?);
    let (send, receive) = mpsc::channel();
    let answered = Arc::default();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (send, answered, answers) = (send.clone(), Arc::clone(&answered), Arc::clone(&answers));
            thread::spawn(move || answer(stream, &send, &answered, &*answers));
        }
    });
    Ok((address, receive))
}

fn answer(
    stream: TcpStream,
    send: &Sender<Request>,
    answered: &std::sync::atomic::AtomicUsize,
    answers: &Answers,
) -> io::Result<()> {
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
        let mut bytes = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut bytes)?;
        let body = match headers.get("content-encoding").map(String::as_str) {
            None => bytes,
            Some("gzip") => {
                let mut decoded = Vec::new();
                GzDecoder::new(bytes.as_slice()).read_to_end(&mut decoded)?;
                decoded
            }
            Some("zstd") => zstd::decode_all(bytes.as_slice())?,
            Some(other) => return Err(io::Error::other(format!("{other} is not understood"))),
        };
        // First, because the test looks as soon as it has the answer.
        let request = Request { line, headers, body };
        send.send(request).map_err(io::Error::other)?;
        let Answer { status, body } = answers(answered.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        let length = body.len();
        write!(
            writer,
            "HTTP/1.1 {status}\r\ncontent-type: application/x-protobuf\r\ncontent-length: {length}\r\n\r\n"
        )?;
        writer.write_all(&body)?;
    }
}

fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    match reader.read_line(&mut line)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line.trim_end().to_owned()),
    }
}
