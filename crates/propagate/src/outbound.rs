//! Which hosts are told of a trace, and which of its baggage.

use http::HeaderMap;
use http::header::HeaderName;
use opentelemetry::Context;
use opentelemetry::baggage::BaggageExt;

use crate::Propagation;

/// Which hosts get a context: all of them, unless it is said otherwise.
///
/// Trace ids and baggage tell a third party how a system is built, and baggage may hold more than that. Where a host may not have them, the
/// headers that a request brought along (copied from an incoming one, say) are removed, too.
///
/// ```
/// use tower_telemetry_propagate::Outbound;
///
/// let outbound = Outbound::default()
///     .with_trace_context_to(["*.shop.internal", "partner.example"])
///     .with_baggage_to(["*.shop.internal"]);
/// # let _ = outbound;
/// ```
///
/// A host is named in full, or by `*.` and the domain that it is in. Case and port do not matter.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Outbound {
    trace_context: Hosts,
    baggage: Hosts,
}

/// A request extension: this request's headers are the caller's business, nothing is written or removed.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPropagation;

#[derive(Clone, Debug, Default)]
enum Hosts {
    #[default]
    All,
    Listed(Vec<String>),
}

impl Outbound {
    /// Only these hosts get trace headers, or baggage.
    pub fn with_trace_context_to<H: Into<String>>(mut self, hosts: impl IntoIterator<Item = H>) -> Self {
        self.trace_context = Hosts::listed(hosts);
        self
    }

    /// Only these hosts get baggage; of them, those that also get trace headers.
    pub fn with_baggage_to<H: Into<String>>(mut self, hosts: impl IntoIterator<Item = H>) -> Self {
        self.baggage = Hosts::listed(hosts);
        self
    }

    /// Whether all hosts get everything, so that no header is ever removed.
    pub fn is_unlimited(&self) -> bool {
        matches!((&self.trace_context, &self.baggage), (Hosts::All, Hosts::All))
    }

    /// Writes into the headers of a request to `host` what this host may have of `cx`. A host that is not known is on no list.
    #[inline]
    pub fn inject(&self, propagation: &Propagation, cx: &Context, host: Option<&str>, headers: &mut HeaderMap) {
        if !self.trace_context.has(host) {
            propagation.clear(headers);
        } else if self.baggage.has(host) {
            propagation.inject(cx, headers);
        } else {
            headers.remove(HeaderName::from_static("baggage"));
            propagation.inject(&cx.with_cleared_baggage(), headers);
        }
    }
}

impl Hosts {
    fn listed<H: Into<String>>(hosts: impl IntoIterator<Item = H>) -> Self {
        let normal = |host: H| -> String {
            let host: String = host.into();
            // As in a URL: the port, an IPv6 address's brackets, and the dot at the end are not the name.
            let host = match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
                Some((address, _port)) => address,
                None => match host.split_once(':') {
                    Some((name, port)) if !port.contains(':') => name,
                    _ => &host,
                },
            };
            host.strip_suffix('.').unwrap_or(host).to_owned()
        };
        Self::Listed(hosts.into_iter().map(normal).collect())
    }

    fn has(&self, host: Option<&str>) -> bool {
        match (self, host) {
            (Self::All, _) => true,
            (Self::Listed(listed), Some(host)) => listed.iter().any(|named| matches(named, host)),
            (Self::Listed(_), None) => false,
        }
    }
}

fn matches(named: &str, host: &str) -> bool {
    // A trailing dot only says that the name is complete.
    let host = host.strip_suffix('.').unwrap_or(host).as_bytes();
    match named.strip_prefix("*.") {
        None => named.as_bytes().eq_ignore_ascii_case(host),
        Some(domain) => host
            .len()
            .checked_sub(domain.len())
            .is_some_and(|at| at > 1 && host[at - 1] == b'.' && host[at..].eq_ignore_ascii_case(domain.as_bytes())),
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::KeyValue;
    use opentelemetry::propagation::TextMapCompositePropagator;
    use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
    use opentelemetry_sdk::propagation::BaggagePropagator;

    use super::*;
    use crate::W3c;

    #[test]
    fn hosts_are_named_in_full_or_by_their_domain() {
        let cases = [
            ("api.test", "api.test", true),
            ("api.test", "API.Test", true),
            ("api.test", "api.test.", true),
            ("api.test", "x.api.test", false),
            ("*.test", "api.test", true),
            ("*.test", "a.b.test", true),
            ("*.test", "test", false),
            ("*.test", ".test", false),
            ("*.test", "apitest", false),
            ("*.test", "api.test.evil", false),
            ("api.test.", "api.test", true),
            ("api.test:8443", "api.test", true),
            ("[::1]:80", "::1", true),
            ("[::1]", "::1", true),
            ("::1", "::1", true),
        ];
        for (named, host, expected) in cases {
            let hosts = Hosts::listed([named]);
            assert_eq!(hosts.has(Some(host)), expected, "{named} {host}");
        }
    }

    /// The names of the headers that a request to `host` has after injection, when it had stale ones of all kinds.
    fn sent(outbound: &Outbound, host: Option<&str>) -> Vec<String> {
        let both = TextMapCompositePropagator::new(vec![Box::new(W3c), Box::new(BaggagePropagator::new())]);
        let ids = SpanContext::new(
            TraceId::from(1),
            SpanId::from(2),
            TraceFlags::SAMPLED,
            false,
            TraceState::NONE,
        );
        let cx = Context::new()
            .with_remote_span_context(ids)
            .with_baggage([KeyValue::new("tenant", "new")]);
        let mut headers = HeaderMap::new();
        for stale in ["traceparent", "tracestate", "baggage", "accept"] {
            headers.insert(stale, http::HeaderValue::from_static("stale=1"));
        }
        outbound.inject(&Propagation::new(both), &cx, host, &mut headers);
        let kept = headers
            .iter()
            .filter(|(name, value)| *name == "accept" || *value != "stale=1");
        assert_eq!(kept.count(), headers.len(), "nothing stale goes out: {headers:?}");
        let mut names: Vec<_> = headers.keys().map(ToString::to_string).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn every_host_gets_everything_by_default() {
        let all = ["accept", "baggage", "traceparent"];
        assert_eq!(sent(&Outbound::default(), Some("anywhere.test")), all);
        assert_eq!(sent(&Outbound::default(), None), all);
    }

    #[test]
    fn a_host_off_the_list_gets_nothing_not_even_what_the_request_had() {
        let outbound = Outbound::default().with_trace_context_to(["*.inside.test"]);
        assert_eq!(
            sent(&outbound, Some("a.inside.test")),
            ["accept", "baggage", "traceparent"]
        );
        assert_eq!(sent(&outbound, Some("outside.test")), ["accept"]);
        assert_eq!(sent(&outbound, None), ["accept"]);
    }

    #[test]
    fn baggage_can_be_kept_from_hosts_that_get_trace_headers() {
        let outbound = Outbound::default().with_baggage_to(["inside.test"]);
        assert_eq!(
            sent(&outbound, Some("inside.test")),
            ["accept", "baggage", "traceparent"]
        );
        assert_eq!(sent(&outbound, Some("partner.test")), ["accept", "traceparent"]);
    }
}
