//! A word for the sampler, in the context.

use std::borrow::Cow;

use opentelemetry::Context;

/// What the request says about the importance of its trace: a word that a sampler finds in the parent context.
///
/// It stays in this process, and in no span.
///
/// ```
/// use opentelemetry::Context;
/// use tower_telemetry_propagate::SamplingHint;
///
/// let cx = SamplingHint::new("debug").within(&Context::new());
/// assert_eq!(SamplingHint::of(&cx).map(SamplingHint::as_str), Some("debug"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamplingHint(Cow<'static, str>);

impl SamplingHint {
    /// A hint by this word.
    pub fn new(hint: impl Into<Cow<'static, str>>) -> Self {
        Self(hint.into())
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `cx` with this hint, in place of one that it may have.
    #[must_use]
    pub fn within(self, cx: &Context) -> Context {
        cx.with_value(self)
    }

    /// The hint in this context.
    pub fn of(cx: &Context) -> Option<&Self> {
        cx.get()
    }
}
