//! What may be written down of a call.

use std::borrow::Cow;

use http::request;
use opentelemetry::KeyValue;
use tower_telemetry_sanitize::Sanitizer;

use crate::{Describe, Spans};

impl<F> Spans<F> {
    /// The policy for this call: its request's own, or that of these spans.
    #[inline]
    pub(crate) fn policy<'a>(&'a self, request: Option<&'a request::Parts>) -> &'a Sanitizer {
        own(request).unwrap_or(&self.sanitizer)
    }
}

/// The policy that a layer has put into a request.
#[inline]
pub(crate) fn own(request: Option<&request::Parts>) -> Option<&Sanitizer> {
    request?.extensions.get()
}

/// A policy for what some facts say: it need not be asked where they are clean, and it asks for no more.
#[derive(Clone, Copy)]
pub(crate) struct FactsPolicy<'a> {
    sanitizer: &'a Sanitizer,
    asked: bool,
}

impl<'a> FactsPolicy<'a> {
    #[inline]
    pub(crate) fn new(sanitizer: &'a Sanitizer, facts: &impl Describe) -> Self {
        FactsPolicy {
            sanitizer,
            asked: !facts.is_clean() || sanitizer.adds_to_semconv(),
        }
    }

    #[inline]
    pub(crate) fn name(self, name: Cow<'static, str>) -> Cow<'static, str> {
        match self.asked {
            true => self.sanitizer.name(name),
            false => name,
        }
    }

    #[inline]
    pub(crate) fn attribute(self, attribute: KeyValue) -> Option<KeyValue> {
        match self.asked {
            true => self.sanitizer.attribute(attribute),
            false => Some(attribute),
        }
    }

    /// The first so many attributes are the facts', and the others the user's.
    #[inline]
    pub(crate) fn attributes(self, attributes: &mut Vec<KeyValue>, of_facts: usize) {
        let start = if self.asked { 0 } else { of_facts };
        if start < attributes.len() {
            self.sanitizer.attributes_from(attributes, start);
        }
    }
}
