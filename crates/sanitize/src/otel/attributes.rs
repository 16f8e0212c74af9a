//! Attributes.

use std::borrow::Cow;

use opentelemetry::{Array, Key, KeyValue, StringValue, Value};

use super::settled::{KEYED, Settled};
use crate::Sanitizer;
use crate::counts::Change;
use crate::policy::{Action, Policy};
use crate::rule::Rule;

/// The most elements of an array.
const MAX_ELEMENTS: usize = 128;

/// With the feature `opentelemetry`.
impl Sanitizer {
    /// An attribute as it may be set; `None` if the policy leaves it out.
    ///
    /// Numbers, too, can be dropped, redacted, hashed, grouped and mapped. Of an array each text is treated alike, and 128 elements stay.
    ///
    /// ```
    /// use opentelemetry::KeyValue;
    /// use tower_telemetry_sanitize::Sanitizer;
    ///
    /// let policy = Sanitizer::default();
    /// let attribute = policy.attribute(KeyValue::new("db.password", "hunter2"));
    /// assert_eq!(attribute, Some(KeyValue::new("db.password", "REDACTED")));
    /// ```
    pub fn attribute(&self, mut attribute: KeyValue) -> Option<KeyValue> {
        self.0.settle(&mut attribute).then_some(attribute)
    }

    /// Makes of these attributes what may be written down. Those that the policy leaves out are removed.
    pub fn attributes(&self, attributes: &mut Vec<KeyValue>) {
        self.0.settle_all(attributes, 0);
    }

    /// The same for those from this place on.
    pub fn attributes_from(&self, attributes: &mut Vec<KeyValue>, start: usize) {
        self.0.settle_all(attributes, start);
    }
}

impl Policy {
    /// Makes of the attributes from this place on what may be written down.
    #[inline(always)]
    fn settle_all(&self, attributes: &mut Vec<KeyValue>, start: usize) {
        if !self.all_stay(&attributes[start..], |_, _| {}) {
            self.settle_each(attributes, start);
        }
    }

    /// The same where there may be something to change.
    #[inline(never)]
    pub(super) fn settle_each(&self, attributes: &mut Vec<KeyValue>, start: usize) {
        const GONE: &str = "";
        let mut any_gone = false;
        for attribute in &mut attributes[start..] {
            if !self.stays(attribute) && !self.settle(attribute) {
                attribute.key = Key::from_static_str(GONE);
                any_gone = true;
            }
        }
        if any_gone {
            attributes.retain(|attribute| attribute.key.as_str() != GONE);
        }
    }

    /// Makes of an attribute what may be written down. Whether anything is left.
    fn settle(&self, attribute: &mut KeyValue) -> bool {
        let action = self.rules.find(attribute.key.as_str());
        let settled = action.and_then(|action| self.settled(action));
        if settled.is_some_and(|settled| settled.contains(&attribute.key)) {
            return true;
        }
        let settled_key = match settled.map(|settled| settled.keep(&attribute.key)) {
            // No room to remember that this is a hash: then it must be none.
            Some(None) => {
                return self.settle_as(Some(&Action::Rule(Rule::Redact)), &attribute.key, &mut attribute.value);
            }
            kept => kept.flatten(),
        };
        let is_left = self.settle_as(action, &attribute.key, &mut attribute.value);
        if let Some(key) = settled_key {
            attribute.key = key;
        }
        is_left
    }

    /// What knows the values that are not to be changed twice.
    fn settled(&self, action: &Action) -> Option<&Settled> {
        match action {
            Action::Rule(Rule::Hash | Rule::Group(_)) => Some(&KEYED),
            Action::Rule(Rule::Map(_)) => Some(&self.mapped),
            _ => None,
        }
    }

    fn settle_as(&self, action: Option<&Action>, key: &Key, value: &mut Value) -> bool {
        let key = key.as_str();
        match value {
            Value::String(text) => self.settle_text(action, key, text),
            Value::Array(Array::String(texts)) => {
                if texts.len() > MAX_ELEMENTS {
                    texts.truncate(MAX_ELEMENTS);
                    self.counters.add(Change::Cut, 1);
                }
                texts.retain_mut(|text| self.settle_text(action, key, text));
                !texts.is_empty() || action.is_none()
            }
            other => match action.filter(|action| action.is_for_all()) {
                Some(action) => match self.apply(action, key, &other.as_str()) {
                    Some(text) => {
                        *other = Value::String(text.into_owned().into());
                        true
                    }
                    None => false,
                },
                None => {
                    self.cut_array(other);
                    true
                }
            },
        }
    }

