//! Values of attributes, and the one place where they become fit to be written down.

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use opentelemetry::{Key, KeyValue, Value};
use tower_telemetry_sanitize::Sanitizer;

/// A value that an attribute can have: a text, a number, a bool, or none (an `Option`; of a `Result`, the `Ok`).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of an attribute",
    note = "in `#[traced]`, record its text: `%name` by `Display`, `?name` by `Debug`; elsewhere, give one of its fields or its `to_string()`"
)]
pub trait Record {
    /// The value; `None` for no attribute at all.
    fn record(&self) -> Option<Value>;
}

static POLICY: OnceLock<Sanitizer> = OnceLock::new();

/// Sets the policy that says what may be written down, once in a process and before the first span. Without it, it is the
/// [default](Sanitizer::default) one.
///
/// # Errors
///
/// The policy, where there is one already.
pub fn set_sanitizer(policy: Sanitizer) -> Result<(), Sanitizer> {
    POLICY.set(policy)
}

/// The policy. Whatever is recorded goes through here.
#[inline]
pub(crate) fn policy() -> &'static Sanitizer {
    POLICY.get_or_init(Sanitizer::default)
}

/// The attribute as it may be written down, if there is one.
pub(crate) fn attribute(key: impl Into<Key>, value: &(impl Record + ?Sized)) -> Option<KeyValue> {
    policy().attribute(KeyValue::new(key, value.record()?))
}

/// A text of bounded length, however long the value goes on.
pub(crate) fn bounded(text: fmt::Arguments<'_>) -> String {
    struct Bounded(String);
    impl Write for Bounded {
        fn write_str(&mut self, part: &str) -> fmt::Result {
            self.0
                .push_str(part.get(..room(part, self.0.len())).unwrap_or_default());
            match self.0.len() < ENOUGH {
                true => Ok(()),
                false => Err(fmt::Error),
            }
        }
    }
    let mut bounded = Bounded(String::new());
    // An error says that there is enough of it.
    let _ = bounded.write_fmt(text);
    bounded.0
}

/// More than is kept of a text as a rule. A policy may keep more: then this is all there is.
const ENOUGH: usize = 16 * 1024;

fn room(text: &str, taken: usize) -> usize {
    let most = ENOUGH.saturating_sub(taken);
    if text.len() <= most {
        return text.len();
    }
    // To the end of the character that fills it.
    (most..text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(text.len())
}

impl Record for str {
    #[inline(always)]
    fn record(&self) -> Option<Value> {
        let text = match self.len() <= ENOUGH {
            true => self,
            false => &self[..room(self, 0)],
        };
        Some(Value::String(text.to_owned().into()))
    }
}

impl Record for String {
    #[inline]
    fn record(&self) -> Option<Value> {
        self.as_str().record()
    }
}

impl Record for Cow<'_, str> {
    fn record(&self) -> Option<Value> {
        (**self).record()
    }
}

impl Record for char {
    fn record(&self) -> Option<Value> {
        Some(Value::from(self.to_string()))
    }
}

macro_rules! recorded_as {
    ($as:ty: $($number:ty),+) => {$(
        impl Record for $number {
            #[inline]
            fn record(&self) -> Option<Value> {
                Some(Value::from(<$as>::from(*self)))
            }
        }
    )+};
}

recorded_as!(bool: bool);
recorded_as!(i64: i8, i16, i32, i64, u8, u16, u32);
recorded_as!(f64: f32, f64);

#[cold]
fn digits(number: &dyn fmt::Display) -> Option<Value> {
    Some(Value::from(number.to_string()))
}

macro_rules! recorded_if_it_fits {
    ($($number:ty),+) => {$(
        impl Record for $number {
            /// As a text where it is too large for an `i64`.
            #[inline]
            fn record(&self) -> Option<Value> {
                match i64::try_from(*self) {
                    Ok(number) => Some(Value::I64(number)),
                    Err(_) => digits(self),
                }
            }
        }
    )+};
}

recorded_if_it_fits!(i128, isize, u64, u128, usize);

impl<T: Record> Record for Option<T> {
    fn record(&self) -> Option<Value> {
        self.as_ref().and_then(T::record)
    }
}

impl<T: Record, E> Record for Result<T, E> {
    fn record(&self) -> Option<Value> {
        self.as_ref().ok().and_then(T::record)
    }
}

macro_rules! recorded_as_inside {
    ($($pointer:ty),+) => {$(
        impl<T: Record + ?Sized> Record for $pointer {
            #[inline(always)]
            fn record(&self) -> Option<Value> {
                (**self).record()
            }
        }
    )+};
}

recorded_as_inside!(&T, &mut T, Arc<T>, Box<T>, Rc<T>);

impl Record for Value {
    fn record(&self) -> Option<Value> {
        Some(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_numbers() {
        assert_eq!(7_u8.record(), Some(Value::I64(7)));
        assert_eq!(7_usize.record(), Some(Value::I64(7)));
        assert_eq!(u64::MAX.record(), Some(Value::from("18446744073709551615")));
        assert_eq!(0.5_f32.record(), Some(Value::F64(0.5)));
        assert_eq!(true.record(), Some(Value::Bool(true)));
    }

    #[test]
    fn what_is_not_there_is_no_attribute() {
        assert_eq!(None::<u8>.record(), None);
        assert_eq!(Err::<u8, ()>(()).record(), None);
        assert_eq!(Some(&Ok::<_, ()>("text")).record(), Some(Value::from("text")));
    }

    #[test]
    fn texts_are_cleaned_and_cut() {
        let recorded = |text: &str| attribute("key", text).map(|said| said.value);
        assert_eq!(recorded("two\nlines"), Some(Value::from(r"two\nlines")));
        let long = recorded(&"é".repeat(1_000_000)).expect("a value");
        assert_eq!(long.as_str().len(), 1024);
    }

    #[test]
    fn a_text_without_end_is_written_as_far_as_it_is_kept() {
        struct Endless;
        impl fmt::Display for Endless {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                loop {
                    f.write_str("và so on ")?;
                }
            }
        }
        let text = bounded(format_args!("{Endless}"));
        assert!((ENOUGH..ENOUGH + 4).contains(&text.len()));
    }
}
