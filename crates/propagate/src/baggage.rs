//! The propagator: `baggage` as W3C Baggage has it.

use std::sync::LazyLock;

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::baggage::{Baggage, BaggageExt, BaggageMetadata};
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::{Context, Key, StringValue};

use crate::member::pieces;
use crate::members::{LONGEST, Members};

static BAGGAGE: HeaderName = HeaderName::from_static("baggage");

static FIELDS: LazyLock<[String; 1]> = LazyLock::new(|| [BAGGAGE.to_string()]);

/// The header `baggage`, read and written as [W3C Baggage][w3c] has it.
///
/// # What is read
///
/// - Several lines are one list. A line that is not ASCII is ignored, and only that one.
/// - A list-member that is not valid is left out, the others are kept. Of members with the same key the **last** is
///   taken, as [`Baggage`] does everywhere.
/// - Values are percent-decoded. What is not UTF-8 then becomes U+FFFD. A member whose value has a **control character**
///   (C0, DEL, C1, U+2028, U+2029) after decoding is left out, so that none gets into logs, labels or other headers.
///   Keys are never decoded.
/// - Properties are the value's metadata, without blanks and still percent-encoded, so that `p=1%3Bq` does not become
///   two and `p=%0A` does not become two lines.
/// - The limits are for all lines together: members that would bring the list above **8,192 bytes** are left out, blanks
///   not counted, and so are those with a new key behind the **64th**. No member is cut. After 16 KiB of text or 180
///   members, valid or not, nothing more is read.
/// - Baggage that the given context has is replaced. When no valid member is received, the given context is returned
///   unchanged.
///
/// # What is written
///
/// - Nothing at all, and nothing is removed, when the context has no baggage.
/// - The members in the order of their keys, at most 8,192 bytes: what does not fit is left out as a whole, what is
///   smaller and behind it may fit.
/// - Values are percent-encoded where they must be. So are the values of properties, without encoding twice what is
///   encoded already; what an application has set as metadata and is no property is left out.
///
/// # What it costs
///
/// However large the headers are, what is read of them, and so the work, is bounded as above; the rest of a line is looked
/// at for being ASCII only. No more than 8 KiB is allocated beside what the context then has in its [`Baggage`] (8 KiB of
/// text, and up to 14 KiB for the hash table that OpenTelemetry makes of 64 entries) and the value that is sent.
///
/// Where both are possible, [`extract_headers`](Self::extract_headers) and [`inject_headers`](Self::inject_headers) are
/// better than the [`TextMapPropagator`] methods: they allocate less, and never leave a stale header.
///
/// Baggage goes to whoever is called, and comes from whoever calls. Use it where both are known.
///
/// [w3c]: https://www.w3.org/TR/baggage/
///
/// ```
/// use opentelemetry::baggage::BaggageExt;
/// use opentelemetry::propagation::TextMapCompositePropagator;
/// use opentelemetry::{Context, KeyValue};
/// use tower_telemetry_propagate::{Propagation, W3c, W3cBaggage};
///
/// let both = TextMapCompositePropagator::new(vec![Box::new(W3c), Box::new(W3cBaggage)]);
///
/// let cx = Context::new().with_baggage([KeyValue::new("customer", "Amélie")]);
/// let mut headers = http::HeaderMap::new();
/// Propagation::new(both).inject(&cx, &mut headers);
/// assert_eq!(headers["baggage"], "customer=Am%C3%A9lie");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct W3cBaggage;

impl W3cBaggage {
    /// Returns `cx` with the caller's baggage, or `cx` as it is when `headers` have no valid list-member.
    #[must_use]
    pub fn extract_headers(&self, cx: &Context, headers: &HeaderMap) -> Context {
        let lines = headers.get_all(&BAGGAGE).iter();
        received(cx, lines.map(HeaderValue::as_bytes))
    }

    /// Writes the baggage of `cx` into `headers`, in place of whatever `baggage` they have.
    ///
    /// Without baggage in `cx` the headers stay as they are.
    pub fn inject_headers(&self, cx: &Context, headers: &mut HeaderMap) {
        if cx.baggage().is_empty() {
            return;
        }
        headers.remove(&BAGGAGE);
        if let Some(Ok(list)) = to_list(cx.baggage()).map(HeaderValue::try_from) {
            // A map of 32,768 headers has no room and goes without.
            drop(headers.try_insert(&BAGGAGE, list));
        }
    }
}

impl TextMapPropagator for W3cBaggage {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        if let Some(list) = to_list(cx.baggage()) {
            injector.set(BAGGAGE.as_str(), list);
        }
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        let lines = extractor.get_all(BAGGAGE.as_str()).unwrap_or_default();
        received(cx, lines.into_iter().map(str::as_bytes))
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&*FIELDS)
    }
}

