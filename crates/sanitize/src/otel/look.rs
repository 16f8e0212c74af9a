//! The first look at attributes. Mostly nothing has to change, and that is all there is to do.

use std::hint::black_box;

use opentelemetry::{KeyValue, Value};
use tower_telemetry_semconv::text::AllPlain;
use tower_telemetry_semconv::url::may_hold_credentials;

use crate::policy::Policy;

/// The most bytes of a text that are looked at together with those of others.
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
