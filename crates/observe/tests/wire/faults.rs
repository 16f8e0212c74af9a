//! Handlers and bodies that fail.

use std::panic::resume_unwind;

use http::Response;
use http::header::CONTENT_LENGTH;
use http_body_util::BodyExt;
use tower_telemetry_observe::Verdict;
use tower_telemetry_testkit::{EndFlag, Journal, Outcome, Script, Step};

use crate::peers::{BOTH, Client, Refused, ending, endings, serve, serve_always};

#[tokio::test]
async fn a_body_short_of_its_announced_length_is_short() {
    for protocol in BOTH {
        let journal = Journal::new();
        let short = || {
            let response = Response::builder().header(CONTENT_LENGTH, 6000);
            let body = Script::new(vec![Step::Data(1000); 5]);
            response.body(body).expect("valid")
        };
        let address = serve_always(&journal, short).await;
        let mut client = Client::connect(protocol, address).await;
        let broken = async { client.get("/").await?.into_body().collect().await };
        assert!(broken.await.is_err());
        let ending = ending(&journal).await;
        let short = Outcome::Short {
            announced: 6000,
            received: 5000,
        };
        assert_eq!(ending.outcome, short);
        assert_eq!(ending.verdict, Verdict::Error("body_error"));
    }
}

#[tokio::test]
async fn an_error_of_the_body_breaks_the_answer_off() {
    for protocol in BOTH {
        let journal = Journal::new();
        let failing = || Response::new(Script::new([Step::Data(1000), Step::Wait, Step::Fail]));
        let address = serve_always(&journal, failing).await;
        let mut client = Client::connect(protocol, address).await;
        let broken = async { client.get("/").await?.into_body().collect().await };
        assert!(broken.await.is_err());
        let ending = ending(&journal).await;
        assert_eq!((ending.outcome, ending.bytes), (Outcome::BodyFailed, 1000));
    }
}

#[tokio::test]
async fn an_error_of_the_service_breaks_the_call_off() {
    for protocol in BOTH {
        let journal = Journal::new();
        let address = serve(&journal, async |_| Err(Refused)).await;
        let mut client = Client::connect(protocol, address).await;
        assert!(client.get("/").await.is_err());
        let ending = ending(&journal).await;
        assert_eq!((ending.outcome, ending.had_head), (Outcome::ServiceFailed, false));
    }
}

#[tokio::test]
async fn a_handler_that_panics_costs_one_call() {
    for protocol in BOTH {
        let journal = Journal::new();
        let address = serve(&journal, async |request| {
            if request.uri().path() == "/panic" {
                resume_unwind(Box::new("in the handler"));
            }
            let empty = Script::default().with_end_flag(EndFlag::Always);
            Ok(Response::new(empty))
        })
        .await;
        let mut client = Client::connect(protocol, address).await;
        assert!(client.get("/panic").await.is_err());
        let ending = ending(&journal).await;
        assert_eq!((ending.outcome, ending.had_head), (Outcome::Panicked, false));
        assert_eq!(ending.verdict, Verdict::Error("panic"));

        let mut client = Client::connect(protocol, address).await;
        client.get("/").await.expect("an answer");
        assert_eq!(endings(&journal, 2).await[1].outcome, Outcome::COMPLETE);
    }
}

#[tokio::test]
async fn a_body_that_panics_breaks_the_answer_off() {
    for protocol in BOTH {
        let journal = Journal::new();
        let steps = [Step::Data(1000), Step::Wait, Step::Panic];
        let address = serve_always(&journal, move || Response::new(Script::new(steps.clone()))).await;
        let mut client = Client::connect(protocol, address).await;
        let broken = async { client.get("/").await?.into_body().collect().await };
        assert!(broken.await.is_err());
        let ending = ending(&journal).await;
        assert_eq!((ending.outcome, ending.bytes), (Outcome::Panicked, 1000));
        assert!(ending.had_head);
    }
}
