//! The method of one call.

use std::borrow::Cow;
use std::sync::Arc;

use http::Uri;

use crate::Value;
use crate::class::Classes;
use crate::limit::cut;
use crate::name::Name;
use crate::text::clean_to;
use crate::url::{STANDARD_KEYS, redact_path};

/// The most bytes of a method's name, and of what is kept of one that is not known.
const MAX_METHOD: usize = 256;

/// What stands for a method that is not known.
pub(crate) const OTHER: &str = "_OTHER";

/// The name of a method, `pkg.Service/Method`, which its calls share.
#[derive(Clone, Debug)]
pub enum MethodName {
    Kept(&'static Name),
    Shared(Arc<str>),
}

impl MethodName {
    /// Kept for as long as the program runs, while there is a place for it.
    pub(crate) fn kept(text: &str) -> Self {
        Name::alone(text).map_or_else(|| Self::shared(text), MethodName::Kept)
    }

    pub(crate) fn shared(text: &str) -> Self {
        MethodName::Shared(text.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            MethodName::Kept(name) => name.as_str(),
            MethodName::Shared(text) => text,
        }
    }

    fn value(&self) -> Value<'static> {
        match self {
            MethodName::Kept(name) => Value::Static(name.as_str()),
            MethodName::Shared(text) => Value::Shared(Arc::clone(text)),
        }
    }

    fn span_name(&self) -> Cow<'static, str> {
        match self {
            MethodName::Kept(name) => Cow::Borrowed(name.as_str()),
            MethodName::Shared(text) => Cow::Owned(text.to_string()),
        }
    }
}

/// The method of one call, as far as it is known.
#[derive(Debug)]
pub enum RpcMethod {
    /// Known when the call began.
    Known(MethodName),
    /// What was sent, and cannot be known.
    Other(Box<str>),
    /// What was sent: the reply will tell whether there is such a method.
    Open(Box<str>),
    /// The reply has told: there is.
    Learned(MethodName),
    /// The reply has told: there is not, or it did not tell.
    Missed(Box<str>),
}

impl RpcMethod {
    /// What cannot be known.
    pub(crate) fn other(target: &Uri) -> Self {
        let path = target.path();
        let path = redact_path(cut(path.strip_prefix('/').unwrap_or(path), MAX_METHOD), &STANDARD_KEYS);
        RpcMethod::Other(clean_to(&path, MAX_METHOD).into())
    }

    /// Decides about what was open.
    pub(crate) fn decide(&mut self, learn: impl FnOnce(&str) -> Option<MethodName>) {
        if let RpcMethod::Open(sent) = self {
            *self = match learn(sent) {
                Some(name) => RpcMethod::Learned(name),
                None => RpcMethod::Missed(std::mem::take(sent)),
            };
        }
    }

    pub(crate) fn name(&self) -> Option<&MethodName> {
        match self {
            RpcMethod::Known(name) | RpcMethod::Learned(name) => Some(name),
            RpcMethod::Other(_) | RpcMethod::Open(_) | RpcMethod::Missed(_) => None,
        }
    }

    pub(crate) fn original(&self) -> Option<&str> {
        match self {
            RpcMethod::Known(_) | RpcMethod::Learned(_) => None,
            RpcMethod::Other(sent) | RpcMethod::Open(sent) | RpcMethod::Missed(sent) => Some(sent),
        }
    }

    /// Whether it was not known when the call began whether there is such a method.
    pub(crate) fn is_late(&self) -> bool {
        matches!(self, RpcMethod::Open(_) | RpcMethod::Learned(_) | RpcMethod::Missed(_))
    }

    pub(crate) fn value(&self) -> Value<'_> {
        self.name().map_or(Value::Static(OTHER), MethodName::value)
    }

    pub(crate) fn span_name(&self) -> Cow<'static, str> {
        self.name().map_or(Cow::Borrowed("grpc"), MethodName::span_name)
    }
}

/// The method that a request's path names, if it can name one: `/pkg.Service/Method`.
pub(crate) fn asked(target: &Uri) -> Option<&str> {
    let name = target.path().strip_prefix('/')?;
    let (service, method) = name.rsplit_once('/')?;
    let plain = !Classes::of(name).contain(Classes::NOT_PLAIN | Classes::EQUALS | Classes::AT);
    (plain && !service.is_empty() && !method.is_empty() && name.len() <= MAX_METHOD).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_a_service_and_a_method_names_one() {
        let long = format!("/{}/M", "s".repeat(254));
        let longer = format!("/{}/M", "s".repeat(255));
        let rows = [
            ("/pkg.Service/Method", Some("pkg.Service/Method")),
            ("/Service/Method", Some("Service/Method")),
            ("/a/pkg.Service/Method", Some("a/pkg.Service/Method")),
            ("http://h/pkg.Service/Method?a=b", Some("pkg.Service/Method")),
            (&long, Some(&long[1..])),
            (&longer, None),
            ("/", None),
            ("/Method", None),
            ("/Service/", None),
            ("//Method", None),
            ("/Service/Me=thod", None),
            ("/Service/Me@thod", None),
            ("*", None),
        ];
        for (target, method) in rows {
            assert_eq!(asked(&target.parse().unwrap()), method, "{target}");
        }
    }

    #[test]
    fn what_was_sent_is_short_and_clean() {
        let long = format!("/{}", "x".repeat(2000));
        let rows = [
            ("/a/b;sig=SECRET/c", "a/b;sig=REDACTED/c"),
            ("/a?sig=SECRET", "a"),
            ("http://u:SECRET@h/a", "a"),
            (&long, &long[1..=256]),
        ];
        for (target, original) in rows {
            let method = RpcMethod::other(&target.parse().unwrap());
            assert_eq!(method.original(), Some(original));
            assert_eq!(
                (method.value(), &*method.span_name()),
                (Value::Static("_OTHER"), "grpc")
            );
        }
    }

    #[test]
    fn what_is_open_is_decided_once() {
        let mut method = RpcMethod::Open("pkg.S/M".into());
        method.decide(|sent| Some(MethodName::shared(sent)));
        assert_eq!(
            (&*method.span_name(), method.original(), method.is_late()),
            ("pkg.S/M", None, true)
        );
        method.decide(|_| None);
        assert!(matches!(method, RpcMethod::Learned(_)));

        let mut method = RpcMethod::Open("pkg.S/M".into());
        method.decide(|_| None);
        assert_eq!(
            (&*method.span_name(), method.original(), method.is_late()),
            ("grpc", Some("pkg.S/M"), true)
        );
    }
}
