//! A warning while a call is slow: for any tower service, HTTP or not, and for any future.
//!
#![cfg_attr(feature = "tokio", doc = "```")]
#![cfg_attr(not(feature = "tokio"), doc = "```no_run")] // Nobody looks at calls that still run.
//! use std::time::Duration;
//!
//! use tower::{Layer, ServiceExt, service_fn};
//! use tower_telemetry_slow::{Slow, SlowLayer};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
//! let slow = Slow::from(Duration::from_millis(200))
//! #   .with_clock(|| tokio::time::Instant::now().into_std())
//!     .with_counter(move |call| tell.send((call.finding, call.elapsed)).unwrap());
//! let resize = SlowLayer::plain("resize image", slow).layer(service_fn(|_pixels: u32| async {
//!     tokio::time::sleep(Duration::from_secs(3600)).await;
//!     Ok::<_, ()>("done")
//! }));
//! tokio::spawn(resize.oneshot(12_000_000));
//! // WARN tower_telemetry_slow: a call is slow, and still runs call="resize image" elapsed_ms=200.0 threshold_ms=200.0 phase="waiting" warnings=1
//! let (finding, elapsed) = told.recv().await.unwrap();
//! assert_eq!((finding, elapsed), (tower_telemetry_slow::Finding::Running, Duration::from_millis(200)));
//! # }
//! ```
//!
//! For axum it is `Router::layer(SlowLayer::server(Duration::from_secs(1)))`, around a client
//! `SlowLayer::client(Duration::from_secs(1))`, and any future has [`warn_if_slow`](WarnIfSlow::warn_if_slow).
//!
//! # What is said, and when
//!
//! A call is slow once it has reached its limit: by default a second to its response head. [`Limits`] may differ by
//! [route](Slow::with_route) or by [request](Slow::with_limits_for), and there may be one for the total. Streams are judged by their head alone
//! where there is none for the total.
//!
//! - While the call runs: at the limit, at twice the limit, at four times the limit, and so on.
//! - When it has ended: one line, how it ended, and after what time.
//! - On demand, [each call that has failed](Slow::with_failed_calls), slow or not, and [each call that blocked its
//!   thread](Slow::with_poll_limit).
//!
//! Each is a `tracing` event, of which there are at most [so many](Slow::with_lines_per_minute) per route and minute. The first finding of each
//! slow call, with or without a line, also goes to a [counter](Slow::with_counter), such as the one by route of the feature `prometheus`, and each finding while it runs is an event (`slow call`,
//! `blocking call`) on its span.
//!
//! | field | |
//! |---|---|
//! | `http.request.method`, `http.route` | of HTTP calls |
//! | `call` | the name of any other |
//! | `elapsed_ms`, `threshold_ms` | the time since it began, and the limit that it has reached |
//! | `phase` | where it reached the limit, or without one ended: `waiting` for the head, or `streaming`, with the head there |
//! | `warnings` | how often it was found slow while it ran |
//! | `end` | `complete`, `failed`, `dropped` or `panicked` |
//! | `error.type` | as the classifier says |
//! | `longest_poll_ms`, `busy_ms` | with [`with_poll_limit`](Slow::with_poll_limit): the longest poll, and all of them |
//! | `suppressed` | lines of this route that there were too many of, since the last one |
//! | `trace_id`, `span_id` | of the span that the call runs in |
//!
//! There is no text of a request in them but its method, and that only if it is a known one. What may be written down of routes and names is said
//! by [a policy](Slow::with_sanitizer).
//!
//! # When the hooks run
//!
//! Limits are taken as the call begins. The [counter](Slow::with_counter) and the lines of a call that runs come from the task that looks at the table; those of
//! its end, from the call's own thread. Nothing runs for a call that is ready at once, but a comparison at its end.
//!
//! # What it costs
//!
//! There is no timer and no task for a call. One that has to wait is put into a table, once, and taken out at its head or end. One task for all
//! calls of a layer looks at the table when a call may have reached its limit; it is started by the first call that waits, on its runtime, and
//! ends with the layer and its last call. A call whose poll blocks its thread is seen, too, if it has waited before, or polls are
//! [timed](Slow::with_poll_limit), and the runtime has another thread.
//!
//! Without a runtime of tokio's, without its timer, or without the feature `tokio`, slow calls are told at their end, unless
//! [`sweep`](Slow::sweep) is called.
//!
//! # Spans
//!
//! The current OpenTelemetry span is looked for where the call's own code runs: put this layer inside the one that makes spans, or this
//! observer behind the other one in the tuple.
//!
//! # Features
//!
//! - `tokio` (default): the task that looks at calls while they run.
//! - `opentelemetry` (default): trace id and span id, and the events on spans.
//! - `axum`: the route of an axum router.
//! - `hyper-util`, `tower`: `error.type` for their errors.
//! - `prometheus`: `Slow::with_slow_counts`, a counter by route in a registry.

mod call;
mod calls;
mod callsite;
mod clock;
#[cfg(feature = "prometheus")]
mod counts;
mod current;
mod flood;
mod future;
mod label;
mod layer;
mod limits;
mod line;
mod observer;
mod places;
mod polls;
mod record;
mod settings;

#[cfg(feature = "tokio")]
mod sweeper;
mod table;
mod watch;

pub use future::{MaybeSlow, Stopwatch, WarnIfSlow};
pub use label::{Label, Labeled};
pub use layer::SlowLayer;
pub use limits::{Limits, Phase};
pub use observer::Slow;
pub use polls::PollTimes;
pub use record::{Ended, Finding, SlowCall};
pub use settings::{POLL_LIMIT, Warnings};
#[doc(no_inline)]
pub use tower_telemetry_sanitize::Sanitizer;
#[doc(no_inline)]
pub use tracing_core::Level;
pub use watch::SlowWatch;
