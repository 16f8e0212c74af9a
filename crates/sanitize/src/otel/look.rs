//! The first look at attributes. Mostly nothing has to change, and that is all there is to do.

use opentelemetry::{KeyValue, Value};
use tower_telemetry_semconv::url::may_hold_credentials;

use crate::policy::Policy;

impl Policy {
    /// Whether all of these attributes surely stay as they are. Each is shown, by its key and the bytes of its value.
    #[inline(always)]
    pub(super) fn all_stay(&self, attributes: &[KeyValue], mut show: impl FnMut(&str, usize)) -> bool {
        let mut all_fine = true;
        for KeyValue { key, value, .. } in attributes {
            let key = key.as_str();
            let bytes = if let Value::String(text) = value {
                all_fine &= self.is_fine(text.as_str());
                text.as_str().len()
            } else {
                all_fine &= !matches!(value, Value::Array(_));
                8
            };
            show(key, bytes);
            let candidates = self.rules.candidates(key);
            if candidates != 0 {
                all_fine &= self.has_no_rule(candidates, key, value);
            }
        }
        all_fine
    }

    /// Whether an attribute surely stays as it is.
    pub(super) fn stays(&self, attribute: &KeyValue) -> bool {
        self.all_stay(std::slice::from_ref(attribute), |_, _| {})
    }

    /// Whether the rules that may be for this attribute are for others after all, or for URLs that hold credentials.
    #[inline(never)]
    fn has_no_rule(&self, candidates: u64, key: &str, value: &Value) -> bool {
        let is_fine_url = match value {
            Value::String(text) => candidates & !self.url_rules == 0 && !may_hold_credentials(text.as_str()),
            _ => false,
        };
        is_fine_url || self.rules.find_among(candidates, key).is_none()
    }
}
