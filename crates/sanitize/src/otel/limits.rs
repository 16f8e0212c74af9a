//! How much a span may hold.

use std::collections::HashMap;

use opentelemetry::{Array, KeyValue, Value};

use crate::counts::Change;
use crate::policy::Policy;

impl Policy {
    /// Keeps each key once, and as many attributes as there is room for, required ones first. The number of those that were dropped for
    /// want of room; what is kept is taken off the budget.
    #[inline]
    pub(crate) fn limit(&self, attributes: &mut Vec<KeyValue>, budget: &mut usize) -> u32 {
        let survey = Survey::of(attributes);
        if survey.may_repeat {
            unite(attributes);
        }
        // With two keys united, there are fewer bytes than that.
        match (survey.bytes <= *budget, attributes.len() <= self.limits.attributes) {
            (true, true) => {
                *budget -= survey.bytes;
                0
            }
            _ => self.choose(attributes, budget),
        }
    }

    #[cold]
    fn choose(&self, attributes: &mut Vec<KeyValue>, budget: &mut usize) -> u32 {
        let before = attributes.len();
        let mut kept = vec![false; before];
        let mut room = self.limits.attributes;
        for required in [true, false] {
            for (attribute, kept) in attributes.iter().zip(&mut kept) {
                let is_required = self.limits.required.find(attribute.key.as_str()).is_some();
                let size = size(attribute);
                if is_required == required && room > 0 && size <= *budget {
                    *kept = true;
                    room -= 1;
                    *budget -= size;
                }
            }
        }
        let mut kept = kept.into_iter();
        attributes.retain(|_| kept.next().unwrap_or_default());
        let dropped = before - attributes.len();
        self.counters.add(Change::Dropped, dropped as u64);
        u32::try_from(dropped).unwrap_or(u32::MAX)
    }
}

/// What a pass over some attributes tells.
struct Survey {
    bytes: usize,
    /// Whether two keys may be the same. If not, they are not.
    may_repeat: bool,
}

impl Survey {
    #[inline]
    fn of(attributes: &[KeyValue]) -> Self {
        let mut survey = Survey {
            bytes: 0,
            may_repeat: false,
        };
        let mut seen = [0_u64; 4];
        for attribute in attributes {
            survey.bytes += size(attribute);
            let (word, bit) = place(attribute.key.as_str().as_bytes());
            survey.may_repeat |= seen[word] & bit != 0;
            seen[word] |= bit;
        }
        survey
    }
}

/// One of 256 places, by the length and four bytes of a key.
#[inline]
fn place(key: &[u8]) -> (usize, u64) {
    const FACTOR: u32 = 0x9e37_79b1;
    let last = key.last_chunk().map_or(0, |last: &[u8; 4]| u32::from_ne_bytes(*last));
    let place = (last ^ key.len() as u32).wrapping_mul(FACTOR) >> 24;
    (place as usize / 64, 1 << (place % 64))
}

/// Keeps each key once: where it stood first, with the value that was set last.
#[cold]
fn unite(attributes: &mut Vec<KeyValue>) {
    let mut first = HashMap::new();
    let mut repeated = Vec::new();
    for (at, attribute) in attributes.iter().enumerate() {
        match first.get(&attribute.key) {
            Some(first) => repeated.push((at, *first)),
            None => drop(first.insert(attribute.key.clone(), at)),
        }
    }
    for (at, first) in &repeated {
        // The key goes along: it may say that the value is settled.
        attributes.swap(*at, *first);
    }
    let mut at = 0;
    let mut repeated = repeated.into_iter().map(|(at, _)| at).peekable();
    attributes.retain(|_| {
        let is_first = repeated.next_if_eq(&at).is_none();
        at += 1;
        is_first
    });
}

/// The bytes of an attribute's key and value.
#[inline]
fn size(attribute: &KeyValue) -> usize {
    let value = match &attribute.value {
        Value::String(text) => text.as_str().len(),
        Value::Array(array) => array_size(array),
        _ => 8,
    };
    attribute.key.as_str().len() + value
}

fn array_size(array: &Array) -> usize {
    match array {
        Array::String(texts) => texts.iter().map(|text| text.as_str().len()).sum(),
        Array::Bool(elements) => elements.len(),
        Array::I64(elements) => elements.len() * 8,
        Array::F64(elements) => elements.len() * 8,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Sanitizer, SanitizerBuilder};

    fn limited(builder: SanitizerBuilder, mut attributes: Vec<KeyValue>) -> (Vec<String>, u32) {
        let policy = builder.build().unwrap();
        let mut budget = policy.0.limits.bytes;
        let dropped = policy.0.limit(&mut attributes, &mut budget);
        assert_eq!(policy.counts().of(Change::Dropped), u64::from(dropped));
        assert_eq!(policy.0.limits.bytes - budget, attributes.iter().map(size).sum());
        let texts = attributes.iter().map(|kept| format!("{}={}", kept.key, kept.value));
        (texts.collect(), dropped)
    }

    #[test]
    fn a_key_stands_once_where_it_was_first_with_what_was_set_last() {
        let attributes = ["a=1", "b=2", "a=3", "c=4", "b=5", "a=6"].map(|text| {
            let (key, value) = text.split_once('=').unwrap();
            KeyValue::new(key.to_owned(), value.to_owned())
        });
        let (kept, dropped) = limited(Sanitizer::builder().with_max_span_bytes(6), attributes.into());
        assert_eq!((kept, dropped), (vec!["a=6".into(), "b=5".into(), "c=4".into()], 0));
    }

    #[test]
    fn required_attributes_survive_the_cap() {
        let mut attributes: Vec<_> = (0..500).map(|n| KeyValue::new(format!("k{n}"), n)).collect();
        attributes.push(KeyValue::new("error.type", "500"));
        attributes.push(KeyValue::new("mine", 1));
        let builder = || Sanitizer::builder().with_required(["mi*"]);
        let (kept, dropped) = limited(builder(), attributes.clone());
        assert_eq!((kept.len(), dropped), (128, 374));
        assert_eq!(kept[..2], ["k0=0", "k1=1"]);
        assert_eq!(kept[126..], ["error.type=500", "mine=1"]);

        let (kept, dropped) = limited(builder().with_max_attributes(2), attributes.clone());
        assert_eq!((kept, dropped), (vec!["error.type=500".into(), "mine=1".into()], 500));

        let (kept, dropped) = limited(builder().with_max_span_bytes(36), attributes);
        assert_eq!(
            (kept, dropped),
            (vec!["k0=0".into(), "error.type=500".into(), "mine=1".into()], 499)
        );
    }

    #[test]
    fn a_value_that_is_too_large_leaves_room_for_the_others() {
        let attributes = vec![KeyValue::new("large", "x".repeat(100)), KeyValue::new("small", "x")];
        let (kept, dropped) = limited(Sanitizer::builder().with_max_span_bytes(50), attributes);
        assert_eq!((kept, dropped), (vec!["small=x".into()], 1));
    }
}
