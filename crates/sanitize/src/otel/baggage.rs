//! Baggage on its way out.

use opentelemetry::baggage::{Baggage, BaggageMetadata};
use opentelemetry::{Key, StringValue};

use crate::Sanitizer;

/// With the feature `opentelemetry`.
impl Sanitizer {
    /// Baggage as it may be sent, or `None` if all of it may.
    ///
    /// Values are treated as by [`value`](Self::value), and so are those of properties. Where one of these may not be sent as it is, the entry
    /// loses all of them.
    ///
    /// A rule that hashes does so at every hop where the policy is in force: ids that several services have to compare are better hashed
    /// where they are put into the baggage.
    pub fn baggage(&self, baggage: &Baggage) -> Option<Baggage> {
        let entries = baggage
            .iter()
            .map(|(key, (value, metadata)): (&Key, &(StringValue, BaggageMetadata))| {
                let sent = self.value(key.as_str(), value.as_str());
                let fine = metadata
                    .as_str()
                    .split(';')
                    .all(|property| self.is_fine_property(property));
                let stays = fine && sent.as_deref() == Some(value.as_str());
                (key, sent, fine.then_some(metadata), stays)
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

    fn is_fine_property(&self, property: &str) -> bool {
        let (key, value) = property.split_once('=').unwrap_or((property, ""));
        let key = key.trim();
        self.text(property) == property && (key.is_empty() || self.value(key, value).as_deref() == Some(value))
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
            KeyValueMetadata::new("user", "ada", "since=1; password=hunter2"),
        ]);
        let sent = Sanitizer::default().baggage(&baggage).unwrap();
        let mut sent: Vec<_> = sent
            .iter()
            .map(|(key, (value, metadata))| format!("{key}={value};{}", metadata.as_str()))
            .collect();
        sent.sort();
        assert_eq!(
            sent,
            [r"note=a\nb;", "session.token=REDACTED;", "shop=7;ttl=1", "user=ada;"]
        );
    }

    #[test]
    fn what_may_all_be_sent_is_not_copied() {
        let baggage = Baggage::from_iter([KeyValueMetadata::new("shop", "7", "ttl=1")]);
        assert!(Sanitizer::default().baggage(&baggage).is_none());
        assert!(Sanitizer::default().baggage(&Baggage::new()).is_none());
    }
}
