//! A policy at work.

use std::borrow::Cow;

use tower_telemetry_semconv::header::holds_url;
use tower_telemetry_semconv::url::REDACTED;
use tower_telemetry_semconv::{AllowedHeaders, text};

use crate::counts::{Change, Counters};
use crate::rule::{Map, Rule};
use crate::secrets::{Secrets, whole_words};
use crate::table::Table;
use crate::url::{UrlRules, then};
use crate::{ErrorTexts, HashKey, Truncation};

/// All that a [`Sanitizer`](crate::Sanitizer) knows.
#[derive(Debug)]
pub(crate) struct Policy {
    pub(crate) rules: Table<Action>,
    pub(crate) truncation: Truncation,
    pub(crate) secrets: Secrets,
    /// Whether a text may come that was cut before it was looked into, and that is not cut further by this policy.
    pub(crate) takes_cut_texts: bool,
    /// The most bytes of a text that is surely neither cut nor looked into: none, where secrets are looked for.
    pub(crate) surely_whole: usize,
    pub(crate) urls: UrlRules,
    pub(crate) key: Option<HashKey>,
    pub(crate) headers: Option<AllowedHeaders>,
    pub(crate) credentials: Box<[Box<str>]>,
    pub(crate) error_texts: ErrorTexts,
    #[cfg(feature = "opentelemetry_sdk")]
    pub(crate) limits: crate::otel::Limits,
    pub(crate) counters: Counters,
    /// The keys of what was mapped.
    #[cfg(feature = "opentelemetry")]
    pub(crate) mapped: crate::otel::Settled,
    /// The bits that only rules have which only matter to texts that may hold credentials of URLs.
    #[cfg(feature = "opentelemetry")]
    pub(crate) url_rules: u64,
    /// Whether the rules of semconv are enough for what it says.
    pub(crate) adds_to_semconv: bool,
}

/// A rule, ready to be followed.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    Rule(Rule),
    /// A path alone.
    Path,
    /// A query alone.
    Query,
    /// A header, whose name begins there in the key.
    Header(usize),
    /// A text about an error.
    ErrorText,
}

#[cfg(feature = "opentelemetry")]
impl Action {
    /// Whether it redacts what is in a URL, or in a part of one, and nothing else.
    pub(crate) fn is_for_urls(&self) -> bool {
        matches!(self, Action::Path | Action::Query | Action::Rule(Rule::Url))
    }

    /// Whether it is done to what is no text, too.
    pub(crate) fn is_for_all(&self) -> bool {
        matches!(
            self,
            Action::Rule(Rule::Drop | Rule::Redact | Rule::Hash | Rule::Group(_) | Rule::Map(_))
        )
    }
}

impl Policy {
    /// Whether a text for which there is no rule can stay as it is; if not, it has to be looked at more closely.
    #[inline]
    pub(crate) fn is_fine(&self, text: &str) -> bool {
        text.len() <= self.surely_whole && text::is_plain(text)
    }

