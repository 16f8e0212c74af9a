//! The first look at attributes. Mostly nothing has to change, and that is all there is to do.

use std::hint::black_box;

use opentelemetry::{KeyValue, Value};
use tower_telemetry_semconv::text::AllPlain;
use tower_telemetry_semconv::url::may_hold_credentials;

use crate::policy::Policy;

/// The most bytes of a text that are looked at together with those of others: two words.
const SHORT: usize = 16;

impl Policy {
    /// Whether all of these attributes surely stay as they are. Each is shown, by its key and the bytes of its value.
    #[inline(always)]
    pub(super) fn all_stay(&self, attributes: &[KeyValue], mut show: impl FnMut(&str, usize)) -> bool {
        if self.surely_whole < SHORT {
            return false;
        }
        let mut texts = AllPlain::default();
        for KeyValue { key, value, .. } in attributes {
            let key = key.as_str();
            let mut text = "";
            let bytes = if let Value::String(string) = value {
                text = string.as_str();
                if text.len() <= SHORT {
                    texts.and(text);
                } else if !self.is_fine(text) {
                    return false;
                }
                text.len()
            } else if is_list(value) {
                return false;
            } else {
                8
            };
            show(key, bytes);
            let candidates = self.rules.candidates(key);
            if candidates != 0 {
                // Those for URLs only matter where there may be credentials.
                let may_matter = candidates & !self.url_rules != 0 || may_hold_credentials(text);
                if may_matter && self.rules.find_among(candidates, key).is_some() {
                    return false;
                }
            }
        }
        texts.are()
    }

    /// Whether an attribute surely stays as it is.
    pub(super) fn stays(&self, attribute: &KeyValue) -> bool {
        self.all_stay(std::slice::from_ref(attribute), |_, _| {})
    }
}

/// Whether a value has elements. The compiler would make one question of this and of the one before, which texts would pay for.
#[inline(always)]
fn is_list(value: &Value) -> bool {
    matches!(black_box(value), Value::Array(_))
}

#[cfg(test)]
mod tests {
    use opentelemetry::StringValue;
    use proptest::prelude::*;

    use super::*;
    use crate::{Keys, Rule, Sanitizer};

    proptest! {
        #[test]
        fn what_stays_at_the_first_look_stays_at_the_second(
            rules in prop::collection::vec(("[a-d.]{1,3}\\*?[a-d_]{0,20}", 0..3_u8), 0..90),
            keys in prop::collection::vec("([a-d.]{1,4}[a-d_]{0,20}|url.path|my.url|db.password|http.request.header.[a-d]{1,6})", 9),
            texts in prop::collection::vec("[a-z/=%@~\\n\u{7f}é-]{0,24}", 3),
        ) {
            let mut builder = Sanitizer::builder();
            for (pattern, rule) in rules {
                let rule = match rule {
                    0 => Rule::Redact,
                    1 => Rule::Drop,
                    _ => Rule::Url,
                };
                builder = builder.with_rule(Keys::from(pattern), rule);
            }
            let policy = builder.build().unwrap();
            for key in keys {
                let texts = texts.iter().map(|text| Value::from(text.clone()));
                let list = Value::Array(vec![StringValue::from("a\n")].into());
                for value in texts.chain([Value::I64(7), Value::Bool(true), list]) {
                    let attribute = KeyValue::new(key.clone(), value);
                    let mut all = vec![attribute.clone()];
                    policy.attributes(&mut all);
                    prop_assert_eq!(all, Vec::from_iter(policy.attribute(attribute)));
                }
            }
        }
    }

    #[test]
    fn rules_that_share_a_bit_with_those_for_urls_are_followed() {
        let keys: Vec<_> = (0..80).map(|number| format!("my.key.{number}")).collect();
        let rules = keys.iter().map(|key| (Keys::exact(&**key), Rule::Redact));
        let builder = rules.fold(Sanitizer::builder(), |builder, (key, rule)| {
            builder.with_rule(key, rule)
        });
        let policy = builder.build().unwrap();
        for key in keys {
            let mut attributes = vec![KeyValue::new(key.clone(), "4711"), KeyValue::new(key.clone(), 4711)];
            policy.attributes(&mut attributes);
            assert_eq!(attributes[0].value.as_str(), "REDACTED", "{key}");
            assert_eq!(attributes[1].value.as_str(), "REDACTED", "{key}");
        }
    }
}
