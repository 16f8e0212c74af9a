//! What is sent again and again is read once: hosts, user agents and addresses.

use std::cell::RefCell;
use std::net::IpAddr;
use std::sync::Arc;

use crate::Value;
use crate::authority::HostPort;
use crate::memory::{Memory, look_up};
use crate::peer::address_text;
use crate::text::clean_bytes;

thread_local! {
    static HOSTS: RefCell<Memory<(Arc<str>, Option<u16>)>> = const { RefCell::new(Memory::new()) };
    static AGENTS: RefCell<Memory<Arc<str>>> = const { RefCell::new(Memory::new()) };
    static ADDRESSES: RefCell<Memory<Arc<str>>> = const { RefCell::new(Memory::new()) };
}

/// The host, clean, and the port, as this reads them where they are not known yet.
#[inline]
pub(crate) fn host<'a>(
    sent: &'a [u8],
    read: impl Fn(&'a [u8]) -> Option<HostPort<'a>>,
) -> Option<(Value<'a>, Option<u16>)> {
    match known_host(sent, &read) {
        Some((host, port)) => Some((Value::Shared(host), port)),
        None => read(sent).map(|read| (Value::Text(read.host.into()), read.port)),
    }
}

/// The same of an authority, to be kept by a call.
#[inline]
pub(crate) fn shared_host(authority: &str) -> Option<(Arc<str>, Option<u16>)> {
    let read = || HostPort::of_authority(authority);
    let known = known_host(authority.as_bytes(), |_| read());
    known.or_else(|| read().map(|read| (read.host.into(), read.port)))
}

#[inline]
fn known_host<'a>(
    sent: &'a [u8],
    read: impl FnOnce(&'a [u8]) -> Option<HostPort<'a>>,
) -> Option<(Arc<str>, Option<u16>)> {
    look_up(&HOSTS, sent, || {
        // What has credentials in it is not kept.
        let read = read(sent).filter(|_| !sent.contains(&b'@'))?;
        Some((read.host.into(), read.port))
    })
}

/// A `User-Agent` header, clean.
#[inline]
pub(crate) fn agent(sent: &[u8]) -> Value<'_> {
    match look_up(&AGENTS, sent, || Some(clean_bytes(sent).into())) {
        Some(agent) => Value::Shared(agent),
        None => Value::Text(clean_bytes(sent)),
    }
}

/// An address as text.
#[inline]
pub(crate) fn address(address: IpAddr) -> Value<'static> {
    let text = || address_text(address);
    let keep = || Some(text().into());
    let kept = match address {
        IpAddr::V4(v4) => look_up(&ADDRESSES, &v4.octets(), keep),
        IpAddr::V6(v6) => look_up(&ADDRESSES, &v6.octets(), keep),
    };
    match kept {
        Some(text) => Value::Shared(text),
        None => Value::Text(text().into()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_kept(value: &Value<'_>) -> bool {
        matches!(value, Value::Shared(_))
    }

    fn text(value: Value<'_>) -> String {
        match value {
            Value::Shared(text) => text.to_string(),
            Value::Text(text) => text.into_owned(),
            other => panic!("{other:?}"),
        }
    }

    fn host_of(header: &str) -> Option<(Value<'_>, Option<u16>)> {
        host(header.as_bytes(), |_| HostPort::of_host(header))
    }

    #[test]
    fn what_comes_again_is_kept_and_shared() {
        assert!(!is_kept(&agent(b"curl/8.5")));
        let (Value::Shared(second), Value::Shared(third)) = (agent(b"curl/8.5"), agent(b"curl/8.5")) else {
            panic!("not kept");
        };
        assert!(&*second == "curl/8.5" && Arc::ptr_eq(&second, &third));
        for kept in [false, true, true] {
            let (host, port) = host_of("shop.example:8080").unwrap();
            assert_eq!(
                (is_kept(&host), text(host), port),
                (kept, "shop.example".into(), Some(8080))
            );
        }
        for kept in [false, true, true] {
            let address = address("2001:db8::1".parse().unwrap());
            assert_eq!((is_kept(&address), text(address)), (kept, "2001:db8::1".into()));
        }
    }

    #[test]
    fn what_is_no_host_stays_none_and_credentials_are_not_kept() {
        for _ in 0..3 {
            assert_eq!(host_of("a b"), None);
            assert_eq!(host_of("user@host"), None);
            let (named, _) = host(b"user:word@host", |_| HostPort::of_authority("user:word@host")).unwrap();
            assert_eq!((is_kept(&named), text(named)), (false, "host".into()));
            assert_eq!(shared_host("user:word@host").unwrap(), ("host".into(), None));
        }
        let memory = HOSTS.with_borrow(|memory| format!("{memory:?}"));
        assert!(!memory.contains("Some"), "{memory}");
    }

    proptest! {
        #[test]
        fn what_is_kept_is_what_was_read(values in prop::collection::vec("[a-c:@\\[\\]\u{1b}é]{0,3}", 1..200)) {
            for value in values {
                prop_assert_eq!(text(agent(value.as_bytes())), clean_bytes(value.as_bytes()));
                let read = HostPort::of_host(&value).map(|read| (read.host.to_owned(), read.port));
                prop_assert_eq!(host_of(&value).map(|(host, port)| (text(host), port)), read);
                let read = HostPort::of_authority(&value).map(|read| (read.host.into(), read.port));
                prop_assert_eq!(shared_host(&value), read);
            }
        }
    }
}