    /// A text for which there is no rule.
    #[inline]
    pub(crate) fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.is_fine(text) {
            true => Cow::Borrowed(text),
            false => self.closely(text),
        }
    }

    fn closely<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let done = until_stable(text, |text| {
            Some(self.finish(self.without_secrets(Cow::Borrowed(text)), &self.truncation))
        });
        done.unwrap_or_default()
    }

    /// What is done to a text; nothing of it is left for `None`.
    pub(crate) fn apply<'a>(&self, action: &Action, key: &str, text: &'a str) -> Option<Cow<'a, str>> {
        match action {
            Action::Rule(rule) => self.follow(rule, text),
            Action::Path => until_stable(text, |text| self.finished(self.urls.path(text))),
            Action::Query => until_stable(text, |text| match self.urls.query(text) {
                Some(query) => self.finished(query),
                None => self.dropped(),
            }),
            Action::Header(start) => self.header(key.get(*start..).unwrap_or_default(), text),
            Action::ErrorText => self.error_text(text),
        }
    }

    fn follow<'a>(&self, rule: &Rule, text: &'a str) -> Option<Cow<'a, str>> {
        match rule {
            Rule::Keep => Some(self.finish(Cow::Borrowed(text), &self.truncation)),
            Rule::Drop => self.dropped(),
            Rule::Redact => Some(self.redacted(text)),
            Rule::Truncate(truncation) => until_stable(text, |text| {
                Some(self.finish(self.without_secrets(Cow::Borrowed(text)), truncation))
            }),
            Rule::Url => Some(self.url(text)),
            Rule::Hash => Some(Cow::Owned(self.hash(text)?)),
            Rule::Group(groups) => Some(Cow::Owned(self.group(text, *groups)?)),
            Rule::Map(map) => Some(Cow::Owned(self.map(map, text)?)),
        }
    }

    pub(crate) fn hash(&self, text: &str) -> Option<String> {
        self.counters.add(Change::Hashed, 1);
        Some(self.key.as_ref()?.hash(text))
    }

    pub(crate) fn group(&self, text: &str, groups: u32) -> Option<String> {
        self.counters.add(Change::Grouped, 1);
        Some(format!("group-{}", self.key.as_ref()?.group(text, groups)))
    }

    pub(crate) fn map(&self, map: &Map, text: &str) -> Option<String> {
        let Some(mapped) = map.apply(text) else {
            return self.dropped();
        };
        self.counters.add(Change::Mapped, 1);
        Some(self.finish(Cow::Owned(mapped), &self.truncation).into_owned())
    }

    pub(crate) fn redacted<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if text == REDACTED {
            return Cow::Borrowed(text);
        }
        self.counters.add(Change::Redacted, 1);
        Cow::Borrowed(REDACTED)
    }

    pub(crate) fn dropped<T>(&self) -> Option<T> {
        self.counters.add(Change::Dropped, 1);
        None
    }

    pub(crate) fn error_text<'a>(&self, text: &'a str) -> Option<Cow<'a, str>> {
        match self.error_texts {
            ErrorTexts::Kept => Some(self.text(text)),
            ErrorTexts::Dropped if text.is_empty() => Some(Cow::Borrowed(text)),
            ErrorTexts::Dropped => self.dropped(),
        }
    }

    pub(crate) fn url<'a>(&self, url: &'a str) -> Cow<'a, str> {
        until_stable(url, |url| self.finished(self.urls.url(url))).unwrap_or_default()
    }

    /// A header that carries no credentials.
    pub(crate) fn header<'a>(&self, name: &str, value: &'a str) -> Option<Cow<'a, str>> {
        let name = name.to_ascii_lowercase().replace('_', "-");
        match (self.allows(&name), holds_url(&name)) {
            (false, _) => self.dropped(),
            (true, true) => Some(self.url(value)),
            (true, false) => Some(self.text(value)),
        }
    }

    /// Whether a header of this name, in lower case, may be recorded if it carries no credentials.
    pub(crate) fn allows(&self, name: &str) -> bool {
        self.headers.as_ref().is_none_or(|headers| headers.contains(name))
    }

    /// Counts what was redacted in a URL or a part of one, and does to the rest what is done to any text.
    fn finished<'a>(&self, url: Cow<'a, str>) -> Option<Cow<'a, str>> {
        if let Cow::Owned(_) = url {
            self.counters.add(Change::Redacted, 1);
        }
        Some(self.finish(self.without_secrets(url), &self.truncation))
    }

    fn without_secrets<'a>(&self, text: Cow<'a, str>) -> Cow<'a, str> {
        if self.secrets.is_empty() {
            return text;
        }
        then(text, |text| {
            let redacted = self.secrets.redact(text, &self.urls);
            if let Cow::Owned(_) = redacted {
                self.counters.add(Change::Redacted, 1);
            }
            match self.takes_cut_texts {
                true => then(redacted, |text| Cow::Borrowed(self.without_half_a_word(text))),
                false => redacted,
            }
        })
    }

    fn without_half_a_word<'a>(&self, text: &'a str) -> &'a str {
        let whole = whole_words(text);
        if whole.len() < text.len() {
            self.counters.add(Change::Cut, 1);
        }
        whole
    }

    /// The last step for each text: it is escaped, and cut.
    fn finish<'a>(&self, text: Cow<'a, str>, truncation: &Truncation) -> Cow<'a, str> {
        let mut is_cut = false;
        let finished = then(text, |text| {
            let clean = truncation.apply(text);
            is_cut = clean.is_cut;
            clean.text
        });
        if is_cut {
            self.counters.add(Change::Cut, 1);
        }
        finished
    }
}

/// How often a text that was changed is looked at again, at most.
const MORE_ROUNDS: usize = 4;

/// Does this to a text, and again to what comes of it until that stays as it is: a cut may leave what looks like a secret, and an escape may
/// join two words.
fn until_stable<'a>(text: &'a str, step: impl Fn(&str) -> Option<Cow<'_, str>>) -> Option<Cow<'a, str>> {
    let mut done = step(text)?;
    for _ in 0..MORE_ROUNDS {
        if done.len() == text.len() && matches!(done, Cow::Borrowed(_)) {
            break;
        }
        let again = step(&done)?;
        if again == done {
            break;
        }
        done = Cow::Owned(again.into_owned());
    }
    Some(done)
}
