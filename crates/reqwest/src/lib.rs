//! reqwest's calls as CLIENT spans, with their context in the request headers: a middleware for [`reqwest_middleware`], and a layer for
//! reqwest's own tower service.
//!
//! ```
//! use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
//! use reqwest_middleware::ClientBuilder;
//! use tower_telemetry_reqwest::{Http, Inject, ReqwestMiddleware, Spans, UrlTemplate};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let exporter = InMemorySpanExporter::default();
//! let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
//!
//! let inject = Inject::new().with_spans(Spans::client().with_tracer_provider(&provider));
//! let client = ClientBuilder::new(reqwest::Client::new())
//!     .with(ReqwestMiddleware::new(Http::client(), inject))
//!     .build();
//!
//! // Nobody listens there.
//! let request = client.get("http://127.0.0.1:1/items/7?sig=SECRET");
//! let error = request.with_extension(UrlTemplate::new("/items/{id}")).send().await.unwrap_err();
//! assert!(error.to_string().contains("SECRET"), "reqwest's own texts are not fit to be written down");
//!
//! let span = &exporter.get_finished_spans().unwrap()[0];
//! assert_eq!(span.name, "GET /items/{id}");
//! let value = |key| span.attributes.iter().find(|attribute| attribute.key.as_str() == key).unwrap().value.as_str();
//! assert_eq!(value("url.full"), "http://127.0.0.1:1/items/7?sig=REDACTED");
//! assert_eq!(value("error.type"), "connect");
//! # }
//! ```
//!
//! With a global provider, `ReqwestMiddleware::default()` is all there is to do. As the observer, a tuple fuses several: what else is made for
//! the calls of a tower client, such as metrics, goes beside [`Inject`].
//!
//! # Without reqwest-middleware
//!
//! [`reqwest::Client`] is a `Service<reqwest::Request>`, for which [`ReqwestLayer`] does the same:
//!
//! ```
//! use tower::{Layer, Service, ServiceExt};
//! use tower_telemetry_reqwest::ReqwestLayer;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let mut client = ReqwestLayer::default().layer(reqwest::Client::new());
//! let request = reqwest::Request::new(reqwest::Method::GET, "http://127.0.0.1:1/".parse().unwrap());
//! assert!(client.ready().await.unwrap().call(request).await.is_err());
//! # }
//! ```
//!
//! # When the hooks run
//!
//! Observers are told of the call when the middleware, or the service, is called: with the request's head, before anything is sent. Their head comes with
//! reqwest's response, and their end at once after it, unless one of them [wants to hear of the body](#the-response-body). A future that is dropped
//! ends the call as dropped.
//!
//! # What is recorded
//!
//! What the [HTTP client span conventions] say: `http.request.method`, `url.full` without credentials, `server.address`, `server.port` and, where
//! they are known, `url.template` and `http.request.resend_count` at the start; `http.response.status_code`, the `network.protocol.version` that
//! was negotiated and `network.peer.address` and `network.peer.port` with the response; `error.type`. The name is the method and the template, and
//! never the path.
//!
//! A call begins before anything is sent, a connection included. It ends at the response's head, after the redirects that reqwest follows:
//! the span has the first URL and the last status.
//!
//! # `error.type`
//!
//! The first of these that is true names the call. The words are found by what an error is, and never by its text: reqwest's texts hold the URL.
//! [`error_type`] says the word for an error, for a line in a log of your own.
//!
//! | word | of |
//! |---|---|
//! | `400` to `599`, `_OTHER` | the response's status, or that of a middleware's `error_for_status` |
//! | `timeout` | any timeout: of connecting, of the whole call, of a read |
//! | `dns` | a name that was not found |
//! | `tls` | with the feature `rustls`, any error of rustls; without it, `connect` for those of the handshake |
//! | `connect` | a connection that could not be made |
//! | `redirect` | too many redirects, or a policy's error |
//! | `body_error` | a body that failed: the request's, or a response's that is [watched](#the-response-body); over HTTP/2 hyper does not tell why it reset the request |
//! | `_OTHER` | anything else, such as a connection that was reset |
//! | `panic` | a call that unwound |
//!
//! A caller that drops the call made no error.
//!
//! The same words are given to other errors of what is observed: those of a middleware, and boxed ones of a tower layer. They have the word of
//! the error of reqwest's that is in them; else `timeout` or `connect`, for I/O errors of that kind; with the feature `tower`, `timeout` and
//! `overloaded` for what its timeout and load-shed layers return; else `_OTHER`. Words of your own come first, if you give them to
//! [`Http::with_error_type`].
//!
//! # One request
//!
//! Extensions say what one request wants: [`UrlTemplate`], [`RequestSpan`] and [`NoPropagation`]. With the middleware they
//! are given by [`with_extension`](reqwest_middleware::RequestBuilder::with_extension). A `reqwest::Request` takes none, but one that is made of
//! an `http::Request` keeps that one's, and [`ReqwestLayer`] finds them:
//!
//! ```
//! use opentelemetry::KeyValue;
//! use reqwest_middleware::ClientBuilder;
//! use tower_telemetry_reqwest::{ReqwestMiddleware, RequestSpan};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let client = ClientBuilder::new(reqwest::Client::new()).with(ReqwestMiddleware::default()).build();
//! let named = client
//!     .get("http://catalog.test/items/7")
//!     .with_extension(RequestSpan::new().with_name("refresh prices").with_attributes([KeyValue::new("shop.tenant", "north")]));
//!
//! let silent = http::Request::get("http://catalog.test/healthz").extension(RequestSpan::none()).body("")?;
//! let silent = reqwest::Request::try_from(silent)?;
//! # let _ = (named, silent);
//! # Ok(())
//! # }
//! ```
//!
//! # Retries
//!
//! Where the retry stands decides what is seen. Outside, each attempt is a span: it has its own id in its headers, and from the second one on an
//! `http.request.resend_count`. Inside, all attempts are one span, with the last one's status and one id for all.
//!
//! ```text
//! ClientBuilder::new(client)                       ClientBuilder::new(client)
//!     .with(RetryTransientMiddleware::…)               .with(ReqwestMiddleware::default())
//!     .with(ReqwestMiddleware::default())              .with(RetryTransientMiddleware::…)
//!
//! ▶ POST /orders                                   ▶ POST /orders
//! ├─ → GET /items/{id}  ███          500           └─ → GET /items/{id}  ████████████  200
//! ├─ → GET /items/{id}     ████      500  count 1
//! └─ → GET /items/{id}         █████ 200  count 2
//! ```
//!
//! The conventions want the left one. Nothing has to be said to the middleware: it finds the count in the extensions that the attempts of one
//! call share. (So give [`execute_with_extensions`](reqwest_middleware::ClientWithMiddleware::execute_with_extensions) new ones for each call,
//! and put one such middleware into a chain: a second one would count, too.)
//! With `tower::retry`, a [`CountResendsLayer`] outside of it begins to count:
//!
//! ```text
//! ServiceBuilder::new()                            ServiceBuilder::new()
//!     .layer(CountResendsLayer::new())                 .layer(ReqwestLayer::default())
//!     .retry(policy)                                   .retry(policy)
//!     .layer(ReqwestLayer::default())                  .service(client)
//!     .service(client)
//!
//! three spans, as on the left above                one span, as on the right
//! ```
//!
//! reqwest's own `ClientBuilder::retry` is always inside.
//!
//! # Redirects
//!
//! reqwest takes a request's headers along to each hop, but for its list of sensitive ones; trace headers and baggage are not on it, and nothing
//! can add them. Where another origin must not see them, have reqwest stop there. The redirect is then the response, and whoever
//! follows it makes a call of its own, whose host is judged by [`Outbound`]:
//!
//! ```
//! use reqwest::redirect::Policy;
//!
//! let same_origin = Policy::custom(|attempt| {
//!     let previous = attempt.previous();
//!     let same = previous.last().is_some_and(|last| last.origin() == attempt.url().origin());
//!     match same {
//!         true if previous.len() > 10 => attempt.error("too many redirects"),
//!         true => attempt.follow(),
//!         false => attempt.stop(),
//!     }
//! });
//! let client = reqwest::Client::builder().redirect(same_origin).build()?;
//! # Ok::<(), reqwest::Error>(())
//! ```
//!
//! # The response body
//!
//! Once the head is there and no observer wants to hear more, the response is handed on as it came. While one does, such as [`Spans`] with
//! [`SpanEnd::Body`], the body is watched to its end on its way to the caller:
//!
//! ```
//! use tower_telemetry_reqwest::{Http, Inject, ReqwestMiddleware, SpanEnd, Spans};
//!
//! let inject = Inject::new().with_spans(Spans::client().with_end(SpanEnd::Body));
//! let to_the_end = ReqwestMiddleware::new(Http::client(), inject);
//! # let _ = to_the_end;
//! ```
//!
//! The response is the same for the caller in either case: its URL, extensions, headers, `content_length` and `remote_addr`, and its body's errors.
//!
//! # Connections
//!
//! What takes place before a request is sent can be seen, too: reqwest's `connector_layer` takes any tower layer, and a connection that is
//! made for a call is then a span within the call's. One that comes from the pool takes no time, and is none.
//!
//! ```
//! use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
//! use tower::{Layer, Service, ServiceExt};
//! use tower_telemetry_observe::{ObserveLayer, Plain};
//! use tower_telemetry_reqwest::{Http, Inject, ReqwestLayer, Spans};
//! use tower_telemetry_span::SpanObserver;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let exporter = InMemorySpanExporter::default();
//! let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
//!
//! let connecting = SpanObserver::new(Spans::plain().with_tracer_provider(&provider));
//! let client = reqwest::Client::builder()
//!     .connector_layer(ObserveLayer::new(Plain::new("connect"), connecting))
//!     .build()
//!     .unwrap();
//! let inject = Inject::new().with_spans(Spans::client().with_tracer_provider(&provider));
//! let mut client = ReqwestLayer::new(Http::client(), inject).layer(client);
//!
//! let request = reqwest::Request::new(reqwest::Method::GET, "http://127.0.0.1:1/".parse().unwrap());
//! client.ready().await.unwrap().call(request).await.unwrap_err();
//! let [connect, call] = &exporter.get_finished_spans().unwrap()[..] else { panic!("two spans") };
//! assert_eq!((&*connect.name, connect.parent_span_id), ("connect", call.span_context.span_id()));
//! # }
//! ```
//!
//! # Features
//!
//! None is on by default.
//!
//! - `rustls`: `error.type` is `tls` for errors of rustls.
//! - `tower`: `error.type` for the errors of tower's timeout and load-shed layers.
//!
//! [HTTP client span conventions]: https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span

mod error_type;
mod layer;
mod middleware;
mod request;
mod resends;
mod response;

pub use error_type::error_type;
pub use layer::{ObservedReqwest, ReqwestLayer};
pub use middleware::ReqwestMiddleware;
pub use resends::{CountResends, CountResendsLayer};
pub use response::ObservedResponse;
#[doc(no_inline)]
pub use tower_telemetry_inject::{
    AllowedHeaders, Client, Http, HttpCall, Inject, NoPropagation, Outbound, Propagation, RequestSpan, ResendCount,
    SamplingAttributes, SpanEnd, Spans, UrlTemplate,
};
