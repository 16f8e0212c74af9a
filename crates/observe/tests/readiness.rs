//! Readiness is the inner service's: handed through, and no call before `call`.

use std::mem;
use std::task::{Context, Poll};
use std::thread;

use futures_util::FutureExt;
use futures_util::future::{Ready, ready};
use http::{Request, Response};
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok};
use tower::{Layer, Service, service_fn};
use tower_telemetry_observe::{ObserveLayer, Observed, Plain};
use tower_telemetry_testkit::{Entry, Journal, MethodAndStatus, Outcome, Script};
use tower_test::assert_request_eq;
use tower_test::mock::{self, Handle, Mock, Spawn};

type Watched<S> = Observed<S, Plain<&'static str>, Journal>;

fn layer(journal: &Journal) -> ObserveLayer<Plain<&'static str>, Journal> {
    ObserveLayer::new(Plain::new("call"), journal.clone())
}

type WatchedMock = Spawn<Watched<Mock<u8, u8>>>;

/// A mock that panics when it is called without having been polled ready; so is each of its clones.
fn watched_mock(journal: &Journal) -> (WatchedMock, Handle<u8, u8>) {
    mock::spawn_with(|mock| layer(journal).layer(mock))
}

#[tokio::test]
async fn a_service_polled_ready_is_the_one_called() {
    let journal = Journal::new();
    let (mut service, mut handle) = watched_mock(&journal);
    handle.allow(1);
    assert_ready_ok!(service.poll_ready());
    let mut response = tokio_test::task::spawn(service.call(7));
    assert_pending!(response.poll());
    assert_request_eq!(handle, 7).send_response(8);
    assert_eq!(assert_ready_ok!(response.poll()), 8);
    assert_eq!(journal.ending().outcome, Outcome::COMPLETE);
}

/// Answers each `poll_ready` with the next of its list, and each call with all that it was asked.
struct Listed {
    readiness: Vec<Poll<Result<(), Refusal>>>,
    asked: Vec<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Refusal(u8);

impl Service<()> for Listed {
    type Response = Vec<&'static str>;
    type Error = Refusal;
    type Future = Ready<Result<Vec<&'static str>, Refusal>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Refusal>> {
        self.asked.push("poll_ready");
        self.readiness.remove(0)
    }

    fn call(&mut self, (): ()) -> Self::Future {
        self.asked.push("call");
        ready(Ok(self.asked.clone()))
    }
}

fn listed(journal: &Journal, readiness: Vec<Poll<Result<(), Refusal>>>) -> Spawn<Watched<Listed>> {
    let asked = Vec::new();
    Spawn::new(layer(journal).layer(Listed { readiness, asked }))
}

#[test]
fn each_poll_ready_is_one_of_the_inner_service_and_so_is_each_call() {
    let journal = Journal::new();
    let (wait, go) = (Poll::Pending, Poll::Ready(Ok(())));
    let mut service = listed(&journal, vec![wait, wait, wait, go]);
    for _ in 0..3 {
        assert_pending!(service.poll_ready::<()>());
    }
    assert_ready_ok!(service.poll_ready::<()>());
    assert!(journal.entries().is_empty(), "no call has begun");

    let asked = service.call(()).now_or_never();
    let expected = ["poll_ready", "poll_ready", "poll_ready", "poll_ready", "call"];
    assert_eq!(asked, Some(Ok(expected.to_vec())));
    assert_eq!((journal.watched(), journal.ended()), (1, 1));
}

#[test]
fn an_error_of_readiness_is_the_very_same_and_begins_no_call() {
    let journal = Journal::new();
    let mut service = listed(&journal, vec![Poll::Ready(Err(Refusal(7)))]);
    assert_eq!(assert_ready_err!(service.poll_ready::<()>()), Refusal(7));
    assert!(journal.entries().is_empty());
}

#[test]
fn the_task_that_waits_for_readiness_is_woken() {
    let journal = Journal::new();
    let (mut service, mut handle) = watched_mock(&journal);
    handle.allow(0);
    assert_pending!(service.poll_ready::<u8>());
    assert!(!service.is_woken());
    handle.allow(1);
    assert!(service.is_woken());
    assert_ready_ok!(service.poll_ready::<u8>());
    assert!(journal.entries().is_empty());
}

