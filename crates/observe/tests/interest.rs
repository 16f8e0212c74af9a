//! How much of a call an observer hears: all of it, its scope alone, or nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::FutureExt;
use http::{Request, Response};
use http_body_util::BodyExt;
use tower_telemetry_observe::{
    Call, Classify, End, Head, Interest, Observation, Observe, Report, Shared, Verdict, Watch,
};
use tower_telemetry_testkit::{
    Entry, Exchange, Journal, MethodAndStatus, Outcome, Script, ScriptPanic, Step, exchange,
};

/// Counts scopes and ends, being interested in as much as it says.
#[derive(Clone)]
struct Counts {
    interest: Interest,
    scopes: Arc<AtomicU32>,
    ends: Arc<AtomicU32>,
}

impl Counts {
    fn new(interest: Interest) -> Self {
        Counts {
            interest,
            scopes: Arc::default(),
            ends: Arc::default(),
        }
    }

    fn scopes_and_ends(&self) -> (u32, u32) {
        (self.scopes.load(Ordering::Relaxed), self.ends.load(Ordering::Relaxed))
    }
}

impl<F> Observe<F> for Counts {
    type Watch = Self;

    fn watch(&self, _: &mut Call<'_, F>) -> Self {
        self.clone()
    }
}

impl<F> Watch<F> for Counts {
    fn interest(&self) -> Interest {
        self.interest
    }

    fn in_scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        self.scopes.fetch_add(1, Ordering::Relaxed);
        poll()
    }

    fn end(self, _: &Report<'_, F>) {
        self.ends.fetch_add(1, Ordering::Relaxed);
    }
}

/// Interested in everything until the head, and then in so much.
#[derive(Clone)]
struct AfterHead(Counts, bool);

impl Observe<Exchange> for AfterHead {
    type Watch = Self;

    fn watch(&self, _: &mut Call<'_, Exchange>) -> Self {
        self.clone()
    }
}

impl Watch<Exchange> for AfterHead {
    fn interest(&self) -> Interest {
        if self.1 { self.0.interest } else { Interest::Everything }
    }

    fn in_scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        Watch::<Exchange>::in_scope(&mut self.0, poll)
    }

    fn head(&mut self, _: &mut Head<'_, Exchange>) {
        self.1 = true;
    }

    fn end(self, report: &Report<'_, Exchange>) {
        self.0.end(report);
    }
}

#[test]
fn after_the_head_everybody_is_asked_again() {
    for (interest, scopes_and_ends) in [
        (Interest::Nothing, (2, 0)),
        (Interest::Scope, (4, 0)),
        (Interest::Casual, (4, 1)),
        (Interest::Everything, (4, 1)),
    ] {
        let counts = Counts::new(interest);
        make_call(AfterHead(counts.clone(), false));
        assert_eq!(counts.scopes_and_ends(), scopes_and_ends, "{interest:?}");
    }
}

#[test]
fn an_adapter_can_see_what_is_wanted_after_the_head() {
    for interest in [Interest::Nothing, Interest::Casual, Interest::Everything] {
        let shared = Shared::new((MethodAndStatus, AfterHead(Counts::new(interest), false))).hold();
        let (mut request, ()) = Request::new(()).into_parts();
        let (mut response, ()) = Response::new(()).into_parts();
        let mut observation = Observation::begin_http(shared, &mut request);
        assert_eq!(observation.interest(), Interest::Everything);
        observation.head(&mut response);
        assert_eq!(observation.interest(), interest);
    }
    assert_eq!(
        Observation::<MethodAndStatus, AfterHead>::over().interest(),
        Interest::Nothing
    );
}

/// A call of four scopes: its `call`, its future, and two polls of its body.
fn make_call(observer: impl Observe<Exchange>) {
    let body = Script::new([Step::Data(3)]);
    let response = exchange(observer, Request::new(()), Response::new(body));
    let collected = response.into_body().collect().now_or_never();
    let body = collected.and_then(Result::ok).expect("a body");
    assert_eq!(body.to_bytes().len(), 3);
}

#[test]
fn an_interest_in_everything_hears_scopes_and_the_end() {
    let counts = Counts::new(Interest::Everything);
    make_call(counts.clone());
    assert_eq!(counts.scopes_and_ends(), (4, 1));
}