/// `cx` with what the lines of the header have, all together one list.
fn received<'a>(cx: &Context, lines: impl Iterator<Item = &'a [u8]>) -> Context {
    let mut lines = lines.peekable();
    if lines.peek().is_none() {
        return cx.clone();
    }
    let mut baggage = Baggage::new();
    for member in Members::read(lines).iter() {
        baggage.insert_with_metadata(member.key.to_owned(), member.value(), &*member.properties());
    }
    if baggage.is_empty() {
        return cx.clone();
    }
    cx.with_baggage(baggage)
}

/// The header's value; `None` when there is no member, or none that fits.
fn to_list(baggage: &Baggage) -> Option<String> {
    let mut members: Vec<Entry<'_>> = baggage.iter().collect();
    members.sort_unstable_by_key(|(key, _)| key.as_str());
    let mut width = 0;
    members.retain(|member| {
        let member: usize = sent(member).map(str::len).sum();
        let wider = width + usize::from(width > 0) + member;
        let fits = wider <= LONGEST;
        if fits {
            width = wider;
        }
        fits
    });
    let mut list = String::with_capacity(width);
    for member in &members {
        if !list.is_empty() {
            list.push(',');
        }
        list.extend(sent(member));
    }
    (!list.is_empty()).then_some(list)
}

type Entry<'a> = (&'a Key, &'a (StringValue, BaggageMetadata));

fn sent<'a>((key, (value, properties)): &Entry<'a>) -> impl Iterator<Item = &'a str> + use<'a> {
    pieces(key.as_str(), value.as_str(), properties.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry::KeyValue;
    use std::collections::HashMap;

    fn headers(lines: &[&'static str]) -> HeaderMap {
        let line = |line: &&'static str| (BAGGAGE.clone(), HeaderValue::from_static(line));
        lines.iter().map(line).collect()
    }

    fn extract(lines: &[&'static str]) -> Context {
        W3cBaggage.extract_headers(&Context::new(), &headers(lines))
    }

    #[derive(Debug, PartialEq)]
    struct Mark;

    #[test]
    fn only_the_baggage_of_the_context_is_replaced() {
        let cx = Context::new()
            .with_value(Mark)
            .with_baggage([KeyValue::new("old", "1")]);
        let cx = W3cBaggage.extract_headers(&cx, &headers(&["new=2"]));
        assert_eq!(cx.get::<Mark>(), Some(&Mark));
        assert_eq!(to_list(cx.baggage()).as_deref(), Some("new=2"));
    }

    #[test]
    fn without_a_valid_member_the_baggage_of_the_context_stays() {
        let cx = Context::new().with_baggage([KeyValue::new("old", "1")]);
        for lines in [&[][..], &[""], &["invalid"], &["a=%0D", ",,"]] {
            let cx = W3cBaggage.extract_headers(&cx, &headers(lines));
            assert_eq!(to_list(cx.baggage()).as_deref(), Some("old=1"), "{lines:?}");
        }
    }

    #[test]
    fn stale_lines_are_replaced() {
        let stale = headers(&["stale=1", "twice=1"]);
        let mut outgoing = stale.clone();
        W3cBaggage.inject_headers(&Context::new(), &mut outgoing);
        assert_eq!(outgoing, stale, "no baggage, nothing touched");

        W3cBaggage.inject_headers(&extract(&["new=2"]), &mut outgoing);
        assert_eq!(outgoing, headers(&["new=2"]));

        let too_much = Context::new().with_baggage([KeyValue::new("new", "%".repeat(LONGEST / 2))]);
        W3cBaggage.inject_headers(&too_much, &mut outgoing);
        assert_eq!(outgoing, HeaderMap::new(), "nothing old instead of what does not fit");
    }

    #[test]
    fn a_full_map_is_left_without_a_header() {
        let mut headers = HeaderMap::new();
        let names = (0..).map(|n| HeaderName::try_from(format!("x-{n}")).expect("a name"));
        for name in names {
            if headers.try_insert(name, HeaderValue::from_static("1")).is_err() {
                break;
            }
        }
        W3cBaggage.inject_headers(&extract(&["a=1"]), &mut headers);
        assert!(!headers.contains_key(&BAGGAGE));
    }

    #[test]
    fn any_carrier_is_served_through_the_traits() {
        let headers = HashMap::from([("baggage".to_owned(), "a=1;p,b=%20".to_owned())]);
        let cx = W3cBaggage.extract_with_context(&Context::new(), &headers);
        let mut written = HashMap::new();
        W3cBaggage.inject_context(&cx, &mut written);
        assert_eq!(written, headers);
        assert_eq!(W3cBaggage.fields().collect::<Vec<_>>(), ["baggage"]);
    }

    #[test]
    fn no_empty_header_is_written_through_the_traits() {
        let mut written = HashMap::new();
        W3cBaggage.inject_context(&Context::new(), &mut written);
        let too_much = Context::new().with_baggage([KeyValue::new("a", "%".repeat(LONGEST / 2))]);
        W3cBaggage.inject_context(&too_much, &mut written);
        assert_eq!(written, HashMap::new());
    }
}
