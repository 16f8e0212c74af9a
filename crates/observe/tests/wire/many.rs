//! Ten thousand calls with faults at random: every call ends, and as what was done to it.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::Arc;

use http::Response;
use http::header::CONTENT_LENGTH;
use http_body_util::BodyExt;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tower_telemetry_testkit::{EndFlag, Journal, Outcome, Random, Script, Step};

use crate::peers::{Answer, Client, Protocol, Refused, endings, never, request, serve};

const CALLS: usize = 10_000;
const CLIENTS: usize = 8;

/// What is done to a call, by the handler or by the client.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Full,
    Streamed,
    Announced,
    Trailers,
    ToHead,
    NoContent,
    ServiceFails,
    HandlerPanics,
    BodyFails,
    BodyPanics,
    Short,
    ClientGoesBeforeHead,
    ClientGoesInBody,
}

const FATES: [Fate; 13] = [
    Fate::Full,
    Fate::Streamed,
    Fate::Announced,
    Fate::Trailers,
    Fate::ToHead,
    Fate::NoContent,
    Fate::ServiceFails,
    Fate::HandlerPanics,
    Fate::BodyFails,
    Fate::BodyPanics,
    Fate::Short,
    Fate::ClientGoesBeforeHead,
    Fate::ClientGoesInBody,
];

/// What the call should end as: the words of `outcome`.
fn expected(fate: Fate) -> &'static str {
    match fate {
        Fate::Full | Fate::Streamed | Fate::Announced | Fate::ToHead | Fate::NoContent => "complete",
        Fate::Trailers => "trailers",
        Fate::ServiceFails => "service failed",
        Fate::BodyFails => "body failed",
        Fate::Short => "short",
        Fate::HandlerPanics | Fate::BodyPanics => "panicked",
        Fate::ClientGoesBeforeHead | Fate::ClientGoesInBody => "dropped",
    }
}

fn outcome(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Complete { trailers: None } => "complete",
        Outcome::Complete { trailers: Some(_) } => "trailers",
        Outcome::ServiceFailed => "service failed",
        Outcome::BodyFailed => "body failed",
        Outcome::Short { .. } => "short",
        Outcome::Dropped => "dropped",
        Outcome::Panicked => "panicked",
    }
}

async fn handle(fate: Fate) -> Answer {
    let frames = || Script::new(vec![Step::Data(100); 3]);
    let then = |step| Script::new([Step::Data(100), Step::Wait, step]);
    let mut response = Response::builder();
    let body = match fate {
        Fate::Full => frames().with_exact_size().with_end_flag(EndFlag::AfterLastStep),
        Fate::Streamed | Fate::ToHead => frames(),
        Fate::Announced => {
            response = response.header(CONTENT_LENGTH, 300);
            frames()
        }
        Fate::NoContent => {
            response = response.status(204);
            frames()
        }
        Fate::Short => {
            response = response.header(CONTENT_LENGTH, 301);
            frames()
        }
        Fate::Trailers => then(Step::trailer("x-checksum", "7")),
        Fate::BodyFails => then(Step::Fail),
        Fate::BodyPanics => then(Step::Panic),
        Fate::ClientGoesInBody => then(Step::Stall),
        Fate::ServiceFails => return Err(Refused),
        Fate::HandlerPanics => resume_unwind(Box::new("in the handler")),
        Fate::ClientGoesBeforeHead => return never().await,
    };
    Ok(response.body(body).expect("valid"))
}

/// Makes one call, and does the client's part of its fate.
async fn meet(fate: Fate, client: &mut Client, path: &str, reached: &Notify) {
    let method = if fate == Fate::ToHead { "HEAD" } else { "GET" };
    let answered = client.start(request(method, path)).await.expect("sent");
    if fate == Fate::ClientGoesBeforeHead {
        reached.notified().await;
        return;
    }
    let body = async { Ok::<_, hyper::Error>(answered.await?.into_body()) };
    if fate == Fate::ClientGoesInBody {
        let frame = body.await.expect("an answer").frame().await;
        assert!(matches!(frame, Some(Ok(_))));
        return;
    }
    let received = async { body.await?.collect().await }.await;
    if fate == Fate::ToHead && client.protocol() == Protocol::Http2 {
        // Hyper sends what the handler gave it, and its client resets the stream.
        return;
    }
    let intact = matches!(expected(fate), "complete" | "trailers");
    assert_eq!(received.is_ok(), intact, "{fate:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_calls_end_as_what_was_done_to_them() {
    let journal = Journal::new();
    let reached: Arc<[Notify]> = (0..CLIENTS).map(|_| Notify::new()).collect();
    let reach = Arc::clone(&reached);
    let address = serve(&journal, move |request| {
        let mut path = request.uri().path().split('/').skip(1);
        let mut number = || path.next().and_then(|n| n.parse::<usize>().ok()).expect("a number");
        let (fate, client) = (FATES[number()], number());
        if fate == Fate::ClientGoesBeforeHead {
            reach[client].notify_one();
        }
        handle(fate)
    })
    .await;

    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let reached = Arc::clone(&reached);
        let protocol = [Protocol::Http1, Protocol::Http2][number % 2];
        clients.spawn(async move {
            let mut injected = BTreeMap::<&str, usize>::new();
            let mut random = Random::new(number as u64);
            let mut client = Client::connect(protocol, address).await;
            for _ in 0..CALLS / CLIENTS {
                let fate = random.below(FATES.len());
                let path = format!("/{fate}/{number}");
                let fate = FATES[fate];
                meet(fate, &mut client, &path, &reached[number]).await;
                *injected.entry(expected(fate)).or_default() += 1;
                // Over HTTP/2, a fault costs only its own stream.
                let intact = matches!(expected(fate), "complete" | "trailers");
                if protocol == Protocol::Http1 && !intact {
                    client.hang_up();
                    client = Client::connect(protocol, address).await;
                }
            }
            injected
        });
    }
    let mut injected = BTreeMap::<&str, usize>::new();
    for of_one in clients.join_all().await {
        for (outcome, calls) in of_one {
            *injected.entry(outcome).or_default() += calls;
        }
    }

    let mut seen = BTreeMap::<&str, usize>::new();
    for ending in endings(&journal, CALLS).await {
        *seen.entry(outcome(&ending.outcome)).or_default() += 1;
    }
    assert_eq!(seen, injected);
    assert_eq!(seen.len(), 7, "each of the outcomes came: {seen:?}");
}
