//! The request's trace id in the response, for whoever asked.

use std::fmt;
use std::sync::Arc;

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue, request};
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use tower_telemetry_observe::contain;
use tower_telemetry_propagate::W3c;

/// A response header that names the request's span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceHeader {
    /// `traceresponse`, from the draft of [W3C Trace Context Level 2](https://w3c.github.io/trace-context/#traceresponse-header):
    /// the fields of a `traceparent`.
    TraceResponse,
    /// `Server-Timing`, which browsers show to the page: `traceparent;desc="…"`.
    ServerTiming,
}

/// Which responses get which header.
#[derive(Clone)]
pub(crate) struct Telling {
    header: TraceHeader,
    wanted: Arc<dyn Fn(&request::Parts) -> bool + Send + Sync>,
}

/// A header that a response will get.
#[derive(Debug)]
pub(crate) struct Told {
    name: HeaderName,
    value: HeaderValue,
}

impl Telling {
    pub(crate) fn new(header: TraceHeader, wanted: impl Fn(&request::Parts) -> bool + Send + Sync + 'static) -> Self {
        let wanted = Arc::new(wanted);
        Telling { header, wanted }
    }

    /// What to tell the caller of this request, if it is to be told and there is a span. A predicate that panics says no.
    pub(crate) fn tell(&self, request: &request::Parts, cx: &Context) -> Option<Told> {
        // A remote span is the caller's own.
        if cx.span().span_context().is_remote() || !contain(|| (self.wanted)(request)).unwrap_or(false) {
            return None;
        }
        let mut headers = HeaderMap::new();
        W3c.inject_headers(cx, &mut headers);
        let span = headers.remove("traceparent")?;
        Some(match self.header {
            TraceHeader::TraceResponse => Told {
                name: HeaderName::from_static("traceresponse"),
                value: span,
            },
            TraceHeader::ServerTiming => Told {
                name: HeaderName::from_static("server-timing"),
                value: HeaderValue::from_str(&format!("traceparent;desc=\"{}\"", span.to_str().ok()?)).ok()?,
            },
        })
    }
}

impl Told {
    /// Adds the header: other entries of `Server-Timing` stay.
    pub(crate) fn add_to(self, headers: &mut HeaderMap) {
        // A map that is full goes without.
        let _ = headers.try_append(self.name, self.value);
    }
}

impl fmt::Debug for Telling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Telling").field(&self.header).finish()
    }
}
