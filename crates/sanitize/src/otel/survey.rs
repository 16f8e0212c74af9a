//! What a pass over some attributes tells, and keys that stand there twice.

use std::collections::HashMap;

use opentelemetry::KeyValue;

use super::attributes;
use crate::table::spread;

/// The places that keys are spread over.
const PLACES: usize = 256;

/// What a pass over some attributes tells.
pub(super) struct Survey {
    pub(super) bytes: usize,
    /// Whether two keys may be the same. If not, they are not.
    pub(super) may_repeat: bool,
    seen: [bool; PLACES],
}

impl Default for Survey {
    #[inline]
    fn default() -> Self {
        Survey {
            bytes: 0,
            may_repeat: false,
            seen: [false; PLACES],
        }
    }
}

impl Survey {
    pub(super) fn of(attributes: &[KeyValue]) -> Self {
        let mut survey = Survey::default();
        for KeyValue { key, value, .. } in attributes {
            survey.note(key.as_str(), attributes::size(value));
        }
        survey
    }

    /// An attribute of this key, whose value has so many bytes.
    #[inline(always)]
    pub(super) fn note(&mut self, key: &str, bytes: usize) {
        self.bytes += key.len() + bytes;
        let seen = &mut self.seen[place(key.as_bytes())];
        self.may_repeat |= std::mem::replace(seen, true);
    }
}

/// A place for a key, by how it begins and ends.
#[inline(always)]
fn place(key: &[u8]) -> usize {
    match (key.first_chunk(), key.last_chunk()) {
        (Some(first), Some(last)) => spread(last).wrapping_add(u32::from_le_bytes(*first)) as usize >> 24,
        _ => key.len(),
    }
}

/// Whether a key stands there twice. Of many attributes it is only said that one may.
#[cold]
pub(super) fn repeats(attributes: &[KeyValue]) -> bool {
    const FEW: usize = 32;
    let repeated = |(at, attribute): (usize, &KeyValue)| attributes[..at].iter().any(|one| one.key == attribute.key);
    attributes.len() > FEW || attributes.iter().enumerate().any(repeated)
}

/// Keeps each key once: where it stood first, with the value that was set last.
pub(super) fn unite(attributes: &mut Vec<KeyValue>) {
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
