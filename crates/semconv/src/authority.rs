//! The host and the port in an authority or a `Host` header.

use std::net::Ipv6Addr;

use crate::class::Classes;

/// A name longer than this is none, RFC 3986, section 3.2.2.
const MAX_HOST: usize = 255;

/// A host as it is recorded: a name, or an address without brackets; and its port, where a usable one is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HostPort<'a> {
    pub(crate) host: &'a str,
    pub(crate) port: Option<u16>,
}

impl<'a> HostPort<'a> {
    /// From the authority of a URI. Its user information is passed over.
    pub(crate) fn of_authority(authority: &'a str) -> Option<Self> {
        let host = authority.rsplit_once('@');
        Self::of_host(host.map_or(authority, |(_, host)| host))
    }

    /// From a `Host` header: `None` unless it is a name or an address. Without a port from 1 to 65535 there is just the host.
    pub(crate) fn of_host(text: &'a str) -> Option<Self> {
        let (host, rest) = match text.strip_prefix('[') {
            Some(bracketed) => {
                let (host, rest) = bracketed.split_once(']')?;
                host.parse::<Ipv6Addr>().ok()?;
                (host, rest)
            }
            None => {
                let end = text.bytes().position(|byte| !is_name(byte));
                let (host, rest) = text.split_at_checked(end.unwrap_or(text.len()))?;
                if host.is_empty() || host.len() > MAX_HOST {
                    return None;
                }
                (host, rest)
            }
        };
        let port = match rest.strip_prefix(':') {
            Some(port) => port_number(port)?,
            None if rest.is_empty() => None,
            None => return None,
        };
        Some(HostPort { host, port })
    }
}

#[inline]
fn is_name(byte: u8) -> bool {
    !Classes::of_byte(byte).contain(Classes::NOT_NAME)
}

/// The number, if it is one that is in use. `None` for what is no port: behind a second colon, or with user information, which a `Host`
/// header has none of.
fn port_number(digits: &str) -> Option<Option<u16>> {
    let mut number = Some(0_u16);
    for byte in digits.bytes() {
        number = match byte {
            b'0'..=b'9' => number.and_then(|number| number.checked_mul(10)?.checked_add(u16::from(byte - b'0'))),
            b':' | b'@' => return None,
            _ => None,
        };
    }
    Some(number.filter(|number| *number != 0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hosts_and_ports_are_told_apart() {
        let rows = [
            ("name", Some(("name", None))),
            ("my-app.example.:8080", Some(("my-app.example.", Some(8080)))),
            ("a_b~%C3%A9", Some(("a_b~%C3%A9", None))),
            ("192.0.2.1:1", Some(("192.0.2.1", Some(1)))),
            ("[::1]:8080", Some(("::1", Some(8080)))),
            ("[2001:db8::1]", Some(("2001:db8::1", None))),
            ("[::1]:", Some(("::1", None))),
            ("host:", Some(("host", None))),
            ("host:port", Some(("host", None))),
            ("user:word@host", None),
            ("host:0", Some(("host", None))),
            ("host:65535", Some(("host", Some(65535)))),
            ("host:65536", Some(("host", None))),
            ("host:99999999999999999999", Some(("host", None))),
            ("host:+80", Some(("host", None))),
            ("host:-1", Some(("host", None))),
            ("", None),
            (":80", None),
            ("::1", None),
            ("a:1:2", None),
            ("[fe80::1", None),
            ("[]", None),
            ("[]:80", None),
            ("[host]", None),
            ("[::1]80", None),
            ("[::1]:80:80", None),
            ("[fe80::1%25eth0]", None),
            (r#"a b"<>:99999"#, None),
            ("a, b", None),
            ("a,b", None),
            ("user@host", None),
            ("host/path", None),
            ("h\u{e9}", None),
            ("h\u{1b}[31m", None),
        ];
        for (text, expected) in rows {
            let expected: Option<(&str, Option<u16>)> = expected;
            let expected = expected.map(|(host, port)| HostPort { host, port });
            assert_eq!(HostPort::of_host(text), expected, "{text}");
        }
    }

    #[test]
    fn user_information_is_no_part_of_the_host() {
        for authority in ["u:p@h:1", "u@h:1", "u:p@x@h:1", "@h:1"] {
            let host = HostPort::of_authority(authority);
            let expected = HostPort {
                host: "h",
                port: Some(1),
            };
            assert_eq!(host, Some(expected), "{authority}");
        }
        assert_eq!(HostPort::of_authority("u:p@"), None);
    }

    #[test]
    fn a_name_that_is_too_long_is_none() {
        assert!(HostPort::of_host(&"a".repeat(255)).is_some());
        assert!(HostPort::of_host(&"a".repeat(256)).is_none());
    }

    proptest! {
        #[test]
        fn any_text_gives_a_short_plain_host_or_none(text in "[\\[\\]:@a0.%é \"]{0,20}|\\PC{0,300}") {
            for found in [HostPort::of_host(&text), HostPort::of_authority(&text)].into_iter().flatten() {
                prop_assert!(!found.host.is_empty() && found.host.len() <= MAX_HOST);
                prop_assert!(found.host.bytes().all(|byte| is_name(byte) || byte == b':'));
                prop_assert!(found.port != Some(0));
            }
        }
    }
}
