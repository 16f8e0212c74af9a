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
        TrustedProxies(Trust::Networks(
            networks.into_iter().map(Into::into).collect(),
        ))
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
    pub(crate) fn read(
        headers: &'a HeaderMap,
        peer: Option<SocketAddr>,
        proxies: Option<&TrustedProxies>,
    ) -> Self {
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
    inner
        .and_then(|inner| inner.strip_suffix('"'))
        .unwrap_or(value)
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

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    const PROXY: &str = "10.0.0.1:1";

    fn proxies() -> TrustedProxies {
        TrustedProxies::new(["10.0.0.0/8", "fd00::/8"].map(|net| net.parse::<IpNet>().unwrap()))
    }

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let line = |line: &(&'static str, &str)| {
            let value = HeaderValue::from_bytes(line.1.as_bytes()).unwrap();
            (HeaderName::from_static(line.0), value)
        };
        lines.iter().map(line).collect()
    }

    /// `client host:port scheme`
    fn told(headers: &HeaderMap, peer: &str, proxies: &TrustedProxies) -> String {
        let told = Forwarded::read(headers, peer.parse().ok(), Some(proxies));
        let client = told.client.map(|client| client.to_string());
        let host = told.host.map(|host| match host.port {
            Some(port) => format!("{}:{port}", host.host),
            None => host.host.to_owned(),
        });
        let scheme = told.scheme.map(|scheme| scheme.as_str().to_owned());
        [client, host, scheme]
            .map(|part| part.unwrap_or("-".into()))
            .join(" ")
    }

    #[test]
    fn only_trusted_peers_are_believed() {
        let headers = headers(&[
            ("x-forwarded-for", "192.0.2.9"),
            ("x-forwarded-host", "shop.example"),
            ("x-forwarded-proto", "https"),
        ]);
        let believed = "192.0.2.9 shop.example https";
        assert_eq!(told(&headers, "192.0.2.1:1", &proxies()), "192.0.2.1 - -");
        assert_eq!(told(&headers, "unix", &proxies()), "- - -");
        assert_eq!(told(&headers, PROXY, &proxies()), believed);
        assert_eq!(told(&headers, "unix", &TrustedProxies::any()), believed);
        let one = TrustedProxies::new([IpAddr::from(Ipv4Addr::new(192, 0, 2, 1))]);
        assert_eq!(told(&headers, "192.0.2.1:1", &one), believed);
        let nobody = Forwarded::read(&headers, PROXY.parse().ok(), None);
        assert!(nobody.host.is_none() && nobody.scheme.is_none());
    }

    #[test]
    fn the_client_is_the_first_address_from_the_end_that_is_not_trusted() {
        let rows = [
            ("one", "192.0.2.9", "192.0.2.9"),
            ("spoofed before it", "203.0.113.7, 192.0.2.9", "192.0.2.9"),
            ("behind two proxies", "192.0.2.9,10.0.0.2", "192.0.2.9"),
            ("trusted throughout", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("unknown", "192.0.2.9, unknown", "10.0.0.1"),
            ("hidden behind a proxy", "_hidden, 10.0.0.2", "10.0.0.2"),
            ("port", "192.0.2.9:4711", "192.0.2.9"),
            ("IPv6", "2001:db8::9", "2001:db8::9"),
            ("IPv6 in brackets", "[2001:db8::9]:4711", "2001:db8::9"),
            ("IPv4 in IPv6", "192.0.2.9, ::ffff:10.0.0.2", "192.0.2.9"),
            ("trusted IPv6", "192.0.2.9, fd00::1", "192.0.2.9"),
            ("empty items", ", 192.0.2.9,, ", "192.0.2.9"),
            ("nothing", "", "10.0.0.1"),
            ("no address", "1.2.3", "10.0.0.1"),
            ("a name", "evil.example", "10.0.0.1"),
            ("not text", "\u{e9}", "10.0.0.1"),
            ("broken bracket", "[2001:db8::9", "10.0.0.1"),
        ];
        for (rule, list, client) in rows {
            let custom = headers(&[("x-forwarded-for", list)]);
            assert_eq!(
                told(&custom, PROXY, &proxies()),
                format!("{client} - -"),
                "{rule}"
            );
        }
        let many = vec!["192.0.2.9"; 50].join(", ");
        let custom = headers(&[("x-forwarded-for", &many)]);
        assert_eq!(
            told(&custom, PROXY, &TrustedProxies::any()),
            "192.0.2.9 - -"
        );
        let lines = headers(&[
            ("x-forwarded-for", "192.0.2.9"),
            ("x-forwarded-for", "10.0.0.2"),
        ]);
        assert_eq!(told(&lines, PROXY, &proxies()), "192.0.2.9 - -");
    }

    #[test]
    fn the_standard_header_is_read_from_its_end() {
        let rows = [
            (
                "all",
                "for=192.0.2.9;host=h:81;proto=https;by=10.0.0.1",
                "192.0.2.9 h:81 https",
            ),
            (
                "any case",
                "For=192.0.2.9; HOST=h; Proto=HTTPS",
                "192.0.2.9 h https",
            ),
            ("IPv6", r#"for="[2001:db8::9]:4711""#, "2001:db8::9 - -"),
            (
                "spoofed before it",
                "for=10.9.9.9;host=evil, for=192.0.2.9;host=h",
                "192.0.2.9 h -",
            ),
            (
                "two proxies",
                "for=192.0.2.9;host=h;proto=https, for=10.0.0.2;host=i",
                "192.0.2.9 h https",
            ),
            (
                "told by the inner one alone",
                "for=192.0.2.9, for=10.0.0.2;host=i",
                "192.0.2.9 i -",
            ),
            (
                "unknown",
                "for=192.0.2.9, for=unknown;proto=https",
                "10.0.0.1 - https",
            ),
            ("hidden", "for=192.0.2.9, for=_hidden", "10.0.0.1 - -"),
            (
                "open quote before it",
                r#"for=evil;host="a, for=192.0.2.9;host=h"#,
                "192.0.2.9 h -",
            ),
            (
                "comma in quotes",
                r#"for=192.0.2.9;x="a,for=203.0.113.7;\"",  for=10.0.0.2"#,
                "192.0.2.9 - -",
            ),
            (
                "escaped backslash",
                r#"for=192.0.2.9;host="a\\""#,
                "192.0.2.9 - -",
            ),
            (
                "foreign scheme",
                "for=192.0.2.9;proto=gopher",
                "192.0.2.9 - -",
            ),
            (
                "malformed host",
                r#"for=192.0.2.9;host="a b""#,
                "192.0.2.9 - -",
            ),
            ("nothing", "", "10.0.0.1 - -"),
            ("no pairs", ";;for;=,", "10.0.0.1 - -"),
        ];
        for (rule, list, expected) in rows {
            let standard = headers(&[("forwarded", list), ("x-forwarded-for", "203.0.113.7")]);
            assert_eq!(told(&standard, PROXY, &proxies()), expected, "{rule}");
        }
    }

    #[test]
    fn the_host_and_scheme_are_those_of_the_farthest_believed_proxy() {
        let rows = [
            (
                "one proxy",
                "192.0.2.9",
                "evil, h:81",
                "gopher, https",
                "192.0.2.9 h:81 https",
            ),
            (
                "two proxies",
                "192.0.2.9, 10.0.0.2",
                "evil, h, i",
                "http, https, http",
                "192.0.2.9 h https",
            ),
            (
                "one value of two proxies",
                "192.0.2.9, 10.0.0.2",
                "h",
                "https",
                "192.0.2.9 h https",
            ),
            ("no client", "", "h", "HTTP", "10.0.0.1 h http"),
            (
                "malformed",
                "192.0.2.9",
                "a b",
                "javascript",
                "192.0.2.9 - -",
            ),
        ];
        for (rule, client, host, proto, expected) in rows {
            let custom = headers(&[
                ("x-forwarded-for", client),
                ("x-forwarded-host", host),
                ("x-forwarded-proto", proto),
            ]);
            assert_eq!(told(&custom, PROXY, &proxies()), expected, "{rule}");
        }
    }

    proptest! {
        #[test]
        fn nothing_written_before_a_proxys_word_changes_it(start in r#"[ -~]{0,40}|[for=hst;,"\\10.]{0,40}"#) {
            let standard = headers(&[("forwarded", &format!("{start}, for=192.0.2.9;host=h"))]);
            prop_assert_eq!(told(&standard, PROXY, &proxies()), "192.0.2.9 h -");
            let custom = headers(&[("x-forwarded-for", &format!("{start}, 192.0.2.9"))]);
            prop_assert_eq!(told(&custom, PROXY, &proxies()), "192.0.2.9 - -");
        }

        #[test]
        fn any_bytes_can_be_read(bytes in prop::collection::vec(prop_oneof![32u8..127, 128u8..], 0..60)) {
            let value = HeaderValue::from_bytes(&bytes).unwrap();
            for name in [FORWARDED, FOR, HOST, PROTO] {
                let headers = HeaderMap::from_iter([(name, value.clone())]);
                told(&headers, PROXY, &TrustedProxies::any());
            }
        }
    }
}
