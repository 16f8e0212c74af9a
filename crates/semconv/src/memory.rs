//! A small memory for what is sent again and again.

use std::cell::RefCell;
use std::thread::LocalKey;

use crate::hash::hash;

/// How many values a memory keeps.
const PLACES: usize = 32;

/// The most bytes of a value that is kept.
const MAX_SENT: usize = 256;

/// What was read from values that were sent before: a fixed number of them, each in the one place that its hash gives it.
///
/// There is one for each thread, so that threads need not wait for each other. A value is kept when it comes for the second time with
/// nothing else in between that belongs to its place. So a flood of values that are always new leaves what is kept in peace, and costs
/// little more than reading them.
#[derive(Debug)]
pub(crate) struct Memory<V>([Place<V>; PLACES]);

#[derive(Debug)]
struct Place<V> {
    kept: Option<(Box<[u8]>, V)>,
    /// The hash of the value that came last, if it was not the one that is kept.
    came: u64,
}

impl<V> Memory<V> {
    pub(crate) const fn new() -> Self {
        Memory([const { Place { kept: None, came: 0 } }; PLACES])
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
pub(crate) fn look_up<V: Clone>(
    memory: &'static LocalKey<RefCell<Memory<V>>>,
    sent: &[u8],
    read: impl FnOnce() -> Option<V>,
) -> Option<V> {
    if sent.len() > MAX_SENT {
        return None;
    }
    let hash = hash(sent);
    // A thread that ends has no memory any more.
    match with(memory, |memory| memory.see(sent, hash))? {
        Ok(value) => Some(value),
        Err(Sight::First) => None,
        Err(Sight::Second) => {
            let value = read()?;
            with(memory, |memory| memory.keep(sent, hash, value.clone()))?;
            Some(value)
        }
    }
}

#[inline]
fn with<V, T>(memory: &'static LocalKey<RefCell<Memory<V>>>, then: impl FnOnce(&mut Memory<V>) -> T) -> Option<T> {
    let with = memory.try_with(|memory| Some(then(&mut *memory.try_borrow_mut().ok()?)));
    with.ok().flatten()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    thread_local! {
        static LENGTHS: RefCell<Memory<usize>> = const { RefCell::new(Memory::new()) };
    }

    /// Whether a value's length is known when it is asked for.
    fn is_known(sent: &str) -> bool {
        let known = look_up(&LENGTHS, sent.as_bytes(), || Some(sent.len()));
        assert!(known.is_none_or(|len| len == sent.len()));
        known.is_some()
    }

    fn kept() -> Vec<String> {
        let text = |sent: &[u8]| String::from_utf8(sent.into()).unwrap();
        let kept = with(&LENGTHS, |memory| {
            let places = memory.0.iter();
            places.filter_map(|place| Some(text(&place.kept.as_ref()?.0))).collect()
        });
        kept.unwrap()
    }

    #[test]
    fn what_comes_again_is_kept() {
        assert_eq!([(); 4].map(|()| is_known("again")), [false, true, true, true]);
        assert_eq!(kept(), ["again"]);
    }

    #[test]
    fn what_is_always_new_displaces_nothing_and_is_not_kept() {
        is_known("steady");
        is_known("steady");
        for n in 0..10_000 {
            assert!(!is_known(&format!("new/{n}")));
            assert!(is_known("steady"));
        }
        assert_eq!(kept(), ["steady"]);
    }

    #[test]
    fn what_comes_in_turns_does_not_displace_each_other() {
        let place = |text: &str| hash(text.as_bytes()) as usize % PLACES;
        let rival = (0..)
            .map(|n| n.to_string())
            .find(|rival| place(rival) == place("first"));
        let rival = rival.unwrap();
        is_known("first");
        is_known("first");
        for _ in 0..100 {
            assert_eq!((is_known(&rival), is_known("first")), (false, true));
        }
        assert_eq!((is_known(&rival), is_known(&rival)), (false, true), "two in a row do");
        assert_eq!(kept(), [rival]);
    }

    #[test]
    fn however_much_comes_again_a_fixed_number_is_kept() {
        for n in 0..1000 {
            let value = format!("{n}/{}", "x".repeat(n));
            let short = value.len() <= MAX_SENT;
            assert_eq!([(); 3].map(|()| is_known(&value)), [false, short, short], "{n}");
        }
        let kept = kept();
        assert!((2..=PLACES).contains(&kept.len()));
        assert!(kept.iter().all(|kept| kept.len() <= MAX_SENT));
    }

    #[test]
    fn what_cannot_be_read_is_not_kept() {
        assert_eq!([(); 3].map(|()| look_up(&LENGTHS, b"unreadable", || None)), [None; 3]);
        assert_eq!(kept(), [""; 0]);
    }

    #[test]
    fn a_thread_that_ends_has_no_memory_and_no_panic() {
        static AT_END: Mutex<Option<bool>> = Mutex::new(None);
        struct AtEnd;
        impl Drop for AtEnd {
            fn drop(&mut self) {
                *AT_END.lock().unwrap() = Some(is_known("never before"));
            }
        }
        thread_local!(static USED_FIRST: AtEnd = const { AtEnd });
        let ends = std::thread::spawn(|| {
            USED_FIRST.with(|_| ());
            is_known("used second");
        });
        ends.join().unwrap();
        assert_eq!(*AT_END.lock().unwrap(), Some(false));
    }
}
