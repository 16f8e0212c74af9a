//! Connections that change hands: by 101, and by `CONNECT`.

use http::{Method, Request, Response, StatusCode};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::upgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower_telemetry_testkit::{Journal, Outcome, Script};

use crate::peers::{Answer, BOTH, Client, Protocol, ending, serve};

/// Sends back what comes over the upgraded connection.
async fn echo(mut request: Request<Incoming>) -> Answer {
    let upgrading = upgrade::on(&mut request);
    tokio::spawn(async move {
        let mut io = TokioIo::new(upgrading.await.expect("an upgrade"));
        let mut word = [0; 5];
        io.read_exact(&mut word).await.expect("a word");
        io.write_all(&word).await.expect("sent");
        io.shutdown().await.expect("closed");
    });
    let mut response = Response::new(Script::default());
    if request.method() != Method::CONNECT {
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert("connection", "upgrade".parse().expect("valid"));
        headers.insert("upgrade", "echo".parse().expect("valid"));
    }
    Ok(response)
}

async fn upgraded(protocol: Protocol, request: Request<Empty<Bytes>>, status: StatusCode) {
    let journal = Journal::new();
    let address = serve(&journal, echo).await;
    let mut client = Client::connect(protocol, address).await;
    let answered = client.start(request).await.expect("sent");
    let response = answered.await.expect("an answer");
    assert_eq!(response.status(), status);
    let at_the_head = ending(&journal).await;
    assert_eq!((&at_the_head.outcome, at_the_head.bytes), (&Outcome::COMPLETE, 0));
    assert!(at_the_head.had_head);

    let mut io = TokioIo::new(upgrade::on(response).await.expect("an upgrade"));
    io.write_all(b"hello").await.expect("sent");
    let mut word = String::new();
    io.read_to_string(&mut word).await.expect("received");
    assert_eq!(word, "hello");
    drop(io);
    client.hang_up();
    assert_eq!(ending(&journal).await, at_the_head);
}

#[tokio::test]
async fn a_switch_of_protocols_works_both_ways_and_ends_the_call_at_the_head() {
    let request = Request::get("/")
        .header("connection", "upgrade")
        .header("upgrade", "echo");
    let request = request.body(Empty::new()).expect("valid");
    upgraded(Protocol::Http1, request, StatusCode::SWITCHING_PROTOCOLS).await;
}

#[tokio::test]
async fn a_granted_connect_works_both_ways_and_ends_the_call_at_the_head() {
    for protocol in BOTH {
        let request = Request::connect("loopback:80").body(Empty::new());
        upgraded(protocol, request.expect("valid"), StatusCode::OK).await;
    }
}
