//! A call that panics, and calls that are dropped while something else does.

use std::any::Any;
use std::future::{Ready, ready};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::task::Poll;

use futures_util::FutureExt;
use futures_util::future::poll_fn;
use http::header::CONTENT_LENGTH;
use http::{Request, Response};
use http_body_util::BodyExt;
use tower::{Layer, Service, service_fn};
use tower_telemetry_observe::{
    Call, Classify, End, Observation, Observe, ObserveLayer, Plain, Report, Shared, Verdict, Watch, plain_verdict,
};
use tower_telemetry_testkit::{Ending, Entry, Journal, MethodAndStatus, Outcome, Script, ScriptPanic, Step, exchange};

type Answer = Result<Response<Script>, &'static str>;

/// Runs what must panic, and returns the payload.
fn unwound<T>(run: impl FnOnce() -> T) -> Box<dyn Any + Send> {
    let result = catch_unwind(AssertUnwindSafe(run));
    result.map(|_| ()).expect_err("a panic")
}

fn panicked(bytes: u64, had_head: bool) -> Ending {
    Ending {
        outcome: Outcome::Panicked,
        verdict: Verdict::Error("panic"),
        bytes,
        had_head,
    }
}

#[test]
fn a_panic_in_call_ends_the_call_and_goes_on() {
    fn call(_: Request<()>) -> Ready<Answer> {
        panic_any("in call")
    }
    let journal = Journal::new();
    let mut service = ObserveLayer::new(MethodAndStatus, journal.clone()).layer(service_fn(call));
    let payload = unwound(|| service.call(Request::new(())));
    assert_eq!(payload.downcast_ref(), Some(&"in call"));
    assert_eq!(journal.ending(), panicked(0, false));
}

#[test]
fn a_panic_in_the_future_ends_the_call_and_goes_on() {
    let journal = Journal::new();
    let layer = ObserveLayer::new(MethodAndStatus, journal.clone());
    let mut service = layer.layer(service_fn(|_: Request<()>| {
        let mut polls = 0..1;
        poll_fn(move |_| match polls.next() {
            Some(_) => Poll::<Answer>::Pending,
            None => panic_any("in the future"),
        })
    }));
    let mut future = Box::pin(service.call(Request::new(())));
    assert!(future.as_mut().now_or_never().is_none());
    assert_eq!(journal.ended(), 0);
    let payload = unwound(|| future.as_mut().now_or_never());
    assert_eq!(payload.downcast_ref(), Some(&"in the future"));
    assert_eq!(journal.ending(), panicked(0, false));
    drop(future);
    assert_eq!(journal.ended(), 1);
}

#[test]
fn a_panic_in_the_body_ends_the_call_and_goes_on() {
    let journal = Journal::new();
    let body = Script::new([Step::Data(3), Step::Wait, Step::Panic]);
    let mut response = exchange(journal.clone(), Request::new(()), Response::new(body));
    for _ in 0..2 {
        response.body_mut().frame().now_or_never();
    }
    assert_eq!(journal.ended(), 0);
    let payload = unwound(|| response.body_mut().frame().now_or_never());
    assert_eq!(payload.downcast_ref(), Some(&ScriptPanic));
    assert_eq!(journal.ending(), panicked(3, true));
    drop(response);
    assert_eq!(journal.ended(), 1);
}

#[test]
fn a_panic_in_a_plain_call_ends_it() {
    let journal = Journal::new();
    let layer = ObserveLayer::new(Plain::new("fail"), journal.clone());
    let mut service = layer.layer(service_fn(async |()| -> Result<(), ()> { panic_any(7_u8) }));
    let future = service.call(());
    let payload = unwound(|| future.now_or_never());
    assert_eq!(payload.downcast_ref(), Some(&7_u8));
    assert_eq!(journal.ending(), panicked(0, false));
}

#[test]
fn every_scope_is_left_when_the_call_panics() {
    let journal = Journal::new();
    let mut response = exchange(
        journal.clone(),
        Request::new(()),
        Response::new(Script::new([Step::Panic])),
    );
    unwound(|| response.body_mut().frame().now_or_never());
    let entered = journal.count(|entry| *entry == Entry::Enter);
    assert_eq!(entered, 3);
    assert_eq!(journal.count(|entry| *entry == Entry::Leave), entered);
}

