//! Beside tower's own middleware, inside and outside: limits, buffers, load shedding, timeouts.

use std::time::Duration;

use futures_util::FutureExt;
use tokio::task::yield_now;
use tokio_test::{assert_pending, assert_ready_ok};
use tower::buffer::Buffer;
use tower::limit::ConcurrencyLimit;
use tower::load_shed::LoadShed;
use tower::load_shed::error::Overloaded;
use tower::timeout::Timeout;
use tower::timeout::error::Elapsed;
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};
use tower_telemetry_observe::{ObserveLayer, Plain};
use tower_telemetry_testkit::{Entry, Journal, Outcome};
use tower_test::mock;

fn layer(journal: &Journal) -> ObserveLayer<Plain<&'static str>, Journal> {
    ObserveLayer::new(Plain::new("call"), journal.clone())
}

/// Waits once, and answers with its request.
async fn echo(n: u32) -> Result<u32, BoxError> {
    yield_now().await;
    Ok(n)
}

async fn never(_: u32) -> Result<u32, BoxError> {
    std::future::pending().await
}

fn ended_as(journal: &Journal, outcome: &Outcome) -> usize {
    journal.count(|entry| matches!(entry, Entry::End(ending) if ending.outcome == *outcome))
}

/// Makes 10,000 calls, half of them dropped: before their first poll, or while they wait.
async fn half_cancelled<S>(mut service: S)
where
    S: Service<u32, Response = u32, Error = BoxError>,
{
    for n in 0..10_000 {
        let future = service.ready().await.expect("ready").call(n);
        match n % 4 {
            0 => drop(future),
            1 => assert!(future.now_or_never().is_none()),
            _ => assert_eq!(future.await.expect("answers"), n),
        }
    }
    let last = service.ready().await.expect("ready").call(7);
    assert_eq!(last.await.expect("answers"), 7);
}

fn assert_half_cancelled(journal: &Journal) {
    assert_eq!((journal.watched(), journal.ended()), (10_001, 10_001));
    assert_eq!(ended_as(journal, &Outcome::Dropped), 5_000);
    assert_eq!(ended_as(journal, &Outcome::COMPLETE), 5_001);
}

#[tokio::test]
async fn no_permit_of_a_limit_inside_is_lost() {
    let journal = Journal::new();
    let limited = ConcurrencyLimit::new(service_fn(echo), 1);
    half_cancelled(layer(&journal).layer(limited)).await;
    assert_half_cancelled(&journal);
}

#[tokio::test]
async fn no_permit_of_a_limit_outside_is_lost() {
    let journal = Journal::new();
    let watched = layer(&journal).layer(service_fn(echo));
    half_cancelled(ConcurrencyLimit::new(watched, 1)).await;
    assert_half_cancelled(&journal);
}

#[tokio::test]
async fn no_place_in_a_buffer_inside_is_lost() {
    let journal = Journal::new();
    let buffered = Buffer::new(service_fn(echo), 1);
    half_cancelled(layer(&journal).layer(buffered)).await;
    assert_half_cancelled(&journal);
}

#[tokio::test]
async fn no_place_in_a_buffer_outside_is_lost() {
    let journal = Journal::new();
    let watched = layer(&journal).layer(service_fn(echo));
    half_cancelled(Buffer::new(watched, 1)).await;
    // The buffer passes on only what is still wanted when its turn comes.
    assert_eq!(journal.watched(), journal.ended());
    assert_eq!(ended_as(&journal, &Outcome::COMPLETE), 5_001);
}

#[test]
fn the_one_permit_of_a_limit_goes_with_the_call_and_comes_back() {
    let journal = Journal::new();
    let limited = |mock| layer(&journal).layer(ConcurrencyLimit::new(mock, 1));
    let (mut service, mut handle) = mock::spawn_with::<u8, u8, _, _>(limited);
    let mut clone = service.clone();
    handle.allow(2);
    assert_ready_ok!(service.poll_ready::<u8>());
    assert_pending!(clone.poll_ready::<u8>());
    let call = service.call(1);
    assert_pending!(clone.poll_ready::<u8>());
    drop(call);
    assert_ready_ok!(clone.poll_ready::<u8>());
    assert_eq!(journal.ending().outcome, Outcome::Dropped);
}

#[tokio::test]
async fn a_call_shed_inside_fails() {
    let journal = Journal::new();
    let limited = ConcurrencyLimit::new(service_fn(echo), 1);
    let mut service = layer(&journal).layer(LoadShed::new(limited));
    let first = service.ready().await.expect("ready").call(1);
    let second = service.ready().await.expect("ready").call(2).await;
    assert!(second.expect_err("shed").is::<Overloaded>());
    assert_eq!(first.await.expect("answers"), 1);
    assert_eq!(ended_as(&journal, &Outcome::ServiceFailed), 1);
    assert_eq!(ended_as(&journal, &Outcome::COMPLETE), 1);
}

#[tokio::test]
async fn a_call_shed_outside_never_began() {
    let journal = Journal::new();
    let limited = ConcurrencyLimit::new(service_fn(echo), 1);
    let mut service = LoadShed::new(layer(&journal).layer(limited));
    let first = service.ready().await.expect("ready").call(1);
    let second = service.ready().await.expect("ready").call(2).await;
    assert!(second.expect_err("shed").is::<Overloaded>());
    assert_eq!(first.await.expect("answers"), 1);
    assert_eq!(journal.ending().outcome, Outcome::COMPLETE);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_times_out_inside_fails() {
    let journal = Journal::new();
    let timed = Timeout::new(service_fn(never), Duration::from_secs(1));
    let answer = layer(&journal).layer(timed).oneshot(1).await;
    assert!(answer.expect_err("too late").is::<Elapsed>());
    assert_eq!(journal.ending().outcome, Outcome::ServiceFailed);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_times_out_outside_is_dropped() {
    let journal = Journal::new();
    let watched = layer(&journal).layer(service_fn(never));
    let answer = Timeout::new(watched, Duration::from_secs(1)).oneshot(1).await;
    assert!(answer.expect_err("too late").is::<Elapsed>());
    assert_eq!(journal.ending().outcome, Outcome::Dropped);
}
