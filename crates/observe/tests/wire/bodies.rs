//! Bodies that are delivered, as HTTP has it.

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Response, StatusCode};
use http_body_util::BodyExt;
use tower_telemetry_observe::Verdict;
use tower_telemetry_testkit::{EndFlag, Journal, Outcome, Script, Step};

use crate::peers::{BOTH, Client, Protocol, ending, endings, serve_always};

fn five_frames() -> Script {
    Script::new(vec![Step::Data(1000); 5])
}

/// A body as most handlers return it: one frame, of a size that is known.
fn full(bytes: usize) -> Script {
    Script::new([Step::Data(bytes)])
        .with_exact_size()
        .with_end_flag(EndFlag::AfterLastStep)
}

#[tokio::test]
async fn every_call_on_a_connection_that_is_kept_alive_is_complete() {
    for protocol in BOTH {
        let journal = Journal::new();
        let address = serve_always(&journal, || Response::new(full(5))).await;
        let mut client = Client::connect(protocol, address).await;
        for _ in 0..100 {
            let response = client.get("/").await.expect("an answer");
            let body = response.into_body().collect().await.expect("a body");
            assert_eq!(body.to_bytes(), [0, 1, 2, 3, 4][..]);
        }
        for ending in endings(&journal, 100).await {
            assert_eq!((ending.outcome, ending.bytes), (Outcome::COMPLETE, 5));
        }
    }
}

#[tokio::test]
async fn a_body_of_known_size_is_sent_with_its_length() {
    let journal = Journal::new();
    let address = serve_always(&journal, || Response::new(full(5))).await;
    let mut client = Client::connect(Protocol::Http1, address).await;
    let response = client.get("/").await.expect("an answer");
    assert_eq!(response.headers()[CONTENT_LENGTH], "5");
    assert!(!response.headers().contains_key(TRANSFER_ENCODING));
}

#[tokio::test]
async fn a_stream_without_a_length_is_complete() {
    for protocol in BOTH {
        let journal = Journal::new();
        let address = serve_always(&journal, || Response::new(five_frames())).await;
        let mut client = Client::connect(protocol, address).await;
        let response = client.get("/").await.expect("an answer");
        let body = response.into_body().collect().await.expect("a body");
        assert_eq!(body.to_bytes().len(), 5000);
        let ending = ending(&journal).await;
        assert_eq!((ending.outcome, ending.bytes), (Outcome::COMPLETE, 5000));
    }
}

#[tokio::test]
async fn a_stream_under_its_announced_length_is_complete() {
    for protocol in BOTH {
        let journal = Journal::new();
        let announcing = || {
            let response = Response::builder().header(CONTENT_LENGTH, 5000);
            response.body(five_frames()).expect("valid")
        };
        let address = serve_always(&journal, announcing).await;
        let mut client = Client::connect(protocol, address).await;
        let response = client.get("/").await.expect("an answer");
        assert_eq!(response.headers()[CONTENT_LENGTH], "5000");
        let body = response.into_body().collect().await.expect("a body");
        assert_eq!(body.to_bytes().len(), 5000);
        let ending = ending(&journal).await;
        assert_eq!((ending.outcome, ending.bytes), (Outcome::COMPLETE, 5000));
    }
}

#[tokio::test]
async fn trailers_arrive_and_are_reported() {
    for protocol in BOTH {
        let journal = Journal::new();
        let with_trailers = || {
            let body = Script::new([Step::Data(5), Step::trailer("x-checksum", "7")]);
            let response = Response::builder().header("trailer", "x-checksum");
            response.body(body).expect("valid")
        };
        let address = serve_always(&journal, with_trailers).await;
        let mut client = Client::connect(protocol, address).await;
        let response = client.get("/").await.expect("an answer");
        let body = response.into_body().collect().await.expect("a body");
        let received = body.trailers().cloned();
        assert_eq!(
            received.as_ref().map(|fields| fields["x-checksum"].as_bytes()),
            Some(&b"7"[..])
        );
        let ending = ending(&journal).await;
        assert_eq!(ending.outcome, Outcome::Complete { trailers: received });
    }
}

#[tokio::test]
async fn an_answer_to_head_is_complete_whatever_its_body() {
    for protocol in BOTH {
        for body in [five_frames, || full(5)] {
            let journal = Journal::new();
            let address = serve_always(&journal, move || Response::new(body())).await;
            let mut client = Client::connect(protocol, address).await;
            let response = client.send("HEAD", "/").await.expect("an answer");
            let received = response.into_body().collect().await;
            let ending = ending(&journal).await;
            assert_eq!(ending.outcome, Outcome::COMPLETE);
            if protocol == Protocol::Http1 {
                assert!(received.is_ok_and(|body| body.to_bytes().is_empty()));
                assert_eq!(ending.bytes, 0);
            } // Over HTTP/2 hyper sends what it was given, and the client resets the stream.
            assert_eq!(ending.verdict, Verdict::Ok);
        }
    }
}

#[tokio::test]
async fn an_answer_that_has_no_body_is_complete_though_it_was_given_one() {
    for protocol in BOTH {
        for status in [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED] {
            for body in [five_frames, || full(5)] {
                let journal = Journal::new();
                let bodied = move || {
                    let response = Response::builder().status(status);
                    response.body(body()).expect("valid")
                };
                let address = serve_always(&journal, bodied).await;
                let mut client = Client::connect(protocol, address).await;
                let response = client.get("/").await.expect("an answer");
                assert_eq!(response.status(), status);
                // Over HTTP/2 hyper sends what it was given.
                let _ = response.into_body().collect().await;
                assert_eq!(ending(&journal).await.outcome, Outcome::COMPLETE);
            }
        }
    }
}

#[tokio::test]
async fn an_empty_body_is_complete_at_the_head() {
    for protocol in BOTH {
        let journal = Journal::new();
        let empty = || Response::new(Script::default().with_end_flag(EndFlag::Always));
        let address = serve_always(&journal, empty).await;
        let mut client = Client::connect(protocol, address).await;
        client.get("/").await.expect("an answer");
        let ending = ending(&journal).await;
        assert_eq!((ending.outcome, ending.bytes), (Outcome::COMPLETE, 0));
    }
}
