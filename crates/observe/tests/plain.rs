//! Calls of services that are not HTTP ones, and calls left out.

use futures_util::FutureExt;
use http::{Method, Request, Response};
use http_body_util::BodyExt;
use tower::{Layer, Service, service_fn};
use tower_telemetry_observe::{Call, Observe, ObserveLayer, Plain, Verdict};
use tower_telemetry_testkit::{Ending, Entry, Exchange, Journal, JournalWatch, Outcome, Script, Step, exchange};

#[test]
fn a_plain_call_ends_at_its_response() {
    let journal = Journal::new();
    let layer = ObserveLayer::new(Plain::new("double"), journal.clone());
    let mut double = layer.layer(service_fn(async |n: u32| Ok::<_, ()>(n * 2)));
    assert_eq!(double.call(21).now_or_never(), Some(Ok(42)));
    let ending = Ending {
        outcome: Outcome::COMPLETE,
        verdict: Verdict::Ok,
        bytes: 0,
        had_head: false,
    };
    assert_eq!(journal.ending(), ending);
    assert_eq!(journal.count(|entry| matches!(entry, Entry::Head(_))), 0);
}

#[test]
fn an_error_that_is_neither_displayed_nor_debugged_ends_a_plain_call() {
    struct Opaque(u8);
    let journal = Journal::new();
    let layer = ObserveLayer::new(Plain::new("fail"), journal.clone());
    let mut fail = layer.layer(service_fn(async |n: u8| Err::<(), _>(Opaque(n))));
    let answer = fail.call(7).now_or_never();
    assert!(matches!(answer, Some(Err(Opaque(7)))));
    assert_eq!(journal.ending().outcome, Outcome::ServiceFailed);
}

#[test]
fn an_http_call_can_be_watched_plainly_and_ends_at_its_head() {
    let journal = Journal::new();
    let layer = ObserveLayer::new(Plain::new("call"), journal.clone());
    let answer = async |_| Ok::<_, ()>(Response::new(Script::new([Step::Data(3)])));
    let mut service = layer.layer(service_fn(answer));
    let answer = service.call(Request::new(())).now_or_never();
    let response = answer.and_then(Result::ok).expect("answers at once");
    assert_eq!(journal.ending().outcome, Outcome::COMPLETE);
    let _unwrapped: Response<Script> = response;
}

#[test]
fn a_plain_call_dropped_is_dropped() {
    let journal = Journal::new();
    let layer = ObserveLayer::new(Plain::new("wait"), journal.clone());
    let mut wait = layer.layer(service_fn(|()| std::future::pending::<Result<(), ()>>()));
    let mut future = Box::pin(wait.call(()));
    assert!(future.as_mut().now_or_never().is_none());
    assert_eq!((journal.watched(), journal.ended()), (1, 0));
    drop(future);
    assert_eq!(journal.ending().outcome, Outcome::Dropped);
}

/// Leaves out all but `POST`.
struct OnlyPosts(Journal);

impl Observe<Exchange> for OnlyPosts {
    type Watch = Option<JournalWatch>;

    fn watch(&self, call: &mut Call<'_, Exchange>) -> Self::Watch {
        (call.facts.method == Method::POST).then(|| self.0.watch(call))
    }
}

#[test]
fn a_call_that_is_left_out_passes_unheard() {
    let journal = Journal::new();
    let call = |method: &str| {
        let request = Request::builder().method(method).body(()).expect("valid");
        let body = Script::new([Step::Data(3), Step::Wait]);
        let observer = OnlyPosts(journal.clone());
        let mut response = exchange(observer, request, Response::new(body));
        let frame = response.body_mut().frame().now_or_never();
        assert!(matches!(frame, Some(Some(Ok(_)))));
        assert!(response.body_mut().frame().now_or_never().is_none());
    };
    call("GET");
    assert!(journal.entries().is_empty());
    call("POST");
    assert_eq!(journal.ending().outcome, Outcome::Dropped);
}
