//! What an HTTP request or a gRPC call and its response say, in the words of the [OpenTelemetry semantic conventions].
//!
//! Spans, metrics and log lines about HTTP tell the same things: the method, the route, the server, the status, what went wrong. This crate
//! reads them once, as plain data, for any of these and any telemetry library. [`Http`], [`Grpc`] and [`HttpOrGrpc`] are classifiers for
//! [`tower-telemetry-observe`](tower_telemetry_observe); with adapters that have no `http::Request`, they read `Parts` built for them.
//!
//! ```
//! use tower_telemetry_observe::ClassifyHttp;
//! use tower_telemetry_semconv::{Http, Route, Value};
//!
//! let request = http::Request::get("/users/42?sig=c2VjcmV0").extension(Route::new("/users/{id}"));
//! let (mut request, ()) = request.body(())?.into_parts();
//! let call = Http::server().read(&mut request);
//! assert_eq!(call.span_name(), "GET /users/{id}");
//!
//! let mut said = Vec::new();
//! call.describe_request(&request, |key, value| said.push((key, value)));
//! assert!(said.contains(&("url.query", Value::Text("sig=REDACTED".into()))));
//! # Ok::<(), http::Error>(())
//! ```
//!
//! # When the hooks run
//!
//! [`ClassifyHttp::read`](tower_telemetry_observe::ClassifyHttp::read) is asked once, in `Service::call`, before the service is;
//! [`head`](tower_telemetry_observe::ClassifyHttp::head) when the response is there, and
//! [`end`](tower_telemetry_observe::Classify::end) at the call's end, which has the last word. Closures of yours run within these: a
//! [policy of trust](TrustPolicy::by) at the reading, [`with_error_type`](Http::with_error_type) with the error in hand. One that panics costs its
//! answer, not the call.
//!
//! # What is said of a call
//!
//! | attribute | server | client |
//! |---|---|---|
//! | `http.request.method` | at the start | at the start |
//! | `http.request.method_original` | at the start, if the method is not known | the same |
//! | `url.full` | | at the start, redacted |
//! | `url.path`, `url.query` | at the start, as sent, redacted | |
//! | `url.scheme` | at the start, if the request, a trusted proxy or [`with_scheme`](Http::with_scheme) tells | |
//! | `http.route`, `url.template` | [`Route`], axum's `MatchedPath`, [`LateRoute`] | [`UrlTemplate`] |
//! | `server.address`, `server.port` | at the start: a trusted proxy's word, the target's host, or the one `Host` | at the start: the target's host, or `Host`; the port of the scheme |
//! | `client.address` | at the start: a trusted proxy's word, or the peer's | |
//! | `http.request.resend_count` | | at the start, if the request was sent before: [`ResendCount`] |
//! | `network.peer.address`, `network.peer.port` | at the start: [`PeerAddr`], or axum's `ConnectInfo` | with the response: [`PeerAddr`], or hyper-util's `HttpInfo` |
//! | `network.protocol.version` | at the start | with the response |
//! | `user_agent.original` | at the start | |
//! | `http.response.status_code` | with the response | with the response |
//! | `error.type` | with the verdict | with the verdict |
//!
//! Two header lines `Host`, or one that is neither a name nor an address, name no server. `client.address` is an address in any case, and never
//! a proxy's word for one that it hides.
//!
//! # `error.type`
//!
//! The first failure names the call.
//!
//! | word | of |
//! |---|---|
//! | `400` to `599`, `_OTHER` | an error status ([`status_word`]): from 500 on a server, from 400 on a client |
//! | `timeout` | a service's error that is or is caused by an I/O timeout; with the feature `tower`, by its timeout |
//! | `connect` | a service's error caused by a connection that could not be made; with the feature `hyper-util`, as its client says |
//! | `overloaded` | with the feature `tower`, a service's error caused by its load-shed |
//! | any, by [`with_error_type`](Http::with_error_type) | a service's or a body's error of the given type |
//! | `service_error` | any other error of a service |
//! | `body_error` | a body that failed, or ended before its announced length |
//! | `panic` | a call that unwound |
//! | `cancelled` | a call that was dropped on a server |
//!
//! A client that drops its own call made no error, and has no `error.type`.
//!
//! # gRPC
//!
//! ```
//! use tower_telemetry_observe::{Classify, ClassifyHttp, End, Verdict};
//! use tower_telemetry_semconv::{Grpc, GrpcCode};
//!
//! let grpc = Grpc::server();
//! let (mut request, ()) = http::Request::post("/shop.Payments/Charge").body(())?.into_parts();
//! let mut call = grpc.read(&mut request);
//!
//! // The head came with 200, data came, and then these trailers.
//! let trailers = http::HeaderMap::from_iter([("grpc-status".parse()?, "13".parse()?)]);
//! let verdict = grpc.end(&mut call, &End::Complete { trailers: Some(&trailers) });
//! assert_eq!(verdict, Verdict::Error("INTERNAL"));
//! assert_eq!((call.method(), call.code()), ("shop.Payments/Charge", Some(GrpcCode::Internal)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | attribute | server | client |
//! |---|---|---|
//! | `rpc.system.name` | `grpc`, at the start | the same |
//! | `rpc.method` | at the start, if it is known then, else at the end: `pkg.Service/Method` or `_OTHER` | at the start |
//! | `rpc.method_original` | beside `_OTHER`: the path as sent, up to 256 bytes | the same |
//! | `rpc.response.status_code`, `rpc.status_code` | at the end: see [`StatusAttribute`] | the same |
//! | `server.address`, `server.port` | at the start, of `:authority` | at the start: the [target](Grpc::with_target), or the URI |
//! | `network.peer.address`, `network.peer.port` | at the start: [`PeerAddr`], or tonic's or axum's connection | |
//! | `error.type` | with the verdict | with the verdict |
//!
//! `grpc-message` and `grpc-status-details-bin` are not looked at: they may hold anything. What status an end comes to, which are errors, and which
//! methods are known, stands with [`Grpc`].
//!
//! # What a peer sends
//!
//! Nothing of it is believed to be short, clean, or harmless. Texts are [clean] and cut at [`text::MAX_TEXT`] bytes; credentials in URLs are
//! [redacted](url); headers are recorded only if they are [allowed](AllowedHeaders), and `Forwarded` is read only by a
//! [policy](TrustPolicy) that believes the peer. That is stricter than the conventions, which read forwarded hosts and addresses from anyone, and which
//! compare redacted keys without decoding them. Methods, schemes, versions and error types come from closed sets, and so can be labels of
//! metrics; hosts, addresses and paths cannot.
//!
//! # What is remembered
//!
//! What is the same in many calls is read once. Each thread keeps up to 32 hosts, 32 user agents and 32 addresses, of at most 256 bytes each,
//! that came twice; what is always new displaces none of them. The names of spans that have a route, as their methods and routes come, are
//! kept as long as the program runs, and so are those of gRPC methods: up to 4,096, of at most 256 bytes each. Nothing with credentials in it is kept.
//!
//! # Features
//!
//! None is on by default.
//!
//! - `axum`: the route of an axum router, from `MatchedPath`, and the peer's address, from `ConnectInfo<SocketAddr>`.
//! - `hyper-util`: `error.type` for errors of hyper-util's client, and the address of its peer.
//! - `tonic`: the peer's address on tonic's server, from `TcpConnectInfo`; the status of errors of tonic's server and channel.
//! - `tower`: `error.type` for the errors of tower's timeout and load-shed layers.
//!
//! [OpenTelemetry semantic conventions]: https://opentelemetry.io/docs/specs/semconv/http/http-spans/

