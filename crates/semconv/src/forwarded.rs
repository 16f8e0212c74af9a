//! What trusted proxies say of the client they stand before.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use http::HeaderMap;
use http::header::{FORWARDED, HeaderName};
use ipnet::IpNet;

use crate::authority::HostPort;
use crate::scheme::Scheme;

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The peers whose `Forwarded` or `X-Forwarded-*` headers are believed.
///
/// Each proxy is believed only if the one that forwarded its word is: the headers are read from their end, up to the first address that is not
/// trusted. That is the client. A request with a `Forwarded` header (RFC 7239) is read by that alone: let your proxies remove the header
/// if they do not write it.
///
/// ```
/// use tower_telemetry_semconv::{IpNet, TrustedProxies};
///
/// let balancers: IpNet = "10.0.0.0/8".parse()?;
/// let local = std::net::Ipv4Addr::LOCALHOST;
/// let trusted = TrustedProxies::new([balancers, IpNet::from(std::net::IpAddr::from(local))]);
/// # let _ = trusted;
/// # Ok::<(), ipnet::AddrParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TrustedProxies(Trust);

#[derive(Clone, Debug)]
enum Trust {
    Any,
    Networks(Arc<[IpNet]>),
}

impl TrustedProxies {
    /// The proxies in these networks, or with these addresses.
    pub fn new(networks: impl IntoIterator<Item = impl Into<IpNet>>) -> Self {
        TrustedProxies(Trust::Networks(networks.into_iter().map(Into::into).collect()))
    }

    /// Whoever connects, known or not: for servers that only a proxy can reach.
    pub fn any() -> Self {
        TrustedProxies(Trust::Any)
    }

    fn trust(&self, address: Option<IpAddr>) -> bool {
        match &self.0 {
            Trust::Any => true,
            Trust::Networks(networks) => {
                address.is_some_and(|address| networks.iter().any(|net| net.contains(&address)))
            }
        }
    }
}

/// What is believed of the client.
#[derive(Debug)]
pub(crate) struct Forwarded<'a> {
    /// The farthest address that can be told: at least the peer's.
    pub(crate) client: Option<IpAddr>,
    pub(crate) host: Option<HostPort<'a>>,
    pub(crate) scheme: Option<Scheme>,
}

impl<'a> Forwarded<'a> {
    pub(crate) fn read(headers: &'a HeaderMap, peer: Option<SocketAddr>, proxies: Option<&TrustedProxies>) -> Self {
        let peer = peer.map(|peer| peer.ip());
        let told = Forwarded {
            client: peer,
            host: None,
            scheme: None,
        };
        match proxies {
            Some(proxies) if proxies.trust(peer) => {
                if headers.contains_key(FORWARDED) {
                    told.by_standard(headers, proxies)
                } else {
                    told.by_custom(headers, proxies)
                }
            }
            _ => told,
        }
    }

    /// By `Forwarded`: each element was written by the client of the element to its right.
    fn by_standard(mut self, headers: &'a HeaderMap, proxies: &TrustedProxies) -> Self {
        for element in lines(headers, &FORWARDED).flat_map(|line| rsplit_unquoted(line, b',')) {
            let mut node = None;
            for pair in rsplit_unquoted(element, b';') {
                let Some((name, value)) = pair.split_once('=') else {
                    continue;
                };
                let (name, value) = (name.trim(), unquote(value.trim()));
                if name.eq_ignore_ascii_case("for") {
                    node = address(value);
                } else if name.eq_ignore_ascii_case("host") {
                    self.host = HostPort::of_host(value).or(self.host);
                } else if name.eq_ignore_ascii_case("proto") {
                    self.scheme = Scheme::new(value).or(self.scheme);
                }
            }
            let known = node.is_some();
            self.client = node.or(self.client);
            if !known || !proxies.trust(self.client) {
                break;
            }
        }
        self
    }

    /// By `X-Forwarded-*`: the host and the scheme are those of the farthest proxy that is believed.
    fn by_custom(mut self, headers: &'a HeaderMap, proxies: &TrustedProxies) -> Self {
        let mut hops = 0;
        for node in ritems(headers, &FOR) {
            hops += 1;
            let node = address(node);
            let known = node.is_some();
            self.client = node.or(self.client);
            if !known || !proxies.trust(self.client) {
                break;
            }
        }
        let hops = hops.max(1);
        let host = ritems(headers, &HOST).take(hops).last();
        let proto = ritems(headers, &PROTO).take(hops).last();
        self.host = host.and_then(HostPort::of_host);
        self.scheme = proto.and_then(Scheme::new);
        self
    }
}

/// A header's lines, the last one first. One that is not text says nothing, but stands for something.
fn lines<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).into_iter().rev();
    lines.map(|line| line.to_str().unwrap_or("unknown"))
}

/// The items of a list header, the last one first.
fn ritems<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let items = lines(headers, name).flat_map(|line| line.rsplit(','));
    items.map(str::trim).filter(|item| !item.is_empty())
}

/// Splits from the end, but not within quotes: a quote that was opened and not closed hides nothing that proxies wrote behind it.
fn rsplit_unquoted(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    let items = std::iter::from_fn(move || {
        let text = rest?;
        let mut quoted = false;
        for (at, byte) in text.bytes().enumerate().rev() {
            if byte == b'"' && !ends_in_escape(&text.as_bytes()[..at]) {
                quoted = !quoted;
            } else if byte == separator && !quoted {
                rest = text.get(..at);
                return text.get(at + 1..);
            }
        }
        rest.take()
    });
    items.map(str::trim).filter(|item| !item.is_empty())
}

fn ends_in_escape(text: &[u8]) -> bool {
    let backslashes = text.iter().rev().take_while(|byte| **byte == b'\\');
    backslashes.count() % 2 == 1
}

fn unquote(value: &str) -> &str {
    let inner = value.strip_prefix('"');
    inner.and_then(|inner| inner.strip_suffix('"')).unwrap_or(value)
}

/// The address in `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` and `[2001:db8::1]:80`; not in `unknown` or `_hidden`.
fn address(node: &str) -> Option<IpAddr> {
    let address = if let Some(bracketed) = node.strip_prefix('[') {
        let (address, _port) = bracketed.split_once(']')?;
        address.parse::<Ipv6Addr>().ok()?.into()
    } else if let Ok(address) = node.parse::<IpAddr>() {
        address
    } else {
        let (address, _port) = node.split_once(':')?;
        address.parse::<Ipv4Addr>().ok()?.into()
    };
    Some(address.to_canonical())
}
