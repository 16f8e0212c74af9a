//! Pages of metrics, and others by the simplest HTTP there is.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use http::Request;
use http_body_util::BodyExt;
use tower::ServiceExt;
use tower_telemetry::prometheus::Scrape;
use tower_telemetry::prometheus::prometheus_client::registry::Registry;
use tower_telemetry_tests::page;

/// The body at this path, if the server answers 200.
pub(crate) fn get(address: &str, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    // Of HTTP/1.0 no answer is in chunks.
    write!(stream, "GET {path} HTTP/1.0\r\nhost: {address}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    let status = head.split(' ').nth(1);
    match status {
        Some("200") => Ok(body.to_owned()),
        _ => Err(io::Error::other(answer)),
    }
}

/// What a registry's scrape answers to who accepts this.
pub(crate) async fn scraped(registry: Registry, accept: &str) -> String {
    let request = Request::get("/metrics").header("accept", accept).body(());
    let answer = Scrape::new(registry).oneshot(request.expect("a request")).await;
    let body = answer.expect("an answer").into_body().collect().await;
    String::from_utf8(body.expect("a body").to_bytes().to_vec()).expect("text")
}

/// The samples of a registry, line by line.
pub(crate) fn lines(registry: &Registry) -> Vec<String> {
    let page = page(registry);
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}
