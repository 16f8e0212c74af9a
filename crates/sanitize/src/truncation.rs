//! How long a value may be, and what shows that there was more of it.

use std::borrow::Cow;

use tower_telemetry_semconv::text::{Clean, Limit, clean, clean_within};

use crate::InvalidPolicy;

/// Where a value is cut, and what marks the cut.
///
/// The cut falls between two characters (Unicode scalar values), never within an escape such as `\u{1b}`. What has been cut is left as
/// it is by the same truncation.
///
/// ```
/// use tower_telemetry_sanitize::{Rule, Sanitizer, Truncation};
///
/// let cut = |truncation| Sanitizer::builder().with_rule("note", Rule::Truncate(truncation)).build();
/// let note = "héllo world";
/// assert_eq!(cut(Truncation::bytes(2))?.label("note", note), "h");
/// assert_eq!(cut(Truncation::chars(2))?.label("note", note), "hé");
/// assert_eq!(cut(Truncation::chars(5).with_marker("..."))?.label("note", note), "hé...");
/// assert_eq!(cut(Truncation::chars(5).with_marker_after("..."))?.label("note", note), "héllo...");
/// # Ok::<(), tower_telemetry_sanitize::InvalidPolicy>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Truncation {
    limit: Limit,
    marker: Option<Marker>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Marker {
    text: Box<str>,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Within,
    After,
}

impl Truncation {
    /// At so many bytes of UTF-8.
    pub const fn bytes(max: usize) -> Self {
        Self::at(Limit::Bytes(max))
    }

    /// At so many characters.
    pub const fn chars(max: usize) -> Self {
        Self::at(Limit::Chars(max))
    }

    const fn at(limit: Limit) -> Self {
        Truncation { limit, marker: None }
    }

    /// Ends what was cut with this marker, within the limit.
    pub fn with_marker(self, marker: &str) -> Self {
        self.marked(marker, Place::Within)
    }

    /// Ends what was cut with this marker, which comes on top of the limit.
    pub fn with_marker_after(self, marker: &str) -> Self {
        self.marked(marker, Place::After)
    }

    fn marked(mut self, marker: &str, place: Place) -> Self {
        let text = clean(marker).into();
        self.marker = Some(Marker { text, place });
        self
    }

    /// The most bytes of a text that is surely not cut.
    pub(crate) fn surely_whole(&self) -> usize {
        let (Limit::Bytes(max) | Limit::Chars(max)) = self.limit;
        max
    }

    pub(crate) fn check(&self) -> Result<(), InvalidPolicy> {
        match &self.marker {
            Some(marker) if marker.place == Place::Within && self.beside(marker).is_none() => {
                Err(InvalidPolicy::MarkerTooLong(marker.text.clone()))
            }
            _ => Ok(()),
        }
    }

    /// What the marker leaves of the limit.
    fn beside(&self, marker: &Marker) -> Option<Limit> {
        match self.limit {
            Limit::Bytes(max) => max.checked_sub(marker.text.len()).map(Limit::Bytes),
            Limit::Chars(max) => max.checked_sub(marker.text.chars().count()).map(Limit::Chars),
        }
    }

    /// The text within the limit, escaped.
    pub(crate) fn apply<'a>(&self, text: &'a str) -> Clean<'a> {
        let whole = clean_within(text, self.limit);
        let Some(marker) = self.marker.as_ref().filter(|_| whole.is_cut) else {
            return whole;
        };
        let kept = match marker.place {
            Place::After if self.is_marked(text, marker) => {
                return Clean {
                    text: Cow::Borrowed(text),
                    is_cut: false,
                };
            }
            Place::After => whole.text,
            Place::Within => clean_within(text, self.beside(marker).unwrap_or(self.limit)).text,
        };
        Clean {
            text: Cow::Owned([&*kept, &*marker.text].concat()),
            is_cut: true,
        }
    }

    /// Whether a text ends with the marker, and is short and clean before it: it has been cut already.
    fn is_marked(&self, text: &str, marker: &Marker) -> bool {
        let before = text.strip_suffix(&*marker.text);
        before.is_some_and(|before| {
            let before = clean_within(before, self.limit);
            !before.is_cut && matches!(before.text, Cow::Borrowed(_))
        })
    }
}

impl Default for Truncation {
    /// At 1,024 bytes, without a marker.
    fn default() -> Self {
        Truncation::bytes(tower_telemetry_semconv::text::MAX_TEXT)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn size(truncation: &Truncation, text: &str) -> usize {
        match truncation.limit {
            Limit::Bytes(_) => text.len(),
            Limit::Chars(_) => text.chars().count(),
        }
    }

    #[test]
    fn a_marker_within_the_limit_has_to_fit() {
        assert!(Truncation::bytes(3).with_marker("...").check().is_ok());
        assert!(Truncation::bytes(2).with_marker("…").check().is_err());
        assert!(Truncation::chars(1).with_marker("…").check().is_ok());
        assert!(Truncation::bytes(0).with_marker_after("...").check().is_ok());
    }

    #[test]
    fn what_fits_is_borrowed() {
        let marked = Truncation::chars(5).with_marker("...");
        for text in ["", "abcde", "äöüß€"] {
            assert_eq!(
                marked.apply(text),
                Clean {
                    text: Cow::Borrowed(text),
                    is_cut: false
                }
            );
        }
    }

    #[test]
    fn what_was_marked_once_is_not_marked_again() {
        let marked = Truncation::chars(3).with_marker_after("...");
        assert_eq!(marked.apply("abcd").text, "abc...");
        assert_eq!(marked.apply("abc...").text, "abc...");
        assert_eq!(marked.apply("abcd...").text, "abc...");
        assert_eq!(marked.apply("a\n...").text, r"a\n...");
    }

    prop_compose! {
        fn truncations()(max in 0_usize..40, in_bytes: bool, marker in "[.…]{0,3}", place in 0..3) -> Truncation {
            let truncation = match in_bytes {
                true => Truncation::bytes(max),
                false => Truncation::chars(max),
            };
            match place {
                0 => truncation,
                1 => truncation.with_marker_after(&marker),
                _ => Some(truncation.clone().with_marker(&marker)).filter(|it| it.check().is_ok()).unwrap_or(truncation),
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_the_result_is_within_the_limit_a_beginning_and_stable(
            truncation in truncations(),
            text in "([a-z.…é€👩\u{200d}e\u{301}]|\u{1b}|\u{2028}|\\PC){0,60}",
        ) {
            let cut = truncation.apply(&text);
            let marker = truncation.marker.as_ref();
            let after = marker.filter(|marker| marker.place == Place::After).map_or(0, |marker| size(&truncation, &marker.text));
            prop_assert!(size(&truncation, &cut.text) <= truncation.surely_whole() + after);
            prop_assert_eq!(&truncation.apply(&cut.text).text, &cut.text);
            let kept = match (marker, cut.is_cut) {
                (Some(marker), true) => cut.text.strip_suffix(&*marker.text),
                _ => Some(&*cut.text),
            };
            let escaped = clean_within(&text, Limit::Bytes(usize::MAX)).text;
            prop_assert!(kept.is_some_and(|kept| escaped.starts_with(kept)), "{:?} of {:?}", kept, escaped);
        }
    }
}
