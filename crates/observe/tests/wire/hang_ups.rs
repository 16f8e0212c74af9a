//! Clients that go before the end.

use std::sync::Arc;

use http::Response;
use http_body_util::BodyExt;
use tokio::sync::Semaphore;
use tower_telemetry_observe::Verdict;
use tower_telemetry_testkit::{EndFlag, Ending, Journal, Outcome, Script, Step};

use crate::peers::{BOTH, Client, Protocol, begun, ended, ending, endings, never, request, serve, serve_always};

fn dropped(bytes: u64, had_head: bool) -> Ending {
    Ending {
        outcome: Outcome::Dropped,
        verdict: Verdict::Error("cancelled"),
        bytes,
        had_head,
    }
}

fn empty() -> Response<Script> {
    Response::new(Script::default().with_end_flag(EndFlag::Always))
}

/// One frame, and then nothing more.
fn stalling() -> Response<Script> {
    Response::new(Script::new([Step::Data(1000), Step::Stall]))
}

#[tokio::test]
async fn a_client_that_hangs_up_before_the_head_drops_the_call() {
    for protocol in BOTH {
        let journal = Journal::new();
        let address = serve(&journal, |_| never()).await;
        let mut client = Client::connect(protocol, address).await;
        let _answered = client.start(request("GET", "/")).await.expect("sent");
        begun(&journal, 1).await;
        assert_eq!(journal.ended(), 0);
        client.hang_up();
        assert_eq!(ending(&journal).await, dropped(0, false));
    }
}

#[tokio::test]
async fn a_client_that_hangs_up_in_the_body_drops_the_call() {
    for protocol in BOTH {
        let journal = Journal::new();
        let address = serve_always(&journal, stalling).await;
        let mut client = Client::connect(protocol, address).await;
        let response = client.get("/").await.expect("an answer");
        let mut body = response.into_body();
        body.frame().await.expect("a frame").expect("no error");
        assert_eq!(journal.ended(), 0);
        client.hang_up();
        assert_eq!(ending(&journal).await, dropped(1000, true));
    }
}

#[tokio::test]
async fn a_stream_reset_before_the_head_drops_its_call_and_no_other() {
    let journal = Journal::new();
    let go = Arc::new(Semaphore::new(0));
    let waits = Arc::clone(&go);
    let address = serve(&journal, move |_| {
        let waits = Arc::clone(&waits);
        async move {
            waits.acquire().await.expect("open").forget();
            Ok(empty())
        }
    })
    .await;
    let mut client = Client::connect(Protocol::Http2, address).await;
    let reset = client.start(request("GET", "/")).await.expect("sent");
    let kept = client.start(request("GET", "/")).await.expect("sent");
    begun(&journal, 2).await;
    drop(reset);
    ended(&journal, 1).await;
    assert_eq!(journal.endings(), [dropped(0, false)]);
    go.add_permits(1);
    kept.await.expect("an answer");
    assert_eq!(endings(&journal, 2).await[1].outcome, Outcome::COMPLETE);
}

#[tokio::test]
async fn a_stream_reset_in_the_body_drops_its_call_and_no_other() {
    let journal = Journal::new();
    let address = serve(&journal, async |request| match request.uri().path() {
        "/stalling" => Ok(stalling()),
        _ => Ok(empty()),
    })
    .await;
    let mut client = Client::connect(Protocol::Http2, address).await;
    let response = client.get("/stalling").await.expect("an answer");
    let mut body = response.into_body();
    body.frame().await.expect("a frame").expect("no error");
    drop(body);
    assert_eq!(ending(&journal).await, dropped(1000, true));
    client.get("/").await.expect("an answer");
    assert_eq!(endings(&journal, 2).await[1].outcome, Outcome::COMPLETE);
}

#[tokio::test]
async fn a_connection_that_breaks_drops_all_calls_on_it() {
    let journal = Journal::new();
    let address = serve(&journal, |_| never()).await;
    let mut client = Client::connect(Protocol::Http2, address).await;
    let mut answers = Vec::new();
    for _ in 0..50 {
        answers.push(client.start(request("GET", "/")).await.expect("sent"));
    }
    begun(&journal, 50).await;
    client.hang_up();
    assert_eq!(endings(&journal, 50).await, vec![dropped(0, false); 50]);
}
