//! What all threads share, without waiting for each other's caches.

use std::cell::Cell;
use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

/// The most shards. More threads than that share.
const MAX_SHARDS: usize = 32;

/// How many shards there are for what is kept by thread: a power of two.
pub fn shards() -> usize {
    static SHARDS: OnceLock<usize> = OnceLock::new();
    // Twice as many as the machine runs threads, so that neighbors in age do not meet.
    *SHARDS.get_or_init(|| {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        (2 * threads).next_power_of_two().min(MAX_SHARDS)
    })
}

/// The shard of this thread: less than [`shards`].
#[inline]
pub fn this_shard() -> usize {
    thread_local! {
        static MINE: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    match MINE.get() {
        usize::MAX => {
            let next = next_shard();
            MINE.set(next);
            next
        }
        mine => mine,
    }
}

#[cold]
fn next_shard() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    THREADS.fetch_add(1, Ordering::Relaxed) % shards()
}

/// A value that many threads share, and hold on to for each call.
///
/// With a plain `Arc` all of them would count its references at one place, which does not get faster with more threads. Here each
/// [shard](this_shard) has a count of its own.
///
/// ```
/// use tower_telemetry_observe::Shared;
///
/// let settings = Shared::new(String::from("settings"));
/// let held = settings.hold();
/// assert_eq!((held.len(), settings.get().len()), (8, 8));
/// ```
pub struct Shared<T> {
    handles: Arc<[Arc<Handle<T>>]>,
}

/// On cache lines of its own.
#[repr(align(128))]
struct Handle<T> {
    value: Arc<T>,
    shard: usize,
}

/// A [`Shared`] value that is held on to.
pub struct Held<T>(Arc<Handle<T>>);

impl<T> Shared<T> {
    /// Shares this value.
    pub fn new(value: T) -> Self {
        Arc::new(value).into()
    }

    /// The value.
    #[inline]
    pub fn get(&self) -> &T {
        // Of whatever shard, since nothing is counted.
        &self.handles[0].value
    }

    /// Holds on to the value, however long this lives.
    #[inline]
    pub fn hold(&self) -> Held<T> {
        // There are as many as shards, a power of two.
        Held(Arc::clone(&self.handles[this_shard() & (self.handles.len() - 1)]))
    }
}

impl<T> From<Arc<T>> for Shared<T> {
    fn from(value: Arc<T>) -> Self {
        let handle = |shard| {
            let value = Arc::clone(&value);
            Arc::new(Handle { value, shard })
        };
        Shared {
            handles: (0..shards()).map(handle).collect(),
        }
    }
}

impl<T> Held<T> {
    /// The [shard](this_shard) of the thread that held on to it first.
    #[inline]
    pub fn shard(&self) -> usize {
        self.0.shard
    }

    /// The value as all threads share it, for whoever wants a [`Weak`](std::sync::Weak) of it.
    #[inline]
    pub fn as_arc(&self) -> &Arc<T> {
        &self.0.value
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Shared {
            handles: Arc::clone(&self.handles),
        }
    }
}

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        Held(Arc::clone(&self.0))
    }
}

impl<T> Deref for Held<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shared").field(self.get()).finish()
    }
}

impl<T: fmt::Debug> fmt::Debug for Held<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Held").field(&**self).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thread_has_a_shard() {
        let shards: Vec<_> = (0..2)
            .map(|_| thread::spawn(this_shard).join().expect("a shard"))
            .collect();
        assert!(shards.iter().all(|shard| *shard < super::shards()));
        assert!(super::shards().is_power_of_two());
    }

    #[test]
    fn what_is_held_outlives_the_others_on_every_thread() {
        let shared = Shared::new(vec![7]);
        let weak = Arc::downgrade(&shared.handles[0].value);
        let held: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| shared.hold())).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().expect("a hold"))
                .collect()
        });
        drop(shared);
        assert!(held.iter().all(|held| **held == [7] && held.shard() < shards()));
        assert_eq!(held[0].clone().shard(), held[0].shard());
        drop(held);
        assert!(weak.upgrade().is_none(), "nothing is kept");
    }

    #[test]
    fn the_debug_forms_show_the_value() {
        let shared = Shared::new(7);
        assert_eq!(
            format!("{shared:?} {:?} {:?}", shared.clone(), shared.hold()),
            "Shared(7) Shared(7) Held(7)"
        );
    }
}
