//! What is sent again and again is read once: a memory for hosts, user agents and addresses.

use std::cell::RefCell;
use std::net::IpAddr;
use std::sync::Arc;
use std::thread::LocalKey;

use crate::Value;
use crate::authority::HostPort;
use crate::hash::hash;
use crate::peer::address_text;
use crate::text::clean_bytes;

/// How many values of a kind are kept.
const PLACES: usize = 32;

/// The most bytes of a value that is kept.
const MAX_SENT: usize = 256;

thread_local! {
    static HOSTS: RefCell<Seen<(Arc<str>, Option<u16>)>> = const { RefCell::new(Seen::new()) };
    static AGENTS: RefCell<Seen<Arc<str>>> = const { RefCell::new(Seen::new()) };
    static ADDRESSES: RefCell<Seen<Arc<str>>> = const { RefCell::new(Seen::new()) };
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

/// What was read from values that were sent before: a fixed number of them, each in the one place that its hash gives it.
///
/// There is one for each thread, so that threads need not wait for each other. A value is kept when it comes for the second time with
/// nothing else in between that belongs to its place. So a flood of values that are always new leaves what is kept in peace, and costs
/// little more than reading them.
#[derive(Debug)]
struct Seen<V>([Place<V>; PLACES]);

#[derive(Debug)]
struct Place<V> {
    kept: Option<(Box<[u8]>, V)>,
    /// The hash of the value that came last, if it was not the one that is kept.
    came: u64,
}

impl<V> Seen<V> {
    const fn new() -> Self {
        Seen([const { Place { kept: None, came: 0 } }; PLACES])
    }

    /// A value that is kept, or how it is seen.
    #[inline]
    fn see(&mut self, sent: &[u8], hash: u64) -> Result<V, Sight>
    where
        V: Clone,
    {
        let place = &mut self.0[hash as usize % PLACES];
        match &place.kept {
            Some((kept, value)) if **kept == *sent => {
                place.came = 0;
                Ok(value.clone())
            }
            _ if place.came == hash => Err(Sight::Second),
            _ => {
                place.came = hash;
                Err(Sight::First)
            }
        }
    }

    fn keep(&mut self, sent: &[u8], hash: u64, value: V) {
        self.0[hash as usize % PLACES].kept = Some((sent.into(), value));
    }
}

enum Sight {
    First,
    Second,
}

/// What is kept of this value, or is from now on.
#[inline]
fn look_up<V: Clone>(
    seen: &'static LocalKey<RefCell<Seen<V>>>,
    sent: &[u8],
    read: impl FnOnce() -> Option<V>,
) -> Option<V> {
    let hash = hash(sent);
    // A thread that ends has no memory any more.
    match with(seen, |seen| seen.see(sent, hash))? {
        Ok(value) => Some(value),
        Err(Sight::Second) if sent.len() <= MAX_SENT => {
            let value = read()?;
            with(seen, |seen| seen.keep(sent, hash, value.clone()))?;
            Some(value)
        }
        Err(Sight::First | Sight::Second) => None,
    }
}

#[inline]
fn with<V, T>(seen: &'static LocalKey<RefCell<Seen<V>>>, then: impl FnOnce(&mut Seen<V>) -> T) -> Option<T> {
    let with = seen.try_with(|seen| Some(then(&mut *seen.try_borrow_mut().ok()?)));
    with.ok().flatten()
}
