//! Labels: compared, hashed and encoded.

use std::fmt::{self, Write};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ptr;

use prometheus_client::encoding::{EncodeLabelValue, LabelSetEncoder};

use crate::text::Text;

/// Most words are the very same.
#[inline(always)]
pub(crate) fn same(a: Option<&'static str>, b: Option<&'static str>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => same_text(a, b),
        _ => false,
    }
}

#[inline(always)]
pub(crate) fn same_text(a: &str, b: &str) -> bool {
    ptr::eq(a, b) || a == b
}

/// Whether address and port are these.
#[inline(always)]
pub(crate) fn same_server(server: Option<&(Text, Option<u16>)>, read: Option<(&str, Option<u16>)>) -> bool {
    match (server, read) {
        (None, None) => true,
        (Some((address, port)), Some((other, other_port))) => *port == other_port && address.is(other),
        _ => false,
    }
}

/// Encodes a label, if there is a value.
pub(crate) fn maybe(
    encoder: &mut LabelSetEncoder<'_>,
    name: &str,
    value: Option<&impl EncodeLabelValue>,
) -> fmt::Result {
    value.map_or(Ok(()), |value| label(encoder, name, value))
}

/// Encodes a label.
pub(crate) fn label(encoder: &mut LabelSetEncoder<'_>, name: &str, value: &impl EncodeLabelValue) -> fmt::Result {
    let mut label = encoder.encode_label();
    let mut key = label.encode_label_key()?;
    key.write_str(name)?;
    let mut text = key.encode_label_value()?;
    value.encode(&mut text)?;
    text.finish()
}

/// The hash of labels, which may be what anybody sent.
#[inline]
pub(crate) fn hash_labels<L: Hash>(labels: &L) -> u64 {
    // No labels need no hash.
    if size_of::<L>() == 0 {
        return 0;
    }
    let mut hasher = DefaultHasher::new();
    labels.hash(&mut hasher);
    hasher.finish()
}
