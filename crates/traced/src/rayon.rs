//! Work on rayon's threads, in the context of who asks for it.
//!
//! For parallel iterators, carry the context by hand, into each closure:
//!
//! ```
//! use rayon::prelude::*;
//! use tower_telemetry_traced::{CarriedContext, in_span};
//!
//! let carried = CarriedContext::detached();
//! let sum: u32 = [1, 2, 3].par_iter().map(|n| carried.in_scope(|| in_span("square", |_| n * n))).sum();
//! assert_eq!(sum, 14);
//! ```

use crate::context::carried;

/// Like `rayon::join`, both sides in the current context.
///
/// ```
/// use tower_telemetry_traced::{in_span, rayon};
///
/// let (left, right) = rayon::join(|| in_span("left", |_| 1), || in_span("right", |_| 2));
/// assert_eq!(left + right, 3);
/// ```
pub fn join<A, B, RA, RB>(a: A, b: B) -> (RA, RB)
where
    A: FnOnce() -> RA + Send,
    B: FnOnce() -> RB + Send,
    RA: Send,
    RB: Send,
{
    let carried = carried();
    rayon_core::join(|| carried.in_scope(a), || carried.in_scope(b))
}

/// Like `rayon::spawn`, in the current context.
pub fn spawn(work: impl FnOnce() + Send + 'static) {
    let carried = carried();
    rayon_core::spawn(move || carried.in_scope(work));
}
