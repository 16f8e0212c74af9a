//! Which propagator a layer uses.

use std::any::Any;
use std::sync::Arc;

use http::HeaderMap;
use opentelemetry::baggage::BaggageExt;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::{Context, global};
use tower_telemetry_sanitize::Sanitizer;

use crate::W3c;
use crate::received::Received;
use crate::replacing::Replacing;

/// Which propagator carries a context in and out of headers.
///
/// By default it is the [global one](global::set_text_map_propagator), looked up at each call, when that one names
/// fields other than `traceparent` and `tracestate`: baggage, B3, Jaeger, or several together. Else it is [`W3c`]: when
/// nothing is installed, and also in place of the SDK's `TraceContextPropagator`, which is less exact. To have another
/// propagator for these two fields only, give it to [`new`](Self::new).
///
/// ```
/// use http::HeaderMap;
/// use opentelemetry::Context;
/// use opentelemetry_sdk::propagation::BaggagePropagator;
/// use tower_telemetry_propagate::Propagation;
///
/// let headers = HeaderMap::from_iter([("baggage".parse()?, "shop=7".parse()?)]);
/// let cx = Propagation::new(BaggagePropagator::new()).extract(&Context::new(), &headers);
///
/// let mut outgoing = HeaderMap::new();
/// Propagation::off().inject(&cx, &mut outgoing);
/// assert!(outgoing.is_empty());
/// Propagation::new(BaggagePropagator::new()).inject(&cx, &mut outgoing);
/// assert_eq!(outgoing, headers);
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Propagation {
    choice: Choice,
    sanitizer: Option<Sanitizer>,
}

#[derive(Clone, Debug, Default)]
enum Choice {
    #[default]
    Automatic,
    W3c,
    Given(Arc<dyn TextMapPropagator + Send + Sync>),
    Off,
}

impl Propagation {
    /// Uses `propagator`, whatever is installed globally.
    pub fn new(propagator: impl TextMapPropagator + Send + Sync + 'static) -> Self {
        // Ours has a shorter way to headers than the trait.
        if (&propagator as &dyn Any).is::<W3c>() {
            return Self::of(Choice::W3c);
        }
        Self::of(Choice::Given(Arc::new(propagator)))
    }

    /// Uses no propagator: every call starts a trace of its own, and nothing is written.
    pub fn off() -> Self {
        Self::of(Choice::Off)
    }

    fn of(choice: Choice) -> Self {
        let sanitizer = None;
        Self { choice, sanitizer }
    }

    /// Sends no baggage but what this policy lets through: some values are redacted, cut or hashed, and some entries left out.
    ///
    /// Without it baggage is sent as the application, or the caller, has made it: it is meant for others to read.
    ///
    /// ```
    /// use http::HeaderMap;
    /// use opentelemetry::baggage::BaggageExt;
    /// use opentelemetry::{Context, KeyValue};
    /// use tower_telemetry_propagate::{Propagation, W3cBaggage};
    /// use tower_telemetry_sanitize::Sanitizer;
    ///
    /// let cx = Context::new().with_baggage([KeyValue::new("session.token", "c2VjcmV0"), KeyValue::new("shop", "7")]);
    /// let mut headers = HeaderMap::new();
    /// Propagation::new(W3cBaggage).with_sanitizer(Sanitizer::default()).inject(&cx, &mut headers);
    /// assert_eq!(headers["baggage"], "session.token=REDACTED,shop=7");
    /// ```
    pub fn with_sanitizer(mut self, sanitizer: Sanitizer) -> Self {
        self.sanitizer = Some(sanitizer);
        self
    }

    /// Whether this is [`off`](Self::off).
    pub fn is_off(&self) -> bool {
        matches!(self.choice, Choice::Off)
    }

    /// Returns `parent` with what the propagator finds in `headers`, or `parent` as it is when it finds nothing valid.
    #[must_use]
    pub fn extract(&self, parent: &Context, headers: &HeaderMap) -> Context {
        self.find(parent, headers).unwrap_or_else(|| parent.clone())
    }

    /// As [`extract`](Self::extract), but `None` where nothing was found.
    ///
    /// Only [`W3c`] can tell; another propagator's context is always returned.
    #[must_use]
    #[inline]
    pub fn find(&self, parent: &Context, headers: &HeaderMap) -> Option<Context> {
        match &self.choice {
            Choice::Automatic => {
                let read = |global: &dyn TextMapPropagator| carries_more(global).then(|| read(global, parent, headers));
                global::get_text_map_propagator(read).or_else(|| W3c.find(parent, headers))
            }
            Choice::W3c => W3c.find(parent, headers),
            Choice::Given(propagator) => Some(read(&**propagator, parent, headers)),
            Choice::Off => None,
        }
    }

    /// Writes `cx` into `headers`, in place of whatever headers of the propagator they have.
    ///
    /// The headers of a propagator belong together: as soon as it writes one of its [`fields`], those of a former
    /// context are removed, so that nothing half-new goes out. When it writes none, because `cx` has nothing for it, all
    /// headers stay as they are. A header that it would write without a value is left out.
    ///
    /// [`fields`]: TextMapPropagator::fields
    #[inline]
    pub fn inject(&self, cx: &Context, headers: &mut HeaderMap) {
        match &self.sanitizer {
            None => self.write(cx, headers),
            Some(sanitizer) => match sanitizer.baggage(cx.baggage()) {
                None => self.write(cx, headers),
                Some(baggage) => {
                    if baggage.is_empty() {
                        // A former one must not stay in the place of nothing.
                        headers.remove("baggage");
                    }
                    self.write(&cx.with_baggage(baggage), headers);
                }
            },
        }
    }

