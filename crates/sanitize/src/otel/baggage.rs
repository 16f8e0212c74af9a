//! Baggage on its way out.

use opentelemetry::baggage::{Baggage, BaggageMetadata};
use opentelemetry::{Key, StringValue};

use crate::Sanitizer;

/// With the feature `opentelemetry`.
impl Sanitizer {
    /// Baggage as it may be sent, or `None` if all of it may.
    ///
    /// Values are treated as by [`value`](Self::value). Metadata that is not clean is left out.
    ///
    /// A rule that hashes does so at every hop where the policy is in force: ids that several services have to compare are better hashed
    /// where they are put into the baggage.
    pub fn baggage(&self, baggage: &Baggage) -> Option<Baggage> {
        let entries = baggage
            .iter()
            .map(|(key, (value, metadata)): (&Key, &(StringValue, BaggageMetadata))| {
                let sent = self.value(key.as_str(), value.as_str());
                let clean = self.text(metadata.as_str()) == metadata.as_str();
                let stays = clean && sent.as_deref() == Some(value.as_str());
                (key, sent, clean.then_some(metadata), stays)
            });
        let entries: Vec<_> = entries.collect();
        if entries.iter().all(|(.., stays)| *stays) {
            return None;
        }
        let mut sanitized = Baggage::new();
        for (key, value, metadata, _) in entries {
            if let Some(value) = value {
                let metadata = metadata.map_or("", BaggageMetadata::as_str);
                sanitized.insert_with_metadata(key.clone(), value.into_owned(), metadata);
            }
        }
        Some(sanitized)
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::baggage::KeyValueMetadata;

    use super::*;

    #[test]
    fn entries_are_treated_by_their_keys() {
        let baggage = Baggage::from_iter([
            KeyValueMetadata::new("shop", "7", "ttl=1"),
            KeyValueMetadata::new("session.token", "s3cret", ""),
            KeyValueMetadata::new("error.message", "no user ada", ""),
            KeyValueMetadata::new("note", "a\nb", "p\nq"),
        ]);
        let sent = Sanitizer::default().baggage(&baggage).unwrap();
        let mut sent: Vec<_> = sent
            .iter()
            .map(|(key, (value, metadata))| format!("{key}={value};{}", metadata.as_str()))
            .collect();
        sent.sort();
        assert_eq!(sent, [r"note=a\nb;", "session.token=REDACTED;", "shop=7;ttl=1"]);
    }

    #[test]
    fn what_may_all_be_sent_is_not_copied() {
        let baggage = Baggage::from_iter([KeyValueMetadata::new("shop", "7", "ttl=1")]);
        assert!(Sanitizer::default().baggage(&baggage).is_none());
        assert!(Sanitizer::default().baggage(&Baggage::new()).is_none());
    }
}
