//! `Send`, `Sync`, `Unpin` and `Clone`: the public types have them when their parts do, and only then.

use std::cell::Cell;
use std::marker::{PhantomData, PhantomPinned};
use std::rc::Rc;

use http::{request, response};
use http_body::Body;
use tower_telemetry_observe::{
    Call, Classify, ClassifyHttp, End, Failure, Head, Observation, Observe, ObserveLayer, Observed, ObservedBody,
    ObservedFuture, OnEnd, Plain, PlainCall, Report, Verdict, Watch,
};
use tower_telemetry_testkit::{Journal, MethodAndStatus};

/// Tells what a type has. An inherent constant, there only if the type has the trait, goes before the one of `Lacks`.
struct Has<T>(PhantomData<T>);

trait Lacks {
    const SEND: Option<&str> = None;
    const SYNC: Option<&str> = None;
    const UNPIN: Option<&str> = None;
    const CLONE: Option<&str> = None;
}

impl<T> Lacks for Has<T> {}

impl<T: Send> Has<T> {
    const SEND: Option<&str> = Some("Send");
}

impl<T: Sync> Has<T> {
    const SYNC: Option<&str> = Some("Sync");
}

impl<T: Unpin> Has<T> {
    const UNPIN: Option<&str> = Some("Unpin");
}

impl<T: Clone> Has<T> {
    const CLONE: Option<&str> = Some("Clone");
}

/// Asserts that each type has the traits that follow it, and lacks the others.
macro_rules! assert_traits {
    ($($type:ty: $($name:ident)*;)+) => {$({
        type Of = Has<$type>;
        let has: Vec<_> = [Of::SEND, Of::SYNC, Of::UNPIN, Of::CLONE].into_iter().flatten().collect();
        let expected: &[&str] = &[$(stringify!($name)),*];
        assert_eq!(has, expected, stringify!($type));
    })+};
}

/// Not `Send`, not `Sync`.
type Local = Rc<()>;
/// `Send`, but not `Sync`.
type Single = Cell<()>;
/// Not `Unpin`, and not `Clone` with the `PhantomData` it holds.
struct Pinned(PhantomPinned);

/// An observer whose watch is a `W`.
struct WatchedBy<W>(PhantomData<fn() -> W>);

struct Holds<W>(#[allow(dead_code, reason = "held for its auto traits")] W);

impl<F, W: Default> Observe<F> for WatchedBy<W> {
    type Watch = Holds<W>;

    fn watch(&self, _: &mut Call<'_, F>) -> Holds<W> {
        Holds(W::default())
    }
}

impl<F, W> Watch<F> for Holds<W> {
    fn end(self, _: &Report<'_, F>) {}
}

/// A classifier whose facts are an `F`.
struct Reads<F>(PhantomData<fn() -> F>);

impl<F> Classify for Reads<F> {
    type Facts = F;

    fn end(&self, _: &mut F, _: &End<'_>) -> Verdict {
        Verdict::Ok
    }
}

impl<F: Default> ClassifyHttp for Reads<F> {
    fn read(&self, _: &mut request::Parts) -> F {
        F::default()
    }

    fn head(&self, _: &mut F, _: &response::Parts) -> Verdict {
        Verdict::Ok
    }

    fn remaining<B: Body>(_: &B::Data) -> usize {
        0
    }
}

type Http = MethodAndStatus;

#[test]
fn a_layer_has_what_classifier_and_observer_have_and_is_always_clone() {
    assert_traits! {
        ObserveLayer<Http, Journal>: Send Sync Unpin Clone;
        ObserveLayer<Http, Pinned>: Send Sync Unpin Clone;
        ObserveLayer<Http, Local>: Unpin Clone;
        ObserveLayer<Http, Single>: Unpin Clone;
        ObserveLayer<Local, Journal>: Unpin Clone;
    }
}

#[test]
fn a_service_has_what_the_inner_one_has() {
    assert_traits! {
        Observed<(), Http, Journal>: Send Sync Unpin Clone;
        Observed<Local, Http, Journal>: Unpin Clone;
        Observed<Single, Http, Journal>: Send Unpin Clone;
        Observed<Pinned, Http, Journal>: Send Sync;
        Observed<(), Http, Local>: Unpin Clone;
    }
}

#[test]
fn a_future_has_what_its_parts_have() {
    assert_traits! {
        ObservedFuture<(), Http, Journal>: Send Sync Unpin;
        ObservedFuture<Local, Http, Journal>: Unpin;
        ObservedFuture<Single, Http, Journal>: Send Unpin;
        ObservedFuture<Pinned, Http, Journal>: Send Sync;
        ObservedFuture<(), Http, WatchedBy<Local>>: Unpin;
        ObservedFuture<(), Http, WatchedBy<Single>>: Send Unpin;
        ObservedFuture<(), Reads<Local>, ()>: Unpin;
        ObservedFuture<(), Reads<Single>, ()>: Send Unpin;
    }
}

#[test]
fn a_body_has_what_its_parts_have() {
    assert_traits! {
        ObservedBody<(), Http, Journal>: Send Sync Unpin;
        ObservedBody<Local, Http, Journal>: Unpin;
        ObservedBody<Single, Http, Journal>: Send Unpin;
        ObservedBody<Pinned, Http, Journal>: Send Sync;
        ObservedBody<(), Http, WatchedBy<Local>>: Unpin;
        ObservedBody<(), Http, WatchedBy<Single>>: Send Unpin;
        ObservedBody<(), Reads<Local>, ()>: Unpin;
        ObservedBody<(), Reads<Single>, ()>: Send Unpin;
    }
}

#[test]
fn an_observation_has_what_its_parts_have() {
    assert_traits! {
        Observation<Http, Journal>: Send Sync Unpin;
        Observation<Http, (Journal, Option<Journal>)>: Send Sync Unpin;
        Observation<Http, (Journal, WatchedBy<Local>)>: Unpin;
        Observation<Http, (Journal, WatchedBy<Single>)>: Send Unpin;
        Observation<Reads<Local>, ()>: Unpin;
        Observation<Reads<Single>, ()>: Send Unpin;
    }
}

#[test]
fn the_small_types_have_what_their_parts_have() {
    assert_traits! {
        OnEnd<Local, ()>: Send Sync Unpin Clone;
        OnEnd<(), Pinned>: Send Sync Unpin Clone;
        OnEnd<(), Local>: Unpin Clone;
        Plain<&'static str>: Send Sync Unpin Clone;
        Plain<Local>: Unpin Clone;
        PlainCall: Send Sync Unpin Clone;
        Verdict: Send Sync Unpin Clone;
        Call<'static, ()>: Send Sync Unpin;
        Call<'static, Local>: Unpin;
        Head<'static, ()>: Send Sync Unpin;
        Head<'static, Local>: Unpin;
    }
}

#[test]
fn what_holds_an_error_of_any_type_stays_on_its_thread() {
    assert_traits! {
        End<'static>: Unpin Clone;
        Failure<'static>: Unpin Clone;
        Report<'static, ()>: Unpin;
    }
}