#[test]
fn a_panic_that_is_caught_inside_is_not_one() {
    let catching = service_fn(|_: Request<()>| {
        let handler = poll_fn(|_| -> Poll<Answer> { panic_any("caught") });
        AssertUnwindSafe(handler).catch_unwind().map(|caught| {
            caught.unwrap_or_else(|_| {
                let sorry = Response::builder().status(500);
                Ok(sorry.body(Script::default()).expect("valid"))
            })
        })
    });
    let journal = Journal::new();
    let mut service = ObserveLayer::new(MethodAndStatus, journal.clone()).layer(catching);
    let answer = service.call(Request::new(())).now_or_never();
    let response = answer.and_then(Result::ok).expect("an answer");
    response.into_body().frame().now_or_never();
    let ending = journal.ending();
    assert_eq!(ending.outcome, Outcome::COMPLETE);
    assert_eq!(ending.verdict, Verdict::Error("5xx"));
}

#[test]
fn a_future_dropped_while_something_else_unwinds_is_dropped() {
    let journal = Journal::new();
    let layer = ObserveLayer::new(MethodAndStatus, journal.clone());
    let mut service = layer.layer(service_fn(|_| ready(Answer::Err("never polled"))));
    let payload = unwound(|| {
        let _future = service.call(Request::new(()));
        panic_any("of something else")
    });
    assert_eq!(payload.downcast_ref(), Some(&"of something else"));
    assert_eq!(journal.ending().outcome, Outcome::Dropped);
}

#[test]
fn a_body_dropped_while_something_else_unwinds_ends_as_it_would_without() {
    let dropped_after = |polls| {
        let journal = Journal::new();
        let body = Script::new([Step::Data(2), Step::Data(2)]);
        let mut response = Response::new(body);
        response.headers_mut().insert(CONTENT_LENGTH, 4.into());
        let mut response = exchange(journal.clone(), Request::new(()), response);
        unwound(|| {
            for _ in 0..polls {
                response.body_mut().frame().now_or_never();
            }
            let _response = response;
            panic_any("of something else")
        });
        journal.ending().outcome
    };
    assert_eq!(dropped_after(1), Outcome::Dropped);
    assert_eq!(dropped_after(2), Outcome::COMPLETE);
}

#[test]
fn a_call_inside_another_that_panics_is_dropped_and_the_other_panicked() {
    fn die() -> Result<(), ()> {
        panic_any("in the handler")
    }
    let (inner, outer) = (Journal::new(), Journal::new());
    let client = ObserveLayer::new(Plain::new("client"), inner.clone()).layer(service_fn(|()| ready(Ok::<_, ()>(()))));
    let server = ObserveLayer::new(Plain::new("server"), outer.clone());
    let mut server = server.layer(service_fn(move |()| {
        let mut client = client.clone();
        async move {
            let _call = client.call(());
            die()
        }
    }));
    let future = server.call(());
    unwound(|| future.now_or_never());
    assert_eq!(inner.ending().outcome, Outcome::Dropped);
    assert_eq!(outer.ending().outcome, Outcome::Panicked);
}

#[test]
fn a_call_goes_unharmed_by_a_panic_of_an_earlier_one() {
    let journal = Journal::new();
    let layer = ObserveLayer::new(Plain::new("divide"), journal.clone());
    let mut service = layer.layer(service_fn(async |n: u32| Ok::<_, ()>(10 / n)));
    let zero = service.call(0);
    unwound(|| zero.now_or_never());
    assert_eq!(service.call(5).now_or_never(), Some(Ok(2)));
    let outcomes: Vec<_> = journal.endings().into_iter().map(|ending| ending.outcome).collect();
    assert_eq!(outcomes, [Outcome::Panicked, Outcome::COMPLETE]);
}

#[test]
fn drops_that_panic_one_after_the_other_are_contained() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in a drop");
        }
    }
    struct Bombs;
    impl Classify for Bombs {
        type Facts = Bomb;
        fn end(&self, _: &mut Bomb, end: &End<'_>) -> Verdict {
            plain_verdict(end)
        }
    }
    struct Observer(Bomb);
    impl Observe<Bomb> for Observer {
        type Watch = Bomb;
        fn watch(&self, _: &mut Call<'_, Bomb>) -> Bomb {
            Bomb
        }
    }
    impl Watch<Bomb> for Bomb {
        fn end(self, _: &Report<'_, Bomb>) {}
    }
    let shared = Shared::new((Bombs, Observer(Bomb))).hold();
    drop(Observation::begin(shared, Bomb));
}
