//! What spans are made with.

use std::fmt;

use http::{HeaderMap, request};
use opentelemetry::trace::{Tracer, TracerProvider};
use opentelemetry::{Array, KeyValue, StringValue, Value};
use tower_telemetry_observe::{PlainCall, Verdict, contain};
use tower_telemetry_sanitize::Sanitizer;
use tower_telemetry_semconv::{AllowedHeaders, Client, HttpCall, Server};

use crate::routes::RouteCheck;
use crate::tracer::{GlobalTracer, Source};
use crate::{Describe, DescribeHttp};

/// How calls become spans: the tracer, which calls, which headers, and attributes of your own.
///
/// `F` are the calls' facts: HTTP's on a [server](Spans::server) or a [client](Spans::client), or those of whatever layer takes
/// [new](Spans::new) ones.
///
/// ```
/// use opentelemetry::KeyValue;
/// use tower_telemetry_semconv::AllowedHeaders;
/// use tower_telemetry_span::Spans;
///
/// let spans = Spans::server()
///     .with_filter(|request| request.uri.path() != "/healthz")
///     .with_request_headers(AllowedHeaders::new(["x-tenant"])?)
///     .with_request_attributes(|_call, _request, attributes| attributes.push(KeyValue::new("region", "eu")));
/// # let _ = spans;
/// # Ok::<(), tower_telemetry_semconv::HeaderNotAllowed>(())
/// ```
#[must_use]
pub struct Spans<F> {
    pub(crate) source: Source,
    pub(crate) sampling: SamplingAttributes,
    pub(crate) end: Option<SpanEnd>,
    pub(crate) routes: RouteCheck,
    pub(crate) sanitizer: Sanitizer,
    request_headers: AllowedHeaders,
    response_headers: AllowedHeaders,
    filter: Option<Filter>,
    on_request: Option<OnRequest<F>>,
    on_end: Option<OnEnd<F>>,
}

type Filter = Box<dyn Fn(&request::Parts) -> bool + Send + Sync>;
type OnRequest<F> = Box<dyn Fn(&F, &request::Parts, &mut Vec<KeyValue>) + Send + Sync>;
type OnEnd<F> = Box<dyn Fn(&F, Verdict, &mut Vec<KeyValue>) + Send + Sync>;

/// Whether the whole name and the attributes are given to the sampler when the caller has said that the trace is not sampled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SamplingAttributes {
    /// Not given then, since the usual samplers follow the caller without a look at them. A span of HTTP starts with its method as its name. One
    /// that records after all has its name and its attributes set.
    #[default]
    UnlessUnsampled,
    /// Given to every span at its start: for samplers that decide by attributes whatever the caller says.
    Always,
}

/// When a client span ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpanEnd {
    /// At the response head, as the conventions have it. A body that fails later is told in a `tracing` event.
    #[default]
    Head,
    /// When the response body has ended, failed or been dropped.
    Body,
}

impl Spans<HttpCall<Server>> {
    /// SERVER spans, from the request to the end of the response body.
    pub fn server() -> Self {
        Self::new()
    }
}

impl Spans<HttpCall<Client>> {
    /// CLIENT spans, from the request to the response head.
    pub fn client() -> Self {
        Self::new()
    }

    /// Ends spans there.
    pub fn with_end(mut self, end: SpanEnd) -> Self {
        self.end = Some(end);
        self
    }
}

/// For calls that come with a request's head, on either side.
impl<F: DescribeHttp> Spans<F> {
    /// Makes spans only for requests of which this is true. The others keep the caller's context.
    pub fn with_filter<G>(mut self, filter: G) -> Self
    where
        G: Fn(&request::Parts) -> bool + Send + Sync + 'static,
    {
        self.filter = Some(Box::new(filter));
        self
    }

    /// Records these request headers, as `http.request.header.<name>`, of gRPC calls as `rpc.request.metadata.<name>`. None by default.
    pub fn with_request_headers(mut self, headers: AllowedHeaders) -> Self {
        self.request_headers = headers;
        self
    }

    /// Records these response headers, as `http.response.header.<name>`, of gRPC calls as `rpc.response.metadata.<name>`. None by default.
    pub fn with_response_headers(mut self, headers: AllowedHeaders) -> Self {
        self.response_headers = headers;
        self
    }

    /// Adds attributes of your own at the start of each span.
    pub fn with_request_attributes<G>(mut self, attributes: G) -> Self
    where
        G: Fn(&F, &request::Parts, &mut Vec<KeyValue>) + Send + Sync + 'static,
    {
        self.on_request = Some(Box::new(attributes));
        self
    }
}

impl Spans<PlainCall> {
    /// INTERNAL spans for calls of any service.
    pub fn plain() -> Self {
        Self::new()
    }
}

