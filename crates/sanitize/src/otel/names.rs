//! Names and status.

use std::borrow::Cow;

use opentelemetry::trace::Status;

use crate::Sanitizer;

/// With the feature `opentelemetry`.
impl Sanitizer {
    /// The name of a span or of an event as it may be written down.
    #[inline]
    pub fn name(&self, name: Cow<'static, str>) -> Cow<'static, str> {
        match self.0.is_fine(&name) {
            true => name,
            false => Cow::Owned(self.0.text(&name).into_owned()),
        }
    }

    /// A status, whose description is an [error text](Self::error_text).
    #[inline]
    pub fn status(&self, status: Status) -> Status {
        match status {
            Status::Error { description } if !description.is_empty() => {
                Status::error(self.error_text(&description).unwrap_or_default().into_owned())
            }
            status => status,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorTexts;

    #[test]
    fn an_error_status_loses_its_text_and_stays_an_error() {
        let status = || Status::error("no user ada");
        assert_eq!(Sanitizer::default().status(status()), Status::error(""));
        let kept = Sanitizer::builder().with_error_texts(ErrorTexts::Kept).build().unwrap();
        assert_eq!(kept.status(status()), status());
        assert_eq!(kept.status(Status::error("a\nb")), Status::error(r"a\nb"));
        assert_eq!(Sanitizer::default().status(Status::Ok), Status::Ok);
    }

    #[test]
    fn names_are_escaped_and_cut() {
        let policy = Sanitizer::default();
        assert!(matches!(policy.name("GET /".into()), Cow::Borrowed("GET /")));
        assert_eq!(policy.name("a\nb".into()), r"a\nb");
        assert_eq!(policy.name("x".repeat(5000).into()).len(), 1024);
    }
}
