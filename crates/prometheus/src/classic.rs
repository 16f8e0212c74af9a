//! The names that dashboards have had for long: the same numbers, told another way.

use std::collections::BTreeMap;
use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, LabelSetEncoder};

use crate::Histogram;
use crate::catalog::{CLASSIC_DURATION, CLASSIC_REQUESTS};
use crate::encode::encode_counter;
use crate::histogram::Shape;
use crate::label::label;
use crate::reading::Reading;
use crate::series::OVERFLOW;

/// The classic labels of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Classic<'a> {
    /// The method, or `_OTHER`.
    pub method: &'a str,
    /// The route, or `unknown`.
    pub endpoint: &'a str,
    /// The status; where there is none, what went wrong: `cancelled`, `panic`, ….
    pub status: &'a str,
}

/// Those of its duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Endpoint<'a> {
    method: &'a str,
    endpoint: &'a str,
}

impl EncodeLabelSet for Endpoint<'_> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        label(encoder, "method", &self.method)?;
        label(encoder, "endpoint", &self.endpoint)
    }
}

impl EncodeLabelSet for Classic<'_> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        let Classic {
            method,
            endpoint,
            status,
        } = *self;
        Endpoint { method, endpoint }.encode(encoder)?;
        label(encoder, "status", &status)
    }
}

/// Writes these durations, which have more labels, by their classic ones.
pub(crate) fn encode<'a>(
    encoder: &mut DescriptorEncoder<'_>,
    shape: &Shape,
    durations: impl Iterator<Item = (Classic<'a>, &'a Histogram)>,
    overflow: Option<&Histogram>,
) -> fmt::Result {
    let mut requests = BTreeMap::<_, u64>::new();
    let mut endpoints = BTreeMap::new();
    for (classic, duration) in durations {
        let reading = duration.read();
        *requests.entry(classic).or_default() += reading.count();
        let Classic { method, endpoint, .. } = classic;
        let all: &mut Reading = endpoints
            .entry(Endpoint { method, endpoint })
            .or_insert_with(|| Reading::empty(shape));
        all.add(duration);
    }
    let overflow = overflow.map(Histogram::read);
    let mut family = CLASSIC_REQUESTS.describe(encoder)?;
    for (labels, count) in &requests {
        encode_counter(family.encode_family(labels)?, *count)?;
    }
    if let Some(overflow) = &overflow {
        encode_counter(family.encode_family(&OVERFLOW)?, overflow.count())?;
    }
    let mut family = CLASSIC_DURATION.describe(encoder)?;
    for (labels, reading) in &endpoints {
        reading.encode(family.encode_family(labels)?)?;
    }
    match overflow {
        Some(overflow) => overflow.encode(family.encode_family(&OVERFLOW)?),
        None => Ok(()),
    }
}