    fn settle_text(&self, action: Option<&Action>, key: &str, text: &mut StringValue) -> bool {
        let before = text.as_str();
        let after = match action {
            None => Some(self.text(before)),
            Some(action) => self.apply(action, key, before),
        };
        let changed = match after {
            None => return false,
            Some(Cow::Borrowed(same)) if same.len() == before.len() && same.as_ptr() == before.as_ptr() => return true,
            Some(changed) => StringValue::from(changed.into_owned()),
        };
        *text = changed;
        true
    }

    fn cut_array(&self, value: &mut Value) {
        let before = match value {
            Value::Array(Array::Bool(elements)) => cut(elements),
            Value::Array(Array::I64(elements)) => cut(elements),
            Value::Array(Array::F64(elements)) => cut(elements),
            _ => 0,
        };
        if before > MAX_ELEMENTS {
            self.counters.add(Change::Cut, 1);
        }
    }
}

/// The bytes of a value.
#[cfg(feature = "opentelemetry_sdk")]
#[inline]
pub(super) fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.as_str().len(),
        Value::Array(Array::String(texts)) => texts.iter().map(|text| text.as_str().len()).sum(),
        Value::Array(Array::Bool(elements)) => elements.len(),
        Value::Array(Array::I64(elements)) => elements.len() * 8,
        Value::Array(Array::F64(elements)) => elements.len() * 8,
        _ => 8,
    }
}

/// Cuts an array, and tells how long it was.
fn cut<T>(elements: &mut Vec<T>) -> usize {
    let before = elements.len();
    elements.truncate(MAX_ELEMENTS);
    before
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HashKey;

    fn policy() -> Sanitizer {
        let builder = Sanitizer::builder().with_hash_key(HashKey::new([1; 32]).unwrap());
        builder
            .with_rule("user.id", Rule::Hash)
            .with_rule("user.group", Rule::Group(10))
            .with_rule("user.name", Rule::map(|name| Some(name.len().to_string() + name)))
            .with_rule("gone", Rule::Drop)
            .build()
            .unwrap()
    }

    #[test]
    fn values_of_all_kinds_are_treated() {
        let policy = policy();
        let long: Vec<i64> = (0..1000).collect();
        let mut attributes = vec![
            KeyValue::new("clean", "text"),
            KeyValue::new("gone", 1),
            KeyValue::new("my.token", 42),
            KeyValue::new("my.secret", true),
            KeyValue::new("text", "a\u{1b}b"),
            KeyValue::new("texts", Value::Array(vec![StringValue::from("a\n"), "b".into()].into())),
            KeyValue::new("urls.url", Value::Array(vec![StringValue::from("http://u:p@h")].into())),
            KeyValue::new("numbers", Value::Array(long.into())),
            KeyValue::new("error", "no user ada"),
            KeyValue::new("error", true),
            KeyValue::new("", "no key"),
            KeyValue::new("empty", Value::Array(Vec::<StringValue>::new().into())),
        ];
        policy.attributes(&mut attributes);
        let first: Vec<i64> = (0..128).collect();
        let expected = [
            KeyValue::new("clean", "text"),
            KeyValue::new("my.token", "REDACTED"),
            KeyValue::new("my.secret", "REDACTED"),
            KeyValue::new("text", r"a\u{1b}b"),
            KeyValue::new(
                "texts",
                Value::Array(vec![StringValue::from(r"a\n"), "b".into()].into()),
            ),
            KeyValue::new(
                "urls.url",
                Value::Array(vec![StringValue::from("http://REDACTED:REDACTED@h")].into()),
            ),
            KeyValue::new("numbers", Value::Array(first.into())),
            KeyValue::new("error", true),
            KeyValue::new("empty", Value::Array(Vec::<StringValue>::new().into())),
        ];
        assert_eq!(attributes, expected);
        policy.attributes(&mut attributes);
        assert_eq!(attributes, expected);
    }

    #[test]
    fn what_was_hashed_once_is_not_hashed_again() {
        let policy = policy();
        let once = |attribute: &KeyValue| policy.attribute(attribute.clone()).unwrap();
        for attribute in [
            KeyValue::new("user.id", "42"),
            KeyValue::new("user.group", 42),
            KeyValue::new("user.name", "ada"),
        ] {
            let hashed = once(&attribute);
            assert_ne!(hashed.value, attribute.value);
            assert_eq!(once(&hashed), hashed);
            let same_text = KeyValue::new(attribute.key.clone(), hashed.value.clone());
            assert_ne!(once(&same_text), hashed, "an id that only looks like a hash is hashed");
        }
        assert_eq!(
            once(&KeyValue::new("user.id", 42)),
            once(&KeyValue::new("user.id", "42"))
        );
        let other = Sanitizer::builder().with_hash_key(HashKey::new([2; 32]).unwrap());
        let other = other.with_rule("user.id", Rule::Hash).build().unwrap();
        let hashed = once(&KeyValue::new("user.id", "42"));
        assert_eq!(other.attribute(hashed.clone()), Some(hashed), "nor by another policy");
    }
}
