//! How far callers are believed.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use http::request;
use ipnet::IpNet;
use tower_telemetry_observe::contain;

use crate::peer::peer;

/// How far a caller is believed: one answer for its trace context, its baggage and its forwarded headers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Trust {
    /// The caller's context is the parent, and its baggage and forwarded headers are believed: for callers of one's own.
    #[default]
    Parent,
    /// A trace of one's own, with a link to the caller's. Baggage and forwarded headers are passed over.
    Link,
    /// A trace of one's own, and nothing of the caller's.
    Ignore,
}

/// The peers in a set of networks.
///
/// ```
/// use std::net::{IpAddr, Ipv4Addr};
/// use tower_telemetry_semconv::{IpNet, Peers};
///
/// let balancers: IpNet = "10.0.0.0/8".parse()?;
/// let peers = Peers::new([balancers, IpNet::from(IpAddr::from(Ipv4Addr::LOCALHOST))]);
/// assert!(peers.contains(Ipv4Addr::new(10, 0, 0, 1).into()));
/// # Ok::<(), ipnet::AddrParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Peers(Arc<[IpNet]>);

impl Peers {
    /// The peers in these networks, or with these addresses.
    pub fn new(networks: impl IntoIterator<Item = impl Into<IpNet>>) -> Self {
        Peers(networks.into_iter().map(Into::into).collect())
    }

    /// Whether this address is in one of the networks. An IPv4 address that is written as an IPv6 one (`::ffff:10.0.0.1`) is an IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|net| net.contains(&address))
    }
}

/// Whom a server believes how far: everybody alike (from a [`Trust`]), by the peer's address, or by a closure over the request.
///
/// ```
/// use tower_telemetry_semconv::{Http, IpNet, Peers, Trust, TrustPolicy};
///
/// // A server that strangers can reach.
/// let public = Http::server().with_trust(Trust::Link);
///
/// // The load balancer passes on what our own services say, and strangers come in by another way.
/// let balancers: IpNet = "10.0.0.0/8".parse()?;
/// let mixed = Http::server().with_trust(TrustPolicy::peers(Peers::new([balancers]), Trust::Link));
///
/// // A gateway of one's own marks what has passed it.
/// let marked = Http::server().with_trust(TrustPolicy::by(|request| match request.headers.contains_key("x-gateway") {
///     true => Trust::Parent,
///     false => Trust::Ignore,
/// }));
/// # let _ = (public, mixed, marked);
/// # Ok::<(), ipnet::AddrParseError>(())
/// ```
///
/// Which part of a chain of forwarded addresses is believed goes with it. `Forwarded` and `X-Forwarded-For` are read from their end, where
/// the peer has written, and each hop is believed only if the one that forwarded its word is:
///
/// | policy | of a caller that is a [`Parent`](Trust::Parent) |
/// |---|---|
/// | `Trust::Parent` for all | the whole chain |
/// | by peers | up to the first address that is not among the peers: that is the client |
/// | by a closure | what the caller itself has written, the last hop |
///
/// A request with a `Forwarded` header (RFC 7239) is read by that alone: let your proxies remove the header if they do not write it.
#[derive(Clone)]
pub struct TrustPolicy(Policy);

#[derive(Clone)]
enum Policy {
    Fixed(Trust),
    Peers(Peers, Trust),
    By(Arc<dyn Fn(&request::Parts) -> Trust + Send + Sync>),
}

/// Whose words in a chain of forwarded addresses are believed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Hops<'a> {
    All,
    By(&'a Peers),
    Last,
}

impl TrustPolicy {
    /// These peers are a [`Parent`](Trust::Parent), and others what is said here; so is a caller whose address is not known, as over a Unix socket.
    ///
    /// The address is that of [`PeerAddr`](crate::PeerAddr) or axum's `ConnectInfo`.
    pub fn peers(peers: Peers, otherwise: Trust) -> Self {
        TrustPolicy(Policy::Peers(peers, otherwise))
    }

