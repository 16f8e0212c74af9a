//! The names of spans that have a route, or are a gRPC method's.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};

use crate::hash::hash;
use crate::table::find_or_keep;

/// The most names that are kept: a power of two.
const NAMES: usize = 4096;

/// The most bytes of a name that is kept.
const MAX_NAME: usize = 256;

/// The names of all calls.
///
/// A name is made of a method of a closed set and of a route, and routes come from the application, never from a request. So nothing has to
/// make room, and what is full costs an allocation for each further name.
static TABLE: [OnceLock<Name>; NAMES] = [const { OnceLock::new() }; NAMES];

/// `METHOD route`, or a route alone, kept for as long as the program runs.
#[derive(Debug)]
pub struct Name {
    text: Box<str>,
    route: u8,
}

impl Name {
    /// The kept name of a route that needs no method in it.
    pub(crate) fn alone(route: &str) -> Option<&'static Name> {
        TABLE.get(Self::place(&TABLE, "", route)?)?.get()
    }

    /// The place of the kept name, or `None` if it is too long or there is no place for it.
    fn place(table: &[OnceLock<Name>], method: &str, route: &str) -> Option<usize> {
        let space = if method.is_empty() { "" } else { " " };
        let behind_space = u8::try_from(method.len() + space.len()).ok()?;
        let len = usize::from(behind_space) + route.len();
        if len > MAX_NAME {
            return None;
        }
        // Methods are told apart by their lengths and first letters; the route makes the rest.
        let word = method.bytes().next().map_or(0, u64::from) << 8 | u64::from(behind_space);
        // There is no space in a method: a name that is the same in these parts is the same.
        let is = |name: &Name| name.text.len() == len && name.text.ends_with(route) && name.text.starts_with(method);
        let make = || Name {
            text: [method, space, route].concat().into(),
            route: behind_space,
        };
        let hash = hash(route.as_bytes()).wrapping_add(word.wrapping_mul(8));
        find_or_keep(table, hash, is, make)
    }

    /// The whole name.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The route in it.
    pub(crate) fn route(&self) -> &str {
        self.text.get(usize::from(self.route)..).unwrap_or_default()
    }
}

/// Where one call's name is kept. It is looked for when it is first asked for.
#[derive(Debug, Default)]
pub(crate) struct Named(AtomicU16);

impl Named {
    /// The name, if it was asked for before.
    #[inline]
    pub(crate) fn known(&self) -> Option<&'static Name> {
        let place = usize::from(self.0.load(Ordering::Relaxed)).checked_sub(1)?;
        TABLE.get(place)?.get()
    }

    /// The kept name of these two.
    #[inline]
    pub(crate) fn find(&self, method: &str, route: &str) -> Option<&'static Name> {
        if let Some(known) = self.known() {
            return Some(known);
        }
        let place = Name::place(&TABLE, method, route)?;
        self.0.store(u16::try_from(place + 1).ok()?, Ordering::Relaxed);
        TABLE[place].get()
    }
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;

    fn kept(method: &str, route: &str) -> Option<&'static Name> {
        Named::default().find(method, route)
    }

    #[test]
    fn a_name_is_made_once() {
        let first = kept("GET", "/once/{id}").unwrap();
        let again = kept("GET", &String::from("/once/{id}")).unwrap();
        assert!(ptr::eq(first, again));
        assert_eq!((first.as_str(), first.route()), ("GET /once/{id}", "/once/{id}"));
        let other = kept("POST", "/once/{id}").unwrap();
        assert_eq!((other.as_str(), other.route()), ("POST /once/{id}", "/once/{id}"));
    }

    #[test]
    fn a_name_is_known_once_it_was_asked_for() {
        let named = Named::default();
        assert!(named.known().is_none());
        let found = named.find("GET", "/known/{id}").unwrap();
        assert!(ptr::eq(found, named.known().unwrap()));
    }

    #[test]
    fn a_name_that_is_too_long_is_not_kept() {
        let route = "r".repeat(MAX_NAME - "GET ".len());
        assert_eq!(kept("GET", &route).unwrap().route(), route);
        assert!(kept("HEAD", &route).is_none());
        assert!(kept(&"M".repeat(300), "").is_none());
    }

    #[test]
    fn what_has_no_place_is_not_kept_and_takes_none() {
        let table = [const { OnceLock::new() }; 4];
        let routes: Vec<_> = (0..100).map(|n| format!("/{n}")).collect();
        let kept = |route: &&String| Name::place(&table, "GET", route).is_some();
        let first: Vec<_> = routes.iter().filter(kept).collect();
        assert_eq!(first.len(), table.len());
        let later: Vec<_> = routes.iter().filter(kept).collect();
        assert_eq!(first, later);
        for route in first {
            let place = Name::place(&table, "GET", route).unwrap();
            let name = table[place].get().unwrap();
            assert_eq!((name.route(), name.as_str()), (&**route, &*format!("GET {route}")));
        }
    }

    #[test]
    fn a_name_is_found_from_many_threads() {
        let find = || (0..64).map(|n| kept("GET", &format!("/threads/{n}")).unwrap());
        let ours: Vec<_> = find().collect();
        let threads = [(); 4].map(|()| std::thread::spawn(move || find().collect::<Vec<_>>()));
        for theirs in threads {
            let theirs = theirs.join().unwrap();
            assert!(theirs.iter().zip(&ours).all(|(theirs, ours)| ptr::eq(*theirs, *ours)));
        }
    }
}
