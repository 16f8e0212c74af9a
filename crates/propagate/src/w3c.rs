//! The propagator: `traceparent` and `tracestate` as W3C Trace Context Level 2 has them.

use std::sync::LazyLock;

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};

use crate::kept::{continued, outgoing};
use crate::traceparent::Traceparent;
use crate::tracestate::Tracestate;

static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
static TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

static FIELDS: LazyLock<[String; 2]> = LazyLock::new(|| [TRACEPARENT.to_string(), TRACESTATE.to_string()]);

/// The headers `traceparent` and `tracestate`, read and written as [W3C Trace Context Level 2][w3c] demands.
///
/// # What is read
///
/// - **`traceparent`** is valid in exact form only: fields of exact width, lower-case digits, no id of zeros only, not
///   version `ff`, and nothing behind version `00`. Future versions are read as far as `00` knows them and continued as
///   `00`. An invalid one, more than one, or one of more than 8 KiB restarts the trace: the given context is returned
///   unchanged, and `tracestate` is not looked at.
/// - **`tracestate`** may come in several lines, which are one list. An invalid list (a malformed entry, more than 32
///   entries, more than 17 KiB of text) is dropped whole and never costs the `traceparent`. Of entries with the same
///   key the first, which is the latest, is taken.
/// - A value that is not ASCII makes that header invalid, and only that one.
///
/// # What is written
///
/// - Nothing at all, and nothing is removed, when the context has no valid span.
/// - **`traceparent`** always as version `00`. Of its flags, *sampled* is the span's; *random trace id* is that of the
///   caller for as long as the trace is the same, also where a sampler drops the span; all others are zero.
/// - **`tracestate`** entry by entry as it came while nobody changes the span's `TraceState`, though that type cannot
///   show all valid keys. A changed one is written instead, with the entries it could not show behind it. Blanks and
///   empty entries between the entries are left out, and the header is never empty.
/// - At most **512 characters** of `tracestate`, in whole entries. Of a longer list, entries of more than 128
///   characters go first, then others; each time the last one.
///
/// However large the headers are, no more than 8 KiB is allocated to read and write them, and no more of them is looked at
/// than what is said above.
///
/// Where both are possible, [`extract_headers`](Self::extract_headers) and [`inject_headers`](Self::inject_headers) are
/// better than the [`TextMapPropagator`] methods: they allocate less and replace stale headers. An [`Injector`] can
/// remove nothing, so when it is used on headers that hold an old `tracestate`, remove that one first.
///
/// [w3c]: https://www.w3.org/TR/trace-context-2/
///
/// ```
/// use opentelemetry::propagation::TextMapCompositePropagator;
/// use tower_telemetry_propagate::{W3c, W3cBaggage};
///
/// let both = TextMapCompositePropagator::new(vec![Box::new(W3c), Box::new(W3cBaggage)]);
/// opentelemetry::global::set_text_map_propagator(both);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct W3c;

impl W3c {
    /// Returns `cx` with the caller's span as its remote span, or `cx` as it is when `headers` have no valid one.
    #[must_use]
    pub fn extract_headers(&self, cx: &Context, headers: &HeaderMap) -> Context {
        self.find(cx, headers).unwrap_or_else(|| cx.clone())
    }

    /// The context with the caller's span, if `headers` have a valid one.
    #[inline]
    pub(crate) fn find(&self, cx: &Context, headers: &HeaderMap) -> Option<Context> {
        // One pass over the headers costs less than to look for two of them.
        let mut line = None;
        let mut states = false;
        for (name, value) in headers {
            match name.as_str() {
                "traceparent" if line.replace(value).is_some() => return None,
                "tracestate" => states = true,
                _ => {}
            }
        }
        let parent = Traceparent::parse(line?.as_bytes())?;
        let state = match states {
            true => Tracestate::read(headers.get_all(&TRACESTATE).iter().map(HeaderValue::as_bytes)),
            false => None,
        };
        Some(continued(cx, parent, state))
    }

    /// Writes the span of `cx` into `headers`, in place of whatever `traceparent` and `tracestate` they have.
    ///
    /// Without a valid span in `cx` the headers stay as they are.
    #[inline]
    pub fn inject_headers(&self, cx: &Context, headers: &mut HeaderMap) {
        let Some((parent, state)) = outgoing(cx) else {
            return;
        };
        let Ok(parent) = HeaderValue::from_bytes(&parent) else {
            return;
        };
        // A map of 32,768 headers has no room; without a `traceparent` there must be no `tracestate`.
        if headers
            .try_insert(const { HeaderName::from_static("traceparent") }, parent)
            .is_err()
        {
            return;
        }
        match state {
            Some(state) => drop(headers.try_insert(&TRACESTATE, state)),
            None => drop(headers.remove(&TRACESTATE)),
        }
    }
}

