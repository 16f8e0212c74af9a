//! Whether somebody listens where an exporter sends to.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use super::Finding;

const PATIENCE: Duration = Duration::from_secs(2);

/// Connects to the URL's host and port, and says so when that fails. Nothing is sent.
pub(super) fn unreachable(url: &str) -> Option<Finding> {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    let host_and_port = authority.rsplit('@').next().unwrap_or_default();
    let has_port = host_and_port
        .rsplit_once(':')
        .is_some_and(|(_, port)| !port.is_empty() && !port.ends_with(']'));
    let port = if url.starts_with("https:") { 443 } else { 80 };
    let target = match has_port {
        true => host_and_port.to_owned(),
        false => format!("{}:{port}", host_and_port.trim_end_matches(':')),
    };
    let mut reason = "its name has no address".to_owned();
    match target.to_socket_addrs() {
        Ok(addresses) => {
            for address in addresses {
                match TcpStream::connect_timeout(&address, PATIENCE) {
                    Ok(_) => return None,
                    Err(error) => reason = error.to_string(),
                }
            }
        }
        Err(error) => reason = error.to_string(),
    }
    Some(Finding::Unreachable {
        exporter: url.to_owned(),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    #[test]
    fn a_port_with_a_listener_is_reached_and_one_without_is_not() -> std::io::Result<()> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let url = format!("http://{}/v1/traces", listener.local_addr()?);
        assert_eq!(unreachable(&url), None);
        drop(listener);
        let found = unreachable(&url).map(|finding| finding.to_string()).unwrap_or_default();
        assert!(found.contains(&url), "{found}");
        Ok(())
    }

    #[test]
    fn what_is_no_address_is_not_reached() {
        for url in ["http://[::1", "http://", "http://nobody.invalid:1"] {
            assert!(matches!(unreachable(url), Some(Finding::Unreachable { .. })), "{url}");
        }
    }
}
