//! The value of an attribute.

use std::borrow::Cow;
use std::sync::Arc;

use crate::text::{clean, clean_owned};

/// The value of an attribute. A text is never empty (but for the `url.path` of a `CONNECT`), and clean in the sense of
/// [`text::clean`](crate::text::clean).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A text that lives as long as the program.
    Static(&'static str),
    /// A text of the call.
    Text(Cow<'a, str>),
    /// A text that calls share: it can be kept without a copy.
    Shared(Arc<str>),
    /// A number, such as a port or a status code.
    Int(i64),
}

/// Takes down what is [said](crate::HttpCall::describe_request) of a call. Every closure over a key and a value does.
pub trait Say<'a> {
    /// Takes down one attribute.
    fn say(&mut self, key: &'static str, value: Value<'a>);
}

impl<'a, F: FnMut(&'static str, Value<'a>)> Say<'a> for F {
    fn say(&mut self, key: &'static str, value: Value<'a>) {
        self(key, value);
    }
}

impl<'a> Value<'a> {
    /// A text from a peer, made clean.
    pub(crate) fn cleaned(text: Cow<'a, str>) -> Self {
        Value::Text(match text {
            Cow::Borrowed(text) => clean(text),
            Cow::Owned(text) => Cow::Owned(clean_owned(text)),
        })
    }
}
