//! The limits of a span.

use opentelemetry_sdk::trace::TracerProviderBuilder;
use tower_telemetry_sanitize::{Sanitizer, Truncation};

use super::{Read, count, first, parsed};
use crate::Error;

/// The most attributes that the SDK keeps of a span, unless the environment says otherwise: more than the policy lets through, which alone knows
/// the required ones.
const MAX_ATTRIBUTES: u32 = 1024;

const SPAN_ATTRIBUTES: &str = "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT";
const EVENT_ATTRIBUTES: &str = "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT";
const LINK_ATTRIBUTES: &str = "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT";
const ATTRIBUTES: &str = "OTEL_ATTRIBUTE_COUNT_LIMIT";
const EVENTS: &str = "OTEL_SPAN_EVENT_COUNT_LIMIT";
const LINKS: &str = "OTEL_SPAN_LINK_COUNT_LIMIT";
const LENGTHS: [&str; 2] = [
    "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
];

/// How much a span may hold; `None` is the SDK's default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SpanLimits {
    attributes: u32,
    events: Option<u32>,
    links: Option<u32>,
    attributes_per_event: Option<u32>,
    attributes_per_link: Option<u32>,
}

impl SpanLimits {
    pub(crate) fn read(read: Read<'_>) -> Result<Self, Error> {
        Ok(Self {
            attributes: count(read, &[SPAN_ATTRIBUTES, ATTRIBUTES])?.unwrap_or(MAX_ATTRIBUTES),
            events: count(read, &[EVENTS])?,
            links: count(read, &[LINKS])?,
            attributes_per_event: count(read, &[EVENT_ATTRIBUTES, ATTRIBUTES])?,
            attributes_per_link: count(read, &[LINK_ATTRIBUTES, ATTRIBUTES])?,
        })
    }

    pub(crate) fn set(self, provider: TracerProviderBuilder) -> TracerProviderBuilder {
        type Set = fn(TracerProviderBuilder, u32) -> TracerProviderBuilder;
        let each: [(Option<u32>, Set); 5] = [
            (
                Some(self.attributes),
                TracerProviderBuilder::with_max_attributes_per_span,
            ),
            (self.events, TracerProviderBuilder::with_max_events_per_span),
            (self.links, TracerProviderBuilder::with_max_links_per_span),
            (
                self.attributes_per_event,
                TracerProviderBuilder::with_max_attributes_per_event,
            ),
            (
                self.attributes_per_link,
                TracerProviderBuilder::with_max_attributes_per_link,
            ),
        ];
        each.into_iter().fold(provider, |provider, (limit, set)| match limit {
            Some(limit) => set(provider, limit),
            None => provider,
        })
    }
}

/// The policy for production, which cuts texts where the environment says.
pub(crate) fn policy(read: Read<'_>) -> Result<Sanitizer, Error> {
    let Some((name, value)) = first(read, &LENGTHS) else {
        return Ok(Sanitizer::default());
    };
    let length = parsed(name, value.clone(), "a whole number")?;
    let policy = Sanitizer::builder().with_truncation(Truncation::chars(length)).build();
    policy.map_err(|error| Error::Setting {
        name,
        value,
        allowed: error.to_string().into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::tests::variables;

    #[test]
    fn a_limit_of_its_own_comes_before_the_one_for_all() {
        let limits = |set: &[(&str, &str)]| SpanLimits::read(&variables(set)).ok();
        let none = SpanLimits {
            attributes: MAX_ATTRIBUTES,
            events: None,
            links: None,
            attributes_per_event: None,
            attributes_per_link: None,
        };
        assert_eq!(limits(&[]), Some(none));
        let all = SpanLimits {
            attributes: 7,
            attributes_per_event: Some(7),
            attributes_per_link: Some(7),
            ..none
        };
        assert_eq!(limits(&[(ATTRIBUTES, "7")]), Some(all));
        let each = SpanLimits {
            attributes: 1,
            events: Some(2),
            links: Some(3),
            attributes_per_event: Some(4),
            attributes_per_link: Some(5),
        };
        let set = [
            (SPAN_ATTRIBUTES, "1"),
            (EVENTS, "2"),
            (LINKS, "3"),
            (EVENT_ATTRIBUTES, "4"),
            (LINK_ATTRIBUTES, "5"),
            (ATTRIBUTES, "7"),
        ];
        assert_eq!(limits(&set), Some(each));
    }

    #[test]
    fn a_limit_that_is_no_number_is_an_error() {
        for name in [
            SPAN_ATTRIBUTES,
            EVENT_ATTRIBUTES,
            LINK_ATTRIBUTES,
            ATTRIBUTES,
            EVENTS,
            LINKS,
        ] {
            let error = SpanLimits::read(&variables(&[(name, "lots")])).expect_err(name);
            let expected = format!("{name} is `lots`, but it has to be a whole number");
            assert_eq!(error.to_string(), expected);
        }
        for name in LENGTHS {
            let error = policy(&variables(&[(name, "-1")])).expect_err(name);
            assert!(error.to_string().starts_with(&format!("{name} is `-1`")), "{error}");
        }
    }

    #[test]
    fn texts_are_cut_where_the_environment_says() {
        for name in LENGTHS {
            let policy = policy(&variables(&[(name, "3")])).expect("a number");
            assert_eq!(policy.label("note", "hello"), "hel", "{name}");
        }
    }
}