    #[inline]
    fn write(&self, cx: &Context, headers: &mut HeaderMap) {
        match &self.choice {
            Choice::Automatic => {
                let written =
                    global::get_text_map_propagator(|global| carries_more(global).then(|| write(global, cx, headers)));
                if written.is_none() {
                    W3c.inject_headers(cx, headers);
                }
            }
            Choice::W3c => W3c.inject_headers(cx, headers),
            Choice::Given(propagator) => write(&**propagator, cx, headers),
            Choice::Off => {}
        }
    }

    /// Removes the headers of the propagator, and those of W3C trace context and baggage, whoever wrote them.
    pub(crate) fn clear(&self, headers: &mut HeaderMap) {
        for standard in ["traceparent", "tracestate", "baggage"] {
            headers.remove(standard);
        }
        let mut remove = |propagator: &dyn TextMapPropagator| {
            for field in propagator.fields() {
                headers.remove(field);
            }
        };
        match &self.choice {
            Choice::Automatic => global::get_text_map_propagator(remove),
            Choice::Given(propagator) => remove(&**propagator),
            Choice::W3c | Choice::Off => {}
        }
    }
}

/// Whether a propagator is for anything but trace context.
#[inline]
fn carries_more(propagator: &dyn TextMapPropagator) -> bool {
    propagator
        .fields()
        .any(|field| field != "traceparent" && field != "tracestate")
}

fn read(propagator: &dyn TextMapPropagator, parent: &Context, headers: &HeaderMap) -> Context {
    propagator.extract_with_context(parent, &Received(headers))
}

fn write(propagator: &dyn TextMapPropagator, cx: &Context, headers: &mut HeaderMap) {
    propagator.inject_context(cx, &mut Replacing::new(headers, propagator));
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};
    use opentelemetry::KeyValue;
    use opentelemetry::propagation::TextMapCompositePropagator;
    use opentelemetry::trace::TraceContextExt;
    use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn headers<const N: usize>(pairs: [(&'static str, &'static str); N]) -> HeaderMap {
        let header = |(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
        pairs.into_iter().map(header).collect()
    }

    fn with_span() -> Context {
        W3c.extract_headers(&Context::new(), &headers([("traceparent", PARENT)]))
    }

    fn sdk() -> Propagation {
        Propagation::new(TextMapCompositePropagator::new(vec![
            Box::new(BaggagePropagator::new()),
            Box::new(TraceContextPropagator::new()),
        ]))
    }

    #[test]
    fn off_reads_and_writes_nothing() {
        let cx = Propagation::off().extract(&Context::new(), &headers([("traceparent", PARENT)]));
        assert!(!cx.has_active_span());
        let mut stale = headers([("traceparent", "stale")]);
        Propagation::off().inject(&with_span(), &mut stale);
        assert_eq!(stale, headers([("traceparent", "stale")]));
    }

    #[test]
    fn a_given_propagator_reads_and_writes_its_own_headers() {
        let incoming = headers([("traceparent", PARENT), ("baggage", "shop=7")]);
        let cx = sdk().extract(&Context::new(), &incoming);
        assert_eq!(cx.baggage().get("shop").map(ToString::to_string).as_deref(), Some("7"));
        let mut outgoing = HeaderMap::new();
        sdk().inject(&cx, &mut outgoing);
        assert_eq!(outgoing, incoming, "without the SDK's empty tracestate");
    }

    #[test]
    fn our_own_propagator_takes_the_short_way() {
        let Propagation { choice, .. } = Propagation::new(W3c);
        assert!(matches!(choice, Choice::W3c));
        let mut stale = headers([("tracestate", "stale=1")]);
        Propagation::new(W3c).inject(&with_span(), &mut stale);
        assert_eq!(stale, headers([("traceparent", PARENT)]));
    }

    #[test]
    fn stale_headers_of_a_given_propagator_go_together() {
        let stale = headers([
            ("traceparent", "stale"),
            ("tracestate", "stale=1"),
            ("baggage", "stale=1"),
            ("x-other", "stays"),
        ]);
        let mut outgoing = stale.clone();
        sdk().inject(&with_span(), &mut outgoing);
        assert_eq!(outgoing, headers([("traceparent", PARENT), ("x-other", "stays")]));

        let mut outgoing = stale.clone();
        let only_baggage = Context::new().with_baggage([KeyValue::new("shop", "7")]);
        sdk().inject(&only_baggage, &mut outgoing);
        assert_eq!(outgoing, headers([("baggage", "shop=7"), ("x-other", "stays")]));

        let mut outgoing = stale.clone();
        sdk().inject(&Context::new(), &mut outgoing);
        assert_eq!(outgoing, stale, "nothing written, nothing touched");
    }

    #[test]
    fn where_no_baggage_may_be_sent_a_former_one_goes_too() {
        let cx = Context::new().with_baggage([KeyValue::new("error.message", "no user ada")]);
        let mut outgoing = headers([("baggage", "error.message=stale")]);
        sdk().with_sanitizer(Sanitizer::default()).inject(&cx, &mut outgoing);
        assert_eq!(outgoing, HeaderMap::new());
    }
}