#[test]
fn a_service_that_is_gone_says_so() {
    let journal = Journal::new();
    let (mut service, mut handle) = watched_mock(&journal);
    handle.send_error("gone");
    let error = assert_ready_err!(service.poll_ready::<u8>());
    assert_eq!(error.to_string(), "gone");
    assert!(journal.entries().is_empty());
}

#[tokio::test]
async fn an_http_service_hands_its_readiness_through_as_well() {
    let journal = Journal::new();
    let http = ObserveLayer::new(MethodAndStatus, journal.clone());
    let (mut service, mut handle) = mock::spawn_with::<Request<()>, Response<Script>, _, _>(|mock| http.layer(mock));
    handle.allow(0);
    assert_pending!(service.poll_ready::<Request<()>>());
    handle.allow(1);
    assert_ready_ok!(service.poll_ready::<Request<()>>());
    assert!(journal.entries().is_empty());
    let mut response = tokio_test::task::spawn(service.call(Request::new(())));
    let (_, answer) = handle.next_request().await.expect("the request");
    answer.send_response(Response::new(Script::default()));
    drop(assert_ready_ok!(response.poll()));
    assert_eq!(journal.ending().outcome, Outcome::Dropped);

    handle.send_error("gone");
    let error = assert_ready_err!(service.poll_ready::<Request<()>>());
    assert_eq!(error.to_string(), "gone");
    assert_eq!(journal.watched(), 1);
}

#[tokio::test]
async fn an_error_in_place_of_an_answer_ends_the_call() {
    let journal = Journal::new();
    let (mut service, mut handle) = watched_mock(&journal);
    assert_ready_ok!(service.poll_ready::<u8>());
    let mut response = tokio_test::task::spawn(service.call(7));
    assert_request_eq!(handle, 7).send_error("refused");
    let error = assert_ready_err!(response.poll());
    assert_eq!(error.to_string(), "refused");
    assert_eq!(journal.ending().outcome, Outcome::ServiceFailed);
}

#[tokio::test]
async fn a_clone_takes_no_readiness_with_it_and_loses_none() {
    let journal = Journal::new();
    let (mut service, mut handle) = watched_mock(&journal);
    handle.allow(1);
    assert_ready_ok!(service.poll_ready::<u8>());
    // The usual way to call from an owned future: leave the clone, take the one that is ready.
    let clone = service.get_ref().clone();
    let mut taken = mem::replace(service.get_mut(), clone);
    let mut response = tokio_test::task::spawn(taken.call(7));
    assert_pending!(service.poll_ready::<u8>());
    assert_request_eq!(handle, 7).send_response(8);
    assert_eq!(assert_ready_ok!(response.poll()), 8);

    handle.allow(1);
    assert_ready_ok!(service.poll_ready::<u8>());
    drop(service.call(9));
    let endings = journal.endings();
    let outcomes = endings.into_iter().map(|ending| ending.outcome);
    let expected = [Outcome::COMPLETE, Outcome::Dropped];
    assert_eq!(outcomes.collect::<Vec<_>>(), expected, "both in one journal");
}

#[test]
fn all_services_of_a_layer_share_its_observer() {
    let journal = Journal::new();
    let layer = layer(&journal);
    thread::scope(|scope| {
        for _ in 0..8 {
            let layer = layer.clone();
            scope.spawn(move || {
                let answer = async |n: u32| Ok::<_, ()>(n);
                let mut services: Vec<_> = (0..8).map(|_| layer.layer(service_fn(answer))).collect();
                for n in 0..100 {
                    for service in &mut services {
                        assert_eq!(service.call(n).now_or_never(), Some(Ok(n)));
                    }
                }
            });
        }
    });
    assert_eq!((journal.watched(), journal.ended()), (6400, 6400));
    let complete = |entry: &Entry| matches!(entry, Entry::End(end) if end.outcome == Outcome::COMPLETE);
    assert_eq!(journal.count(complete), 6400);
}
