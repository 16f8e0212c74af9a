//! Hosts as a label, from a list.

use std::fmt;
use std::sync::Arc;

use http::header::HOST;
use http::request;
use prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder};
use tower_telemetry_observe::Call;

use crate::label::maybe;

/// The hosts that may be a label of a server's metrics: `server_address`. Anybody can send any `Host`; others than these are left out.
///
/// ```
/// use prometheus_client::registry::Registry;
/// use tower_telemetry_prometheus::{Hosts, Metrics};
///
/// let hosts = Hosts::new(["shop.example", "www.shop.example"]);
/// let metrics = Metrics::server()
///     .with_labels(move |call| hosts.of(call))
///     .register(&mut Registry::default())?;
/// # let _ = metrics;
/// # Ok::<(), tower_telemetry_prometheus::RegisterError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Hosts(Arc<[Arc<str>]>);

/// A host of the list, or none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServerHost(Option<Arc<str>>);

impl Hosts {
    /// These hosts, without ports. Case does not matter; the label is as written here.
    pub fn new(hosts: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        Hosts(hosts.into_iter().map(|host| host.as_ref().into()).collect())
    }

    /// The host this call asks, if it is on the list.
    pub fn of<F>(&self, call: &Call<'_, F>) -> ServerHost {
        let host = call.request.as_deref().and_then(asked);
        let known = |host: &str| self.0.iter().find(|known| known.eq_ignore_ascii_case(host));
        ServerHost(host.and_then(|host| known(host).cloned()))
    }
}

/// The target's host, else that of the `Host` header.
fn asked(request: &request::Parts) -> Option<&str> {
    if let Some(host) = request.uri.host() {
        return Some(host);
    }
    let header = request.headers.get(HOST)?.to_str().ok()?;
    let port = header.rfind(':').filter(|colon| !header[*colon..].contains(']'));
    port.map_or(Some(header), |colon| header.get(..colon))
}

impl EncodeLabelSet for ServerHost {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        maybe(encoder, "server_address", self.0.as_deref().as_ref())
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn only_hosts_of_the_list_are_labels() {
        let hosts = Hosts::new(["shop.example", "[::1]"]);
        let rows = [
            ("Shop.Example", Some("shop.example")),
            ("shop.example:8080", Some("shop.example")),
            ("evil.example", None),
            ("shop.example.evil", None),
            ("[::1]:80", Some("[::1]")),
            ("[::1]", Some("[::1]")),
            ("", None),
        ];
        for (header, expected) in rows {
            let request = Request::get("/").header(HOST, header).body(()).expect("a request");
            let (mut request, ()) = request.into_parts();
            let host = hosts.of(&Call::new(&(), Some(&mut request)));
            assert_eq!(host.0.as_deref(), expected, "{header}");
        }
    }
}
