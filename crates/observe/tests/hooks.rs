//! Hooks that panic: neither the call, nor the other observers, nor the process pay for it.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::task::Context;

use futures_util::FutureExt;
use http::{Request, Response};
use http_body_util::BodyExt;
use tower::{Layer, Service, service_fn};
use tower_telemetry_observe::{Call, Head, Observe, ObserveLayer, Plain, PlainCall, Report, Watch, on_end};
use tower_telemetry_testkit::{Exchange, Journal, Outcome, Script, ScriptPanic, Step, exchange};

/// Where a hook panics.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Watch,
    Pending,
    Head,
    Data,
    End,
}

const FAULTS: [Fault; 5] = [Fault::Watch, Fault::Pending, Fault::Head, Fault::Data, Fault::End];

/// Panics at one hook, with a payload whose drop panics, too.
#[derive(Clone, Copy)]
struct Faulty(Fault);

struct Payload;

impl Drop for Payload {
    fn drop(&mut self) {
        panic!("in the drop of a payload");
    }
}

impl Faulty {
    fn at(self, hook: Fault) {
        if self.0 == hook {
            panic_any(Payload);
        }
    }
}

impl<F> Observe<F> for Faulty {
    type Watch = Self;

    fn watch(&self, _: &mut Call<'_, F>) -> Self {
        self.at(Fault::Watch);
        *self
    }
}

impl<F> Watch<F> for Faulty {
    fn pending(&mut self, _: &F, _: &mut Context<'_>) {
        self.at(Fault::Pending);
    }

    fn head(&mut self, _: &mut Head<'_, F>) {
        self.at(Fault::Head);
    }

    fn data(&mut self, _: usize) {
        self.at(Fault::Data);
    }

    fn end(self, _: &Report<'_, F>) {
        self.at(Fault::End);
    }
}

/// A call in which every hook runs; its frames are all handed on.
fn every_hook(observer: impl Observe<Exchange>) {
    let body = Script::new([Step::Data(3), Step::Wait, Step::trailer("a", "b")]);
    let mut response = exchange(observer, Request::new(()), Response::new(body));
    let mut next = || response.body_mut().frame().now_or_never();
    assert!(matches!(next(), Some(Some(Ok(frame))) if frame.is_data()));
    assert!(next().is_none());
    assert!(matches!(next(), Some(Some(Ok(frame))) if frame.is_trailers()));
    assert!(matches!(next(), Some(None)));
}

#[test]
fn a_hook_that_panics_costs_the_call_nothing() {
    for fault in FAULTS {
        every_hook(Faulty(fault));
    }
}

#[test]
fn a_hook_that_panics_is_heard_by_no_other_observer() {
    let alone = Journal::new();
    every_hook(alone.clone());
    for fault in FAULTS {
        let (before, after) = (Journal::new(), Journal::new());
        every_hook((before.clone(), Faulty(fault), after.clone()));
        assert_eq!(before.entries(), alone.entries(), "{fault:?}");
        assert_eq!(after.entries(), alone.entries(), "{fault:?}");
    }
}

#[test]
fn an_end_hook_may_panic_while_the_call_unwinds() {
    let (before, after) = (Journal::new(), Journal::new());
    let fused = (before.clone(), Faulty(Fault::End), after.clone());
    let body = Script::new([Step::Panic]);
    let mut response = exchange(fused, Request::new(()), Response::new(body));
    let polled = catch_unwind(AssertUnwindSafe(|| response.body_mut().frame().now_or_never()));
    let payload = polled.map(|_| ()).expect_err("a panic");
    assert_eq!(payload.downcast_ref(), Some(&ScriptPanic));
    assert_eq!(before.ending().outcome, Outcome::Panicked);
    assert_eq!(after.ending().outcome, Outcome::Panicked);
}

#[test]
fn an_end_hook_may_panic_in_a_drop_while_something_else_unwinds() {
    for fault in [Fault::Watch, Fault::End] {
        let journal = Journal::new();
        let fused = (Faulty(fault), journal.clone());
        let response = exchange(fused, Request::new(()), Response::new(Script::default()));
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            let _response = response;
            panic_any("something else")
        }));
        let payload = unwound.expect_err("a panic");
        assert_eq!(payload.downcast_ref(), Some(&"something else"));
        assert_eq!(journal.ending().outcome, Outcome::Dropped);
    }
}

#[test]
fn a_closure_at_the_end_may_panic() {
    let fail = on_end(|_: &Report<'_, PlainCall>| panic!("in the closure"));
    let journal = Journal::new();
    let layer = ObserveLayer::new(Plain::new("double"), (fail, journal.clone()));
    let mut double = layer.layer(service_fn(async |n: u32| Ok::<_, ()>(n * 2)));
    assert_eq!(double.call(21).now_or_never(), Some(Ok(42)));
    assert_eq!(journal.ending().outcome, Outcome::COMPLETE);
}

/// An observer that panics when the last call that shares it lets it go.
struct FaultyInDrop(Journal);

impl Drop for FaultyInDrop {
    fn drop(&mut self) {
        panic!("in the drop of an observer");
    }
}

impl<F> Observe<F> for FaultyInDrop {
    type Watch = <Journal as Observe<F>>::Watch;

    fn watch(&self, call: &mut Call<'_, F>) -> Self::Watch {
        self.0.watch(call)
    }
}

#[test]
fn an_observer_may_panic_when_the_last_call_lets_it_go() {
    let journal = Journal::new();
    let observer = FaultyInDrop(journal.clone());
    every_hook(observer);
    assert!(matches!(journal.ending().outcome, Outcome::Complete { .. }));
}

#[test]
fn a_payload_is_leaked_rather_than_dropped_twice() {
    // The drop of `Payload` panics, and so does the drop of what that throws.
    struct Worse;
    impl Drop for Worse {
        fn drop(&mut self) {
            panic_any(Payload);
        }
    }
    let fail = on_end(|_: &Report<'_, PlainCall>| panic_any(Worse));
    let mut service = ObserveLayer::new(Plain::new("call"), fail).layer(service_fn(async |()| Ok::<_, ()>(())));
    assert_eq!(service.call(()).now_or_never(), Some(Ok(())));
}