#[test]
fn an_interest_in_the_scope_hears_no_end() {
    let counts = Counts::new(Interest::Scope);
    make_call(counts.clone());
    assert_eq!(counts.scopes_and_ends(), (4, 0));
}

#[test]
fn an_interest_in_nothing_hears_nothing() {
    let counts = Counts::new(Interest::Nothing);
    make_call(counts.clone());
    assert_eq!(counts.scopes_and_ends(), (0, 0));
}

#[test]
fn the_greatest_interest_among_several_observers_counts() {
    let (journal, alone) = (Journal::new(), Journal::new());
    make_call(alone.clone());
    for least in [Interest::Nothing, Interest::Scope] {
        make_call((Counts::new(least), journal.clone()));
    }
    let twice = [alone.entries(), alone.entries()].concat();
    assert_eq!(journal.entries(), twice);

    let counts = Counts::new(Interest::Scope);
    make_call((Counts::new(Interest::Nothing), counts.clone()));
    assert_eq!(counts.scopes_and_ends(), (4, 0));
}

#[test]
fn a_call_that_panics_goes_on_past_those_who_hear_its_scope_alone() {
    for interest in [Interest::Nothing, Interest::Scope] {
        let counts = Counts::new(interest);
        let body = Script::new([Step::Panic]);
        let mut response = exchange(counts.clone(), Request::new(()), Response::new(body));
        let polled = catch_unwind(AssertUnwindSafe(|| response.body_mut().frame().now_or_never()));
        let payload = polled.map(|_| ()).expect_err("a panic");
        assert_eq!(payload.downcast_ref(), Some(&ScriptPanic));
        assert_eq!(counts.scopes_and_ends().1, 0);
    }
}

/// An observer that cannot say what it wants to hear.
struct Undecided;

impl<F> Observe<F> for Undecided {
    type Watch = Undecided;

    fn watch(&self, _: &mut Call<'_, F>) -> Undecided {
        Undecided
    }
}

impl<F> Watch<F> for Undecided {
    fn interest(&self) -> Interest {
        panic!("undecided")
    }

    fn end(self, _: &Report<'_, F>) {}
}

#[test]
fn a_panic_in_place_of_an_interest_is_one_in_everything() {
    let journal = Journal::new();
    make_call((Undecided, journal.clone()));
    assert_eq!(journal.ending().outcome, Outcome::COMPLETE);
    assert_eq!(journal.count(|entry| matches!(entry, Entry::Head(_))), 1);
}

/// Counts the calls that it judges.
#[derive(Default)]
struct Judge(AtomicU32);

impl Classify for Judge {
    type Facts = ();

    fn end(&self, (): &mut (), _: &End<'_>) -> Verdict {
        self.0.fetch_add(1, Ordering::Relaxed);
        Verdict::Ok
    }
}

/// How many calls are judged when one is made under this observer.
fn judged(observer: impl Observe<()>) -> u32 {
    let shared = Shared::new((Judge::default(), observer));
    Observation::begin(shared.hold(), ()).complete(None);
    shared.get().0.0.load(Ordering::Relaxed)
}

#[test]
fn a_call_whose_end_nobody_hears_is_not_judged() {
    assert_eq!(judged(Journal::new()), 1);
    assert_eq!(judged(Counts::new(Interest::Scope)), 0);
    assert_eq!(judged(Counts::new(Interest::Nothing)), 0);
    assert_eq!(judged(()), 0);
    assert_eq!(judged(None::<Journal>), 0);
}

/// Has nothing to do, and would count it if it were asked to watch all the same.
struct Idle(Counts);

impl<F> Observe<F> for Idle {
    type Watch = Counts;

    fn idle(&self) -> bool {
        true
    }

    fn watch(&self, call: &mut Call<'_, F>) -> Counts {
        Observe::<F>::watch(&self.0, call)
    }
}

#[test]
fn a_call_is_not_even_read_while_every_observer_is_idle() {
    let counts = Counts::new(Interest::Everything);
    make_call(Idle(counts.clone()));
    make_call((
        Idle(counts.clone()),
        Some(Arc::new(Idle(counts.clone()))),
        None::<Counts>,
        (),
    ));
    assert_eq!(counts.scopes_and_ends(), (0, 0));
}

#[test]
fn one_busy_observer_wakes_the_others() {
    let counts = Counts::new(Interest::Everything);
    make_call((Idle(counts.clone()), counts.clone()));
    assert_eq!(counts.scopes_and_ends(), (8, 2));
}
