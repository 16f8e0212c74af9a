//! The one place where a panic is caught.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a user's callback; `None` if it panicked.
///
/// Observers use it around the callbacks they are given, so that a mistake there costs neither the request nor, when the callback runs
/// while something is dropped, the process. The panic hook still reports it.
///
/// ```
/// use tower_telemetry_observe::contain;
///
/// assert_eq!(contain(|| 2 + 2), Some(4));
/// assert_eq!(contain(|| -> u8 { panic!("a bug in a callback") }), None);
/// ```
#[inline(always)]
pub fn contain<T>(callback: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(callback)).map_err(discard).ok()
}

/// A payload's own drop may panic, too; what that throws is leaked rather than dropped again.
#[cold]
fn discard(payload: Box<dyn Any + Send>) {
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(payload)));
    dropped.map_err(std::mem::forget).ok();
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;

    #[test]
    fn a_callback_gives_its_value() {
        assert_eq!(contain(|| "value"), Some("value"));
    }

    #[test]
    fn a_panic_is_caught() {
        assert_eq!(contain(|| -> u8 { panic!("caught") }), None);
    }

    #[test]
    #[cfg_attr(miri, ignore = "miri would tell of the leak that is meant")]
    fn a_payload_whose_drop_panics_is_caught_too() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("while the payload is dropped");
            }
        }
        assert_eq!(contain(|| -> u8 { panic_any(Bomb) }), None);
    }

    #[test]
    fn a_panic_is_caught_while_another_one_unwinds() {
        struct OnDrop;
        impl Drop for OnDrop {
            fn drop(&mut self) {
                assert_eq!(contain(|| -> u8 { panic!("the inner one") }), None);
            }
        }
        let unwound = catch_unwind(|| {
            let _on_drop = OnDrop;
            panic_any("the outer one")
        });
        let payload = unwound.expect_err("a panic");
        assert_eq!(payload.downcast_ref(), Some(&"the outer one"));
    }
}
