//! The address at the other end of the connection.

use std::net::{IpAddr, SocketAddr};

use http::Extensions;

/// The peer's address: on a server a request extension, on a client a response extension.
///
/// A server also reads axum's `ConnectInfo<SocketAddr>` with the feature `axum`, and tonic's `TcpConnectInfo` with the feature `tonic`; a client
/// the `HttpInfo` of hyper-util's connections, with the feature `hyper-util`. This one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PeerAddr(pub SocketAddr);

/// The peer of a server, from a request: an IPv4 address also where the socket is an IPv6 one.
#[inline]
pub(crate) fn peer(request: &Extensions) -> Option<SocketAddr> {
    let given = request.get().copied();
    let peer = given.or_else(|| of_axum(request)).or_else(|| of_tonic(request));
    peer.map(canonical)
}

/// The same of a client, from a response.
#[inline]
pub(crate) fn peer_of_client(response: &Extensions) -> Option<SocketAddr> {
    response.get().copied().or_else(|| of_hyper(response)).map(canonical)
}

fn canonical(PeerAddr(peer): PeerAddr) -> SocketAddr {
    SocketAddr::new(peer.ip().to_canonical(), peer.port())
}

#[cfg(feature = "hyper-util")]
fn of_hyper(extensions: &Extensions) -> Option<PeerAddr> {
    let info = extensions.get::<hyper_util::client::legacy::connect::HttpInfo>()?;
    Some(PeerAddr(info.remote_addr()))
}

#[cfg(not(feature = "hyper-util"))]
fn of_hyper(_: &Extensions) -> Option<PeerAddr> {
    None
}

#[cfg(feature = "axum")]
fn of_axum(extensions: &Extensions) -> Option<PeerAddr> {
    let info = extensions.get::<axum::extract::ConnectInfo<SocketAddr>>()?;
    Some(PeerAddr(info.0))
}

#[cfg(not(feature = "axum"))]
fn of_axum(_: &Extensions) -> Option<PeerAddr> {
    None
}

#[cfg(feature = "tonic")]
fn of_tonic(extensions: &Extensions) -> Option<PeerAddr> {
    let info = extensions.get::<tonic::transport::server::TcpConnectInfo>()?;
    info.remote_addr().map(PeerAddr)
}

#[cfg(not(feature = "tonic"))]
fn of_tonic(_: &Extensions) -> Option<PeerAddr> {
    None
}

/// An address as [`Display`](std::fmt::Display) writes it, but faster: it is written for each request.
pub(crate) fn address_text(address: IpAddr) -> String {
    let IpAddr::V4(address) = address else {
        return address.to_string();
    };
    let mut text = String::with_capacity("255.255.255.255".len());
    for octet in address.octets() {
        let digits = [octet / 100, octet / 10 % 10, octet % 10];
        let leading = usize::from(octet < 100) + usize::from(octet < 10);
        if !text.is_empty() {
            text.push('.');
        }
        text.extend(digits[leading..].iter().map(|digit| char::from(b'0' + digit)));
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_ipv4_peer_on_an_ipv6_socket_is_an_ipv4_peer() {
        let mut extensions = Extensions::new();
        assert_eq!(peer(&extensions), None);
        extensions.insert(PeerAddr("[::ffff:192.0.2.1]:8080".parse().unwrap()));
        assert_eq!(peer(&extensions), "192.0.2.1:8080".parse().ok());
    }

    #[cfg(feature = "axum")]
    #[test]
    fn the_peer_of_axum_is_read_where_no_other_is_told() {
        use axum::extract::ConnectInfo;

        let addr = |text: &str| text.parse::<SocketAddr>().unwrap();
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(addr("192.0.2.1:1")));
        assert_eq!(peer(&extensions), Some(addr("192.0.2.1:1")));
        extensions.insert(PeerAddr(addr("192.0.2.2:2")));
        assert_eq!(peer(&extensions), Some(addr("192.0.2.2:2")));
    }

    proptest! {
        #[test]
        fn an_address_is_written_as_it_is_displayed(address: IpAddr) {
            prop_assert_eq!(address_text(address), address.to_string());
        }
    }
}
