//! Watches a tower call from its request to its end, and reports that end exactly once.
//!
//! ```
//! use tower::{Layer, Service, ServiceExt, service_fn};
//! use tower_telemetry_observe::{ObserveLayer, Plain, PlainCall, Report, on_end};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let layer = ObserveLayer::new(
//!     Plain::new("double"),
//!     on_end(|report: &Report<'_, PlainCall>| {
//!         println!("{}: {:?} after {:?}", report.facts.name(), report.end, report.elapsed());
//!     }),
//! );
//! let mut double = layer.layer(service_fn(|n: u32| async move { Ok::<_, &str>(n * 2) }));
//! assert_eq!(double.ready().await.unwrap().call(21).await, Ok(42));
//! # }
//! ```
//!
//! One mechanism for every layer that wants to know how calls went: spans, metrics, warnings, your own. It knows no telemetry library and no
//! runtime.
//!
//! # What ends a call
//!
//! | what happens | [`End`] |
//! |---|---|
//! | the body's trailers, its `None`, or its end-of-stream flag, at once or after a frame | [`Complete`](End::Complete) |
//! | the same, short of the announced length | [`Failed`](End::Failed) ([`Short`](Failure::Short)) |
//! | 101, or a 2xx to `CONNECT` | `Complete`, at the head |
//! | an error of the service or of the body | `Failed` |
//! | a drop after the announced length, or when the response has no body by HTTP (`HEAD`, 1xx, 204, 304) | `Complete` |
//! | any other drop, before the first poll, while pending, or in the body | [`Dropped`](End::Dropped) |
//! | a panic in `call`, in the future or in the body | [`Panicked`](End::Panicked) |
//!
//! The first of them counts; [`Watch::end`] takes the watch by value, so that there can be no second. The announced length is the
//! `Content-Length` header or else the body's exact size hint. Reaching it is not an end by itself, since HTTP/2 may still bring trailers,
//! but servers stop polling there. A drop while some *other* value unwinds is a drop, not a panic.
//!
//! # When the hooks run
//!
//! 1. [`Observe::idle`], and if it is not, [`ClassifyHttp::read`] and [`Observe::watch`], in `Service::call`, before the inner service is called. Not in `poll_ready`, which is
//!    handed through, as is its error: a service that is not ready has no call.
//!    [`Watch::interest`] right after: of a call that is left out, nothing more is told.
//! 2. [`Watch::in_scope`] around the inner `call`, and around each poll of its future and body.
//! 3. [`Watch::pending`] after each such poll that was not ready.
//! 4. [`ClassifyHttp::head`] and [`Watch::head`] when the response is there.
//! 5. [`Watch::data`] for each data frame.
//! 6. [`Classify::end`] and [`Watch::end`], once.
//!
//! A hook that panics is contained: the call and the other observers go on. (A panic in `in_scope` is taken for the call's own.)
//!
//! # Several observers in one layer
//!
//! A tuple of up to six observers is an observer, and so are tuples of tuples. All of them share one future, one body, one clock and one
//! reading of the request. Their scopes nest, the first outermost; what comes back (the head and the end) passes the last member first, as with a layer for each.
//!
//! ```
//! # use tower_telemetry_observe::{ObserveLayer, Plain, Report, PlainCall, on_end};
//! # fn count(_: &Report<'_, PlainCall>) {}
//! # fn log(_: &Report<'_, PlainCall>) {}
//! let layer = ObserveLayer::new(Plain::new("send mail"), (on_end(count), on_end(log)));
//! # let _ = tower_layer::Layer::layer(&layer, ());
//! ```
//!
//! # HTTP
//!
//! For HTTP the first argument is a [`ClassifyHttp`], such as `Http` of
//! [`tower-telemetry-semconv`](https://docs.rs/tower-telemetry-semconv); the service then takes and gives what `http` defines, whatever the
//! bodies are. The facts are an `HttpCall<Server>` or an `HttpCall<Client>`, which know method, route and status: an observer that asks for
//! them is an `Observe<HttpCall<Server>>`. Response, frames, trailers, size hint, extensions, upgrades, errors and wakers pass through as they
//! are.
//!
//! Nothing is boxed, and nothing is asked of the service, its future, its body and their errors but `'static` errors (so that a classifier
//! may look at them): not `Clone`, `Send`, `Sync` or `Unpin`. What these are, the observed ones are, too.

mod body;
mod classify;
mod contain;
mod expected;
mod fuse;
mod future;
mod observation;
mod observe;
mod on_end;
mod optional;
mod plain;
mod report;
mod service;
mod shared;

pub use body::ObservedBody;
pub use classify::{Classify, ClassifyHttp, plain_verdict};
pub use contain::contain;
pub use future::ObservedFuture;
pub use observation::Observation;
pub use observe::{Call, Interest, Observe, Watch};
pub use on_end::{OnEnd, OnEndWatch, on_end};
pub use plain::{CallName, Plain, PlainCall};
pub use report::{End, Failure, Head, Report, Verdict};
pub use service::{ObserveLayer, Observed};
pub use shared::{Held, Shared, shards, this_shard};