impl TextMapPropagator for W3c {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        let Some((parent, state)) = outgoing(cx) else {
            return;
        };
        injector.set(TRACEPARENT.as_str(), parent.map(char::from).iter().collect());
        if let Some(Ok(state)) = state.as_ref().map(HeaderValue::to_str) {
            injector.set(TRACESTATE.as_str(), state.to_owned());
        }
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        let lines = extractor.get_all(TRACEPARENT.as_str()).unwrap_or_default();
        let [line] = lines[..] else {
            return cx.clone();
        };
        let Some(parent) = Traceparent::parse(line.as_bytes()) else {
            return cx.clone();
        };
        let lines = extractor.get_all(TRACESTATE.as_str()).unwrap_or_default();
        continued(cx, parent, Tracestate::read(lines.into_iter().map(str::as_bytes)))
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&*FIELDS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry::trace::TraceContextExt;
    use std::collections::HashMap;

    const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";

    fn extract(cx: &Context, flags: &str, state: &'static str) -> Context {
        let parent = [TRACE, flags].concat().parse().expect("a value");
        let mut headers = HeaderMap::new();
        headers.insert(&TRACEPARENT, parent);
        headers.insert(&TRACESTATE, HeaderValue::from_static(state));
        W3c.extract_headers(cx, &headers)
    }

    fn inject(cx: &Context) -> HeaderMap {
        let mut headers = HeaderMap::new();
        W3c.inject_headers(cx, &mut headers);
        headers
    }

    #[derive(Debug, PartialEq)]
    struct Mark;

    #[test]
    fn the_rest_of_the_context_is_kept() {
        let cx = Context::new().with_value(Mark);
        let cx = extract(&cx, "-03", "a=1");
        assert_eq!(cx.get::<Mark>(), Some(&Mark));
        let cx = W3c.extract_headers(&cx, &HeaderMap::new());
        assert_eq!(cx.get::<Mark>(), Some(&Mark));
        assert!(
            cx.span().span_context().is_valid(),
            "an invalid header takes nothing away"
        );
    }

    #[test]
    fn stale_headers_are_replaced_as_a_pair() {
        let mut headers = HeaderMap::new();
        for stale in ["stale", "twice"] {
            headers.append(&TRACEPARENT, HeaderValue::from_static(stale));
            headers.append(&TRACESTATE, HeaderValue::from_static(stale));
        }
        let before = headers.clone();
        W3c.inject_headers(&Context::new(), &mut headers);
        assert_eq!(headers, before, "no span, nothing touched");

        W3c.inject_headers(&extract(&Context::new(), "-01", "a=1"), &mut headers);
        assert_eq!(headers, inject(&extract(&Context::new(), "-01", "a=1")));
        assert_eq!(headers.len(), 2);

        W3c.inject_headers(&extract(&Context::new(), "-00", ""), &mut headers);
        assert_eq!(headers, inject(&extract(&Context::new(), "-00", "")));
        assert_eq!(headers.len(), 1, "the stale tracestate is gone");
    }

    #[test]
    fn a_full_map_is_left_without_a_half_pair() {
        let mut headers = HeaderMap::new();
        let names = (0..).map(|n| HeaderName::try_from(format!("x-{n}")).expect("a name"));
        for name in names {
            if headers.try_insert(name, HeaderValue::from_static("1")).is_err() {
                break;
            }
        }
        W3c.inject_headers(&extract(&Context::new(), "-01", "a=1"), &mut headers);
        assert!(!headers.contains_key(&TRACEPARENT));
        assert!(!headers.contains_key(&TRACESTATE));
    }

    #[test]
    fn any_carrier_is_served_through_the_traits() {
        let headers = HashMap::from([
            ("traceparent".to_owned(), [TRACE, "-03"].concat()),
            ("tracestate".to_owned(), "foo@@bar=1".to_owned()),
        ]);
        let cx = W3c.extract_with_context(&Context::new(), &headers);
        let mut written = HashMap::new();
        W3c.inject_context(&cx, &mut written);
        assert_eq!(written, headers);
        assert_eq!(W3c.fields().collect::<Vec<_>>(), ["traceparent", "tracestate"]);
    }

    #[test]
    fn no_empty_header_is_written_through_the_traits() {
        let mut written = HashMap::new();
        W3c.inject_context(&extract(&Context::new(), "-01", ""), &mut written);
        assert_eq!(written.keys().collect::<Vec<_>>(), ["traceparent"]);
    }
}
