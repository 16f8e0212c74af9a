//! What a server is told by forwarded headers.

#[path = "../said/mod.rs"]
mod said;

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue, Request};
use said::said;
use tower_telemetry_semconv::{Http, IpNet, PeerAddr, Peers, Server, Trust, TrustPolicy};

pub(crate) const PROXY: &str = "10.0.0.1:1";

pub(crate) fn proxies_or(otherwise: Trust) -> TrustPolicy {
    let nets = ["10.0.0.0/8", "fd00::/8"].map(|net| net.parse::<IpNet>().unwrap());
    TrustPolicy::peers(Peers::new(nets), otherwise)
}

pub(crate) fn trusting(policy: impl Into<TrustPolicy>) -> Http<Server> {
    Http::server().with_trust(policy)
}

pub(crate) fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    let line = |line: &(&'static str, &str)| {
        let value = HeaderValue::from_bytes(line.1.as_bytes()).unwrap();
        (HeaderName::from_static(line.0), value)
    };
    lines.iter().map(line).collect()
}

pub(crate) fn request(headers: &HeaderMap, peer: &str) -> Request<()> {
    let mut request = Request::new(());
    *request.headers_mut() = headers.clone();
    if let Ok(peer) = peer.parse() {
        request.extensions_mut().insert(PeerAddr(peer));
    }
    request
}

/// `client host:port scheme`
pub(crate) fn told(headers: &HeaderMap, peer: &str, http: &Http<Server>) -> String {
    let said = said(http, request(headers, peer));
    let one = |key: &str| said.iter().find_map(|said| said.strip_prefix(key));
    let port = one("server.port:").map_or(String::new(), |port| format!(":{port}"));
    let [client, host, scheme] =
        ["client.address=", "server.address=", "url.scheme="].map(|key| one(key).unwrap_or("-"));
    format!("{client} {host}{port} {scheme}")
}
