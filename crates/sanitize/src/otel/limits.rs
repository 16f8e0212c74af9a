//! How much a span may hold.

use opentelemetry::KeyValue;

use super::attributes;
use super::survey::{Survey, repeats, unite};
use crate::counts::Change;
use crate::policy::Policy;
use crate::{Keys, SanitizerBuilder};

/// What a span may hold.
#[derive(Debug)]
pub(crate) struct Limits {
    attributes: usize,
    pub(super) bytes: usize,
    required: Vec<Keys>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            attributes: 128,
            bytes: 64 * 1024,
            required: REQUIRED.map(Keys::exact).into(),
        }
    }
}

/// What comes first where there is no room for all.
const REQUIRED: [&str; 14] = [
    "error.type",
    "http.request.method",
    "http.response.status_code",
    "http.route",
    "rpc.method",
    "rpc.response.status_code",
    "rpc.status_code",
    "rpc.system.name",
    "server.address",
    "server.port",
    "url.full",
    "url.path",
    "url.scheme",
    "url.template",
];

/// With the feature `opentelemetry_sdk`, for what is exported.
impl SanitizerBuilder {
    /// The most attributes of a span, and of each of its events and links: by default 128. What is too much is dropped and counted;
    /// [required](Self::with_required) ones stay first.
    pub fn with_max_attributes(mut self, max: usize) -> Self {
        self.limits.attributes = max;
        self
    }

    /// The most bytes of a span, in the keys and values of its attributes, and of those of its events and links: by default 64 KiB.
    pub fn with_max_span_bytes(mut self, max: usize) -> Self {
        self.limits.bytes = max;
        self
    }

    /// More attributes that come before all others where there is no room for all. By default those that the semantic conventions require or
    /// that metrics share: method, route, target, server, status and `error.type`.
    pub fn with_required(mut self, keys: impl IntoIterator<Item = impl Into<Keys>>) -> Self {
        self.limits.required.extend(keys.into_iter().map(Into::into));
        self
    }
}

impl Policy {
    /// Makes of a span's attributes what may be written down. Each key stands once, and there are as many as there is room for, required
    /// ones first. The number of those that were dropped for want of room; what is kept is taken off the budget.
    #[inline]
    pub(super) fn bounded(&self, attributes: &mut Vec<KeyValue>, budget: &mut usize) -> u32 {
        let mut survey = Survey::default();
        let all_stay = self.all_stay(attributes, |key, bytes| survey.note(key, bytes));
        if all_stay && !survey.may_repeat && self.have_room(&survey, attributes, budget) {
            return 0;
        }
        self.bound(attributes, budget)
    }

    /// The same where there may be something to change.
    #[inline(never)]
    fn bound(&self, attributes: &mut Vec<KeyValue>, budget: &mut usize) -> u32 {
        self.settle_each(attributes, 0);
        let mut survey = Survey::of(attributes);
        if survey.may_repeat && repeats(attributes) {
            unite(attributes);
            survey = Survey::of(attributes);
        }
        match self.have_room(&survey, attributes, budget) {
            true => 0,
            false => self.choose(attributes, budget),
        }
    }

    /// Takes them off the budget, if there is room for all.
    #[inline]
    fn have_room(&self, survey: &Survey, attributes: &[KeyValue], budget: &mut usize) -> bool {
        let have_room = survey.bytes <= *budget && attributes.len() <= self.limits.attributes;
        if have_room {
            *budget -= survey.bytes;
        }
        have_room
    }

    #[cold]
    fn choose(&self, attributes: &mut Vec<KeyValue>, budget: &mut usize) -> u32 {
        let before = attributes.len();
        let mut kept = vec![false; before];
        let mut room = self.limits.attributes;
        for required in [true, false] {
            for (attribute, kept) in attributes.iter().zip(&mut kept) {
                let mut all_required = self.limits.required.iter();
                let is_required = all_required.any(|keys| keys.contain(attribute.key.as_str()));
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

/// The bytes of an attribute's key and value.
#[inline]
fn size(attribute: &KeyValue) -> usize {
    attribute.key.as_str().len() + attributes::size(&attribute.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Sanitizer, SanitizerBuilder};

    fn limited(builder: SanitizerBuilder, mut attributes: Vec<KeyValue>) -> (Vec<String>, u32) {
        let policy = builder.build().unwrap();
        let mut budget = policy.0.limits.bytes;
        let dropped = policy.0.bounded(&mut attributes, &mut budget);
        assert_eq!(policy.counts().of(Change::Dropped), u64::from(dropped));
        assert_eq!(
            policy.0.limits.bytes - budget,
            attributes.iter().map(size).sum::<usize>()
        );
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
