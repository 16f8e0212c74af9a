//! reqwest with its calls observed, in both ways.

use std::time::Duration;

use http::request::Builder;
use opentelemetry_sdk::trace::SpanData;
use reqwest::{Body, Client, Request, Response};
use reqwest_middleware::{ClientBuilder, Error};
use tower::{Layer, ServiceExt};
use tower_telemetry::Inject;
use tower_telemetry::observe::Observe;
use tower_telemetry::reqwest::{ReqwestLayer, ReqwestMiddleware};
use tower_telemetry::semconv::{Client as ClientSide, Http, HttpCall};
use tower_telemetry::span::Spans;
use tower_telemetry_testkit::spans::{Recorder, attributes};
use tower_telemetry_tests::ended;

/// How reqwest is observed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    Middleware,
    Service,
}

pub(crate) const BOTH_WAYS: [Way; 2] = [Way::Middleware, Way::Service];

pub(crate) fn spans(recorder: &Recorder) -> Spans<HttpCall<ClientSide>> {
    Spans::client().with_tracer_provider(&recorder.provider)
}

pub(crate) fn inject(recorder: &Recorder) -> Inject {
    Inject::new().with_spans(spans(recorder))
}

pub(crate) fn middleware(recorder: &Recorder) -> ReqwestMiddleware {
    ReqwestMiddleware::new(Http::client(), inject(recorder))
}

pub(crate) fn layer(recorder: &Recorder) -> ReqwestLayer {
    ReqwestLayer::new(Http::client(), inject(recorder))
}

impl Way {
    /// Sends the request with this client and observer.
    pub(crate) async fn observed<O>(self, observer: O, client: Client, request: Builder) -> Result<Response, Error>
    where
        O: Observe<HttpCall<ClientSide>> + Send + Sync + 'static,
        O::Watch: Send + Sync + 'static,
    {
        self.send(observer, client, request.body(Body::default()).expect("a request"))
            .await
    }

    /// The same for a request with a body.
    pub(crate) async fn send<O>(
        self,
        observer: O,
        client: Client,
        mut request: http::Request<Body>,
    ) -> Result<Response, Error>
    where
        O: Observe<HttpCall<ClientSide>> + Send + Sync + 'static,
        O::Watch: Send + Sync + 'static,
    {
        match self {
            Way::Middleware => {
                let middleware = ReqwestMiddleware::new(Http::client(), observer);
                let client = ClientBuilder::new(client).with(middleware).build();
                let mut extensions = std::mem::take(request.extensions_mut());
                let request = Request::try_from(request).expect("a URL");
                client.execute_with_extensions(request, &mut extensions).await
            }
            Way::Service => {
                let service = ReqwestLayer::new(Http::client(), observer).layer(client);
                let request = Request::try_from(request).expect("a URL");
                service.oneshot(request).await.map_err(Error::Reqwest)
            }
        }
    }
}

/// Sends the request in both ways, each with a client as the first argument makes it, and compares the two spans: they say the same.
/// Returns what they say, and the answers.
pub(crate) async fn in_both_ways(
    client: impl Fn() -> Client,
    request: impl Fn() -> Builder,
) -> (Vec<String>, Vec<Result<Response, Error>>) {
    let mut said = Vec::new();
    let mut answers = Vec::new();
    for way in BOTH_WAYS {
        let recorder = Recorder::new();
        answers.push(way.observed(inject(&recorder), client(), request()).await);
        said.push(all(&ended(&recorder, 1).await[0]));
    }
    assert_eq!(said[0], said[1]);
    (said.remove(0), answers)
}

/// All that a span says: its kind and name, its status, and its attributes, sorted.
pub(crate) fn all(span: &SpanData) -> Vec<String> {
    let mut said = attributes(span);
    assert!(span.events.is_empty() && span.links.is_empty());
    said.insert(0, format!("{:?} {} {:?}", span.span_kind, span.name, span.status));
    said
}

/// A client without this machine's proxies, and with these settings.
pub(crate) fn client(settings: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder) -> Client {
    settings(Client::builder().no_proxy()).build().expect("a client")
}

pub(crate) fn plain() -> Client {
    client(|client| client)
}

/// Gives up when nothing has come for a moment. What it is used with never answers, so that any limit is exceeded.
pub(crate) const SOON: Duration = Duration::from_millis(20);
