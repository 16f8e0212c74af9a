//! Nothing is asked of services, futures, bodies and errors: these are everything that such types may fail to be.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::Future;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use hyper::body::Bytes;
use tokio::task::{LocalSet, spawn_local, yield_now};
use tower::{Layer, Service};
use tower_telemetry_observe::{ObserveLayer, Plain};
use tower_telemetry_testkit::{Entry, Journal, MethodAndStatus, Outcome};

/// Neither `Clone` nor `Send` nor `Sync` nor `Unpin`.
struct Rooted {
    count: Rc<Cell<u8>>,
    _pinned: PhantomPinned,
}

impl Rooted {
    fn new(count: u8) -> Self {
        Rooted {
            count: Rc::new(Cell::new(count)),
            _pinned: PhantomPinned,
        }
    }

    fn down(&self) -> Option<u8> {
        let left = self.count.get().checked_sub(1)?;
        self.count.set(left);
        Some(left)
    }
}

/// Answers with a `Head`.
struct Handler(Rooted);

/// Not ready twice, and then there.
struct Head(Rooted);

/// Two frames, and between them one wait.
struct Frames(Rooted);

struct Opaque;

impl Service<Request<Rooted>> for Handler {
    type Response = Response<Frames>;
    type Error = Opaque;
    type Future = Head;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Opaque>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Rooted>) -> Head {
        self.0.down();
        Head(Rooted::new(2))
    }
}

impl Future for Head {
    type Output = Result<Response<Frames>, Opaque>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.0.down().is_some() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Ok(Response::new(Frames(Rooted::new(3)))))
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.0.down() {
            Some(1) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(_) => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"frame"))))),
            None => Poll::Ready(None),
        }
    }
}

#[tokio::test]
async fn a_call_of_types_that_are_nothing_at_all_is_watched() {
    let journal = Journal::new();
    let layer = ObserveLayer::new(MethodAndStatus, journal.clone());
    let call = async move {
        let mut service = layer.layer(Handler(Rooted::new(9)));
        let answer = service.call(Request::new(Rooted::new(0))).await;
        yield_now().await;
        let body = Box::pin(answer.ok().expect("an answer").into_body());
        body.collect().await.expect("no error").to_bytes()
    };
    let local = LocalSet::new();
    let bytes = local.run_until(async { spawn_local(call).await.expect("no panic") });
    assert_eq!(bytes.await, "frameframe");
    let ending = journal.ending();
    assert_eq!((ending.outcome, ending.bytes), (Outcome::COMPLETE, 10));
    assert_eq!(journal.count(|entry| *entry == Entry::Pending), 3);
}

#[tokio::test]
async fn a_plain_call_may_borrow_what_it_works_on() {
    struct Longest;
    impl<'a> Service<(&'a str, &'a str)> for Longest {
        type Response = &'a str;
        type Error = Opaque;
        type Future = std::future::Ready<Result<&'a str, Opaque>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Opaque>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, (one, other): (&'a str, &'a str)) -> Self::Future {
            let longest = if one.len() < other.len() { other } else { one };
            std::future::ready(Ok(longest))
        }
    }
    let journal = Journal::new();
    let layer = ObserveLayer::new(Plain::new("longest"), journal.clone());
    let (short, long) = (String::from("short"), String::from("longer"));
    let longest = layer.layer(Longest).call((&short, &long)).await;
    assert!(matches!(longest, Ok("longer")));
    assert_eq!(journal.ending().outcome, Outcome::COMPLETE);
}