pub mod attribute;
pub mod header;
pub mod percent;
pub mod text;
pub mod url;

mod authority;
mod call;
mod class;
mod classifier;
mod client;
mod credentials;
mod error_type;
mod facts;
mod forwarded;
mod grpc;
mod hash;
mod http_or_grpc;
mod limit;
mod memory;
mod method;
mod name;
mod peer;
mod plain;
mod resend;
mod route;
mod routed;
mod scheme;
mod seen;
mod server;
mod settings;
mod side;
mod status;
mod table;
mod trust;
mod value;
mod words;

pub use ipnet::IpNet;

pub use call::HttpCall;
pub use classifier::Http;
pub use error_type::{causes, error_word};
pub use facts::{ClientFacts, ServerFacts};
pub use grpc::{Grpc, GrpcCall, GrpcCode, StatusAttribute};
pub use header::{AllowedHeaders, HeaderNotAllowed};
pub use http_or_grpc::{HttpOrGrpc, HttpOrGrpcCall};
pub use method::Method;
pub use peer::PeerAddr;
pub use resend::ResendCount;
pub use route::{LateRoute, Route, UrlTemplate};
pub use side::{Client, Server, Side};
pub use status::status_word;
pub use text::clean;
pub use trust::{Peers, Trust, TrustPolicy};
pub use value::{Say, Value};
