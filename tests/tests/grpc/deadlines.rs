//! Calls whose time is up.

use std::time::Duration;

use http_body_util::BodyExt;
use tonic::transport::Server;
use tower_telemetry::semconv::Grpc;
use tower_telemetry_tests::{Connection, Goodbye, Protocol, ended};

use crate::proto::Order;
use crate::raw::request;
use crate::site::{Site, layer, outcome, outcomes};

const LATE: &str = "DEADLINE_EXCEEDED DEADLINE_EXCEEDED";

#[tokio::test]
async fn a_client_whose_time_is_up_says_so_whether_its_channel_or_the_server_was_first() {
    let site = Site::open().await;
    for timeout in [1, 20, 60] {
        let mut order = tonic::Request::new(Order::items(0).and_silence());
        order.set_timeout(Duration::from_millis(timeout));
        site.client().unary(order).await.expect_err("time is up");
    }
    for span in ended(&site.called, 3).await {
        assert_eq!(outcome(&span), LATE);
    }
}

#[tokio::test]
async fn a_server_finds_out_by_itself_that_time_is_up() {
    let site = Site::open().await;
    let connection = Connection::open(Protocol::Http2, site.address, Goodbye::Fin).await;
    let silence = Order::items(0).and_silence();
    let request = request("/tests.v1.Streams/Unary", &[("grpc-timeout", b"50m")], &silence);
    let answer = connection.send(request).await.expect("an answer");
    assert_eq!(answer.headers()["grpc-status"], "1", "tonic's word for it");
    assert_eq!(outcome(&ended(&site.served, 1).await[0]), LATE);
}

#[tokio::test]
async fn a_stream_that_is_dropped_when_time_is_up_is_the_deadlines() {
    let site = Site::open().await;
    let connection = Connection::open(Protocol::Http2, site.address, Goodbye::Fin).await;
    let silence = Order::items(1).and_silence();
    for (timeout, after, expected) in [
        (&b"500m"[..], Duration::from_millis(500), LATE),
        (b"1H", Duration::ZERO, "CANCELLED -"),
    ] {
        let before = site.served.spans().len();
        let request = request("/tests.v1.Streams/Pull", &[("grpc-timeout", timeout)], &silence);
        let mut answer = connection.send(request).await.expect("a head").into_body();
        answer.frame().await.expect("an item").expect("no error");
        // The caller's own clock.
        tokio::time::sleep(after).await;
        drop(answer);
        let span = ended(&site.served, before + 1).await.remove(before);
        assert_eq!(outcome(&span), expected);
    }
}

#[tokio::test]
async fn the_servers_own_timeout_is_a_deadline_where_the_layer_knows_of_it() {
    let timeout = Duration::from_millis(30);
    for (grpc, expected) in [
        (Grpc::server().with_timeout(timeout), LATE),
        (Grpc::server(), "CANCELLED -"),
    ] {
        let builder = Server::builder().timeout(timeout);
        let site = Site::with_layer(builder, |recorder| layer(recorder).with_grpc(grpc)).await;
        site.client()
            .unary(Order::items(0).and_silence())
            .await
            .expect_err("time is up");
        let [called, served] = outcomes(&site).await;
        assert_eq!(served, expected);
        assert_eq!(called, "CANCELLED CANCELLED", "what the server said");
    }
}

#[tokio::test]
async fn a_status_in_time_is_what_was_said() {
    let site = Site::open().await;
    let mut order = tonic::Request::new(Order::with_code(tonic::Code::NotFound));
    order.set_timeout(Duration::from_secs(3600));
    site.client().unary(order).await.expect_err("it fails");
    assert_eq!(outcomes(&site).await, ["NOT_FOUND NOT_FOUND", "NOT_FOUND -"]);
}
