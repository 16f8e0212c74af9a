//! What proxies say of the client they stand before.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::HeaderMap;
use http::header::{FORWARDED, HeaderName};

use crate::authority::HostPort;
use crate::scheme::Scheme;
use crate::trust::Hops;

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// What is believed of the client.
#[derive(Debug)]
pub(crate) struct Forwarded<'a> {
    /// The farthest address that can be told: at least the peer's.
    pub(crate) client: Option<IpAddr>,
    pub(crate) host: Option<HostPort<'a>>,
    pub(crate) scheme: Option<Scheme>,
}

impl<'a> Forwarded<'a> {
    /// By `Forwarded` or else `X-Forwarded-*`, as far as these hops are believed.
    pub(crate) fn read(headers: &'a HeaderMap, peer: Option<IpAddr>, hops: Hops<'_>) -> Self {
        let told = Forwarded {
            client: peer,
            host: None,
            scheme: None,
        };
        match headers.contains_key(FORWARDED) {
            true => told.by_standard(headers, hops),
            false => told.by_custom(headers, hops),
        }
    }

    /// By `Forwarded`: each element was written by the client of the element to its right.
    fn by_standard(mut self, headers: &'a HeaderMap, hops: Hops<'_>) -> Self {
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
            self.client = node.or(self.client);
            if !node.is_some_and(|node| hops.go_on_behind(node)) {
                break;
            }
        }
        self
    }

    /// By `X-Forwarded-*`: the host and the scheme are those of the farthest proxy that is believed.
    fn by_custom(mut self, headers: &'a HeaderMap, hops: Hops<'_>) -> Self {
        let mut believed = 0;
        for node in ritems(headers, &FOR) {
            believed += 1;
            let node = address(node);
            self.client = node.or(self.client);
            if !node.is_some_and(|node| hops.go_on_behind(node)) {
                break;
            }
        }
        let believed = believed.max(1);
        let host = ritems(headers, &HOST).take(believed).last();
        let proto = ritems(headers, &PROTO).take(believed).last();
        self.host = host.and_then(HostPort::of_host);
        self.scheme = proto.and_then(Scheme::new);
        self
    }
}

impl Hops<'_> {
    /// Whether the hop with this address is believed, too, in what it says of the one before it.
    fn go_on_behind(self, address: IpAddr) -> bool {
        match self {
            Hops::All => true,
            Hops::By(peers) => peers.contains(address),
            Hops::Last => false,
        }
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
