//! What a policy has had to change.

use std::fmt;

use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Registry;
use tower_telemetry_sanitize::Sanitizer;

use crate::RegisterError;
use crate::catalog::SANITIZED_VALUES;
use crate::encode::encode_counter;
use crate::register::{Collect, register};

/// Registers `tower_telemetry_sanitized_values_total`: how many values this policy has changed, wherever it is used, by `change` (`cut`,
/// `redacted`, `hashed` and others). A signature in a request's URL is not among them: it is redacted as the URL is read, before any policy sees it.
///
/// ```
/// use prometheus_client::encoding::text::encode;
/// use prometheus_client::registry::Registry;
/// use tower_telemetry_prometheus::{Sanitizer, register_sanitizer};
///
/// let policy = Sanitizer::builder().build()?;
/// let mut registry = Registry::default();
/// register_sanitizer(&mut registry, &policy)?;
///
/// policy.value("db.password", "c2VjcmV0");
/// let mut text = String::new();
/// encode(&mut text, &registry)?;
/// assert!(text.contains("\ntower_telemetry_sanitized_values_total{change=\"redacted\"} 1\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// When the registry has a metric of this name already.
pub fn register_sanitizer(registry: &mut Registry, sanitizer: &Sanitizer) -> Result<(), RegisterError> {
    register(registry, Sanitized(sanitizer.clone()))
}

#[derive(Debug)]
struct Sanitized(Sanitizer);

impl Collect for Sanitized {
    fn collect(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let mut counter = SANITIZED_VALUES.describe(encoder)?;
        for (change, count) in self.0.counts() {
            encode_counter(counter.encode_family(&[("change", change.as_str())])?, count)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_counts_for_one_policy() {
        let mut registry = Registry::default();
        let policy = Sanitizer::default();
        assert_eq!(register_sanitizer(&mut registry, &policy), Ok(()));
        let taken = RegisterError::NameTaken(SANITIZED_VALUES.name.into());
        assert_eq!(register_sanitizer(&mut registry, &policy), Err(taken));
    }
}
