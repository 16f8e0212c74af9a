//! Methods that there are, and methods that somebody asks for.

use opentelemetry_sdk::trace::SpanData;
use tonic::client::Grpc as Client;
use tower_telemetry::semconv::Grpc;
use tower_telemetry_testkit::spans::text;
use tower_telemetry_tests::{SECRET, ended};

use crate::raw::unary;
use crate::site::{Site, outcome};

/// Name, `rpc.method`, and its original or `-`.
fn method(span: &SpanData) -> [String; 3] {
    let said = ["rpc.method", "rpc.method_original"].map(|key| text(span, key).unwrap_or("-".to_owned()));
    let [method, original] = said;
    [span.name.to_string(), method, original]
}

#[tokio::test]
async fn a_method_or_service_that_is_not_there_is_other_and_never_a_name() {
    for grpc in [
        Grpc::server(),
        Grpc::server().with_service("tests.v1.Streams", ["Unary"]),
    ] {
        for asked in ["tests.v1.Streams/Steal", "tests.v1.Nothing/Steal"] {
            let site = Site::reading(grpc.clone()).await;
            let code = unary(&mut Client::new(site.channel()), &format!("/{asked}")).await;
            assert_eq!(code, tonic::Code::Unimplemented);
            let (called, served) = site.spans().await;
            assert_eq!(method(&served), ["grpc", "_OTHER", asked]);
            assert_eq!([&served, &called].map(outcome), ["UNIMPLEMENTED UNIMPLEMENTED"; 2]);
            // The client knows what it asked for.
            assert_eq!(method(&called), [asked, asked, "-"]);
        }
    }
}

#[tokio::test]
async fn what_is_said_at_the_start_of_a_known_method_is_the_same_as_at_the_end_of_the_first_call() {
    let site = Site::open().await;
    let mut client = Client::new(site.channel());
    for _ in 0..2 {
        unary(&mut client, "/tests.v1.Streams/Unary").await;
    }
    for span in ended(&site.served, 2).await {
        let name = "tests.v1.Streams/Unary";
        assert_eq!(method(&span), [name, name, "-"]);
    }
}

#[tokio::test]
async fn a_scanner_leaves_no_names() {
    let site = Site::open().await;
    let mut client = Client::new(site.channel());
    for number in 0..50 {
        unary(&mut client, &format!("/scan.S{number}/M?sig={SECRET}")).await;
    }
    for span in ended(&site.served, 50).await {
        assert_eq!(span.name, "grpc");
        assert_eq!(text(&span, "rpc.method").as_deref(), Some("_OTHER"));
    }
}