impl<F> Spans<F> {
    /// Spans of whatever calls they are given to: for layers of any protocol.
    pub fn new() -> Self {
        Spans {
            source: Source::Global(GlobalTracer::new()),
            sampling: SamplingAttributes::default(),
            end: None,
            routes: RouteCheck::default(),
            sanitizer: Sanitizer::default(),
            request_headers: AllowedHeaders::default(),
            response_headers: AllowedHeaders::default(),
            filter: None,
            on_request: None,
            on_end: None,
        }
    }

    /// Starts spans with a tracer of this provider. Without it, the global provider is asked when calls come.
    pub fn with_tracer_provider<P>(mut self, provider: &P) -> Self
    where
        P: TracerProvider,
        P::Tracer: Send + Sync + 'static,
        <P::Tracer as Tracer>::Span: Send + Sync + 'static,
    {
        self.source = Source::provider(provider);
        self
    }

    /// Starts spans with this tracer, under its own instrumentation scope.
    pub fn with_tracer<T>(mut self, tracer: T) -> Self
    where
        T: Tracer + Send + Sync + 'static,
        T::Span: Send + Sync + 'static,
    {
        self.source = Source::Given(std::sync::Arc::new(tracer));
        self
    }

    /// Adds attributes of your own at the end of each span.
    pub fn with_end_attributes<G>(mut self, attributes: G) -> Self
    where
        G: Fn(&F, Verdict, &mut Vec<KeyValue>) + Send + Sync + 'static,
    {
        self.on_end = Some(Box::new(attributes));
        self
    }

    /// What may be written down, by default the [policy for production](Sanitizer::default): names, attributes of your own, captured headers, and
    /// what the facts say, as far as the policy adds to what they keep to by themselves.
    ///
    /// A policy in a request's extensions, such as `SanitizeLayer` puts there, comes before this one.
    pub fn with_sanitizer(mut self, sanitizer: Sanitizer) -> Self {
        self.sanitizer = sanitizer;
        self
    }

    /// Says when the sampler is given attributes.
    pub fn with_sampling_attributes(mut self, sampling: SamplingAttributes) -> Self {
        self.sampling = sampling;
        self
    }

    /// Whether this request gets a span. A filter that panics lets it through.
    pub(crate) fn accepts(&self, request: Option<&request::Parts>) -> bool {
        let Some(request) = request else { return true };
        let filtered = |filter: &Filter| contain(|| filter(request)).unwrap_or(true);
        self.filter.as_ref().is_none_or(filtered)
    }

    /// What the user has to say at the end, if anything.
    pub(crate) fn of_end(&self, facts: &F, verdict: Verdict) -> Option<Vec<KeyValue>> {
        let on_end = self.on_end.as_ref()?;
        let mut attributes = Vec::new();
        contain(|| on_end(facts, verdict, &mut attributes));
        Some(attributes)
    }
}

impl<F: Describe> Spans<F> {
    /// Adds what the user wants of the request.
    pub(crate) fn add_request(&self, facts: &F, request: &request::Parts, attributes: &mut Vec<KeyValue>) {
        let prefix = facts.request_header_prefix();
        attributes.extend(captured(prefix, &self.request_headers, &request.headers));
        if let Some(on_request) = &self.on_request {
            contain(|| on_request(facts, request, attributes));
        }
    }

    /// What the user wants of the response's headers, if anything.
    pub(crate) fn of_response<'a>(
        &'a self,
        facts: &F,
        headers: &'a HeaderMap,
    ) -> Option<impl Iterator<Item = KeyValue> + use<'a, F>> {
        let allowed = &self.response_headers;
        let prefix = facts.response_header_prefix();
        (!allowed.is_empty()).then(|| captured(prefix, allowed, headers))
    }
}

impl<F> Default for Spans<F> {
    fn default() -> Self {
        Self::new()
    }
}

fn captured<'a>(
    prefix: &'static str,
    allowed: &'a AllowedHeaders,
    headers: &'a HeaderMap,
) -> impl Iterator<Item = KeyValue> + 'a {
    allowed.captured(headers).map(move |(name, values)| {
        let values = values.into_iter().map(StringValue::from).collect();
        KeyValue::new(format!("{prefix}{name}"), Value::Array(Array::String(values)))
    })
}

impl<F> fmt::Debug for Spans<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spans")
            .field("source", &self.source)
            .field("sampling", &self.sampling)
            .field("end", &self.end)
            .field("sanitizer", &self.sanitizer)
            .field("request_headers", &self.request_headers)
            .field("response_headers", &self.response_headers)
            .finish_non_exhaustive()
    }
}
