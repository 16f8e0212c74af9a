//! Each shape of a method, traced.
#![allow(clippy::unwrap_used)]

mod support;

use opentelemetry::trace::SpanKind;
use support::Trace;
use tower_telemetry_testkit::spans::{keys, text};
use tower_telemetry_traced::traced;

struct Point {
    x: u8,
    y: u8,
}

impl Point {
    #[traced(name = "point.flip", args(self.x))]
    fn flip(&mut self) -> &mut Self {
        std::mem::swap(&mut self.x, &mut self.y);
        self
    }

    #[traced]
    async fn consumed(self) -> u8 {
        self.x
    }

    #[traced]
    fn boxed(self: Box<Self>) -> u8 {
        self.y
    }
}

trait Shop {
    fn price(&self, item: &str) -> u32;

    #[traced]
    fn default_price(&self) -> u32 {
        self.price("default")
    }
}

#[async_trait::async_trait]
trait Remote {
    async fn fetch(&self, id: &str) -> Result<String, std::io::Error>;

    #[traced]
    async fn fetch_or_default(&self, id: &str) -> String {
        self.fetch(id).await.unwrap_or_default()
    }
}

struct Store(u32);

impl Shop for Store {
    #[traced(name = "shop.price", kind = client, args(item, store = self.0), result)]
    fn price(&self, item: &str) -> u32 {
        self.0 * item.len() as u32
    }
}

#[async_trait::async_trait]
impl Remote for Store {
    #[traced(name = "remote.fetch", args(id, store = self.0))]
    async fn fetch(&self, id: &str) -> Result<String, std::io::Error> {
        tokio::task::yield_now().await;
        if id.is_empty() {
            return Err(std::io::ErrorKind::TimedOut.into());
        }
        Ok(format!("{id}{}", self.0))
    }
}

#[test]
fn methods_of_all_kinds_are_traced() {
    let point = || Point { x: 1, y: 2 };
    let (value, trace) = Trace::of_async(async { point().consumed().await + Box::new(point()).boxed() });
    assert_eq!(value, 3);
    trace.assert_child("methods::consumed");
    trace.assert_child("methods::boxed");
}

#[test]
fn methods_that_lend_self_out_can_be_chained() {
    let mut point = Point { x: 1, y: 2 };
    let (_, trace) = Trace::of(|| point.flip().flip().flip());
    assert_eq!((point.x, trace.spans.len()), (2, 3));
    assert_eq!(text(&trace.spans[1], "x").as_deref(), Some("2"));
}

#[test]
fn methods_of_traits_are_traced() {
    let (price, trace) = Trace::of(|| Store(2).default_price());
    assert_eq!(price, 14);
    trace.assert_child("methods::default_price");
    let span = trace.named("shop.price");
    assert_eq!(span.span_kind, SpanKind::Client);
    assert_eq!(keys(span), ["item", "result", "store"]);
    assert_eq!(text(span, "result").as_deref(), Some("14"));
}

#[test]
fn methods_of_async_traits_are_traced() {
    let (fetched, trace) = Trace::of_async(async { Store(2).fetch("a").await.unwrap() });
    assert_eq!(fetched, "a2");
    trace.assert_child("remote.fetch");
    assert_eq!(keys(trace.only()), ["id", "store"]);
    let (fetched, trace) = Trace::of_async(async { Store(2).fetch_or_default("").await });
    assert_eq!(fetched, "");
    trace.assert_child("methods::fetch_or_default");
    let span = trace.named("remote.fetch");
    assert_eq!(text(span, "error.type").as_deref(), Some("timeout"));
    assert_eq!(
        span.parent_span_id,
        trace.named("methods::fetch_or_default").span_context.span_id()
    );
}