    /// As the closure says, once for each request. Where it panics, the caller is [ignored](Trust::Ignore).
    pub fn by(decide: impl Fn(&request::Parts) -> Trust + Send + Sync + 'static) -> Self {
        TrustPolicy(Policy::By(Arc::new(decide)))
    }

    pub(crate) fn decide(&self, request: &request::Parts) -> Trust {
        match &self.0 {
            Policy::Fixed(trust) => *trust,
            Policy::Peers(peers, otherwise) => match peer(&request.extensions) {
                Some(peer) if peers.contains(peer.ip()) => Trust::Parent,
                _ => *otherwise,
            },
            Policy::By(decide) => contain(|| decide(request)).unwrap_or(Trust::Ignore),
        }
    }

    /// The hops that are believed of a caller that is a parent.
    pub(crate) fn hops(&self) -> Hops<'_> {
        match &self.0 {
            Policy::Fixed(_) => Hops::All,
            Policy::Peers(peers, _) => Hops::By(peers),
            Policy::By(_) => Hops::Last,
        }
    }
}

impl From<Trust> for TrustPolicy {
    fn from(trust: Trust) -> Self {
        TrustPolicy(Policy::Fixed(trust))
    }
}

impl fmt::Debug for TrustPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Policy::Fixed(trust) => f.debug_tuple("Fixed").field(trust).finish(),
            Policy::Peers(peers, otherwise) => f.debug_tuple("Peers").field(peers).field(otherwise).finish(),
            Policy::By(_) => f.debug_tuple("By").finish_non_exhaustive(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::PeerAddr;

    fn decided(policy: &TrustPolicy, peer: Option<&str>) -> Trust {
        let (mut request, ()) = http::Request::get("/").body(()).unwrap().into_parts();
        if let Some(peer) = peer {
            request.extensions.insert(PeerAddr(peer.parse().unwrap()));
        }
        policy.decide(&request)
    }

    #[test]
    fn a_fixed_trust_is_everybodys() {
        for trust in [Trust::Parent, Trust::Link, Trust::Ignore] {
            let policy = TrustPolicy::from(trust);
            assert_eq!(decided(&policy, None), trust);
            assert_eq!(decided(&policy, Some("192.0.2.1:1")), trust);
        }
    }

    #[test]
    fn peers_are_parents_and_others_are_not() {
        let nets = ["10.0.0.0/8", "fd00::/8"].map(|net| net.parse::<IpNet>().unwrap());
        for otherwise in [Trust::Parent, Trust::Link, Trust::Ignore] {
            let policy = TrustPolicy::peers(Peers::new(nets), otherwise);
            for peer in ["10.1.2.3:1", "[::ffff:10.1.2.3]:1", "[fd00::1]:1"] {
                assert_eq!(decided(&policy, Some(peer)), Trust::Parent, "{peer}");
            }
            for peer in ["11.1.2.3:1", "[2001:db8::1]:1", "[::ffff:11.1.2.3]:1"] {
                assert_eq!(decided(&policy, Some(peer)), otherwise, "{peer}");
            }
            assert_eq!(decided(&policy, None), otherwise);
        }
        let nobody = TrustPolicy::peers(Peers::new(Vec::<IpNet>::new()), Trust::Link);
        assert_eq!(decided(&nobody, Some("10.1.2.3:1")), Trust::Link);
    }

    #[test]
    fn an_address_in_ipv6_dress_is_among_the_ipv4_peers() {
        let peers = Peers::new([IpAddr::from(Ipv4Addr::new(10, 0, 0, 1))]);
        assert!(peers.contains("::ffff:10.0.0.1".parse().unwrap()));
        assert!(!peers.contains("::ffff:10.0.0.2".parse().unwrap()));
    }

    #[test]
    fn a_closure_sees_the_request() {
        let policy = TrustPolicy::by(|request| match request.uri.path() {
            "/" => Trust::Link,
            _ => Trust::Parent,
        });
        assert_eq!(decided(&policy, None), Trust::Link);
    }

    #[test]
    fn of_a_closure_that_panics_nothing_is_believed() {
        let policy = TrustPolicy::by(|_| panic!("a bug in a policy"));
        assert_eq!(decided(&policy, None), Trust::Ignore);
    }
}
