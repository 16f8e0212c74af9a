//! An allocator that counts.
#![allow(unsafe_code, reason = "the allocator's trait is unsafe")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, which counts what each thread asks for.
pub(crate) struct Counting;

/// What a thread has asked the allocator for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Allocations {
    /// How often. To grow in place counts, too.
    pub(crate) count: u64,
    /// How many bytes, freed or not.
    pub(crate) bytes: u64,
    /// How many bytes were given back.
    pub(crate) freed: u64,
}

thread_local! {
    static ASKED: Cell<Allocations> = const { Cell::new(Allocations { count: 0, bytes: 0, freed: 0 }) };
}

impl Allocations {
    /// Up to now, by this thread.
    pub(crate) fn now() -> Self {
        ASKED.get()
    }

    /// Since then.
    pub(crate) fn since(self) -> Self {
        let now = Self::now();
        Allocations {
            count: now.count - self.count,
            bytes: now.bytes - self.bytes,
            freed: now.freed - self.freed,
        }
    }

    /// Bytes that were asked for and not given back.
    pub(crate) fn held(self) -> usize {
        usize::try_from(self.bytes.saturating_sub(self.freed)).unwrap_or(usize::MAX)
    }
}

fn asked(bytes: usize, freed: usize) {
    // A thread that is ending has nowhere to count.
    let _ = ASKED.try_with(|asked| {
        let Allocations {
            count,
            bytes: before,
            freed: free,
        } = asked.get();
        asked.set(Allocations {
            count: count + u64::from(bytes > 0),
            bytes: before + bytes as u64,
            freed: free + freed as u64,
        });
    });
}

// SAFETY: everything is the system allocator's; what is counted lives in a thread local that neither allocates nor drops.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        asked(layout.size(), 0);
        // SAFETY: the caller's promise is the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        asked(layout.size(), 0);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        asked(0, layout.size());
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        asked(size, layout.size());
        // SAFETY: as above.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;

    #[test]
    fn what_is_kept_is_held() {
        let before = Allocations::now();
        let kept = black_box(Box::new([0_u8; 100]));
        drop(black_box(Box::new([0_u8; 50])));
        let since = before.since();
        assert_eq!((since.count, since.bytes, since.held()), (2, 150, 100));
        drop(kept);
        assert_eq!(before.since().held(), 0);
    }

    #[test]
    fn growing_is_an_allocation() {
        let before = Allocations::now();
        let mut vec: Vec<u8> = black_box(Vec::with_capacity(10));
        vec.reserve_exact(20);
        assert_eq!((before.since().count, before.since().held()), (2, 20));
        drop(vec);
    }
}
