//! Connections that leave HTTP.

use axum::body::Body;
use http::{Method, Request, StatusCode};
use hyper::ext::Protocol as ExtendedProtocol;
use hyper_util::rt::TokioIo;
use opentelemetry::trace::Status;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower_telemetry_tests::{Connection, Goodbye, Protocol};

use crate::site::{Site, said, values};

#[tokio::test]
async fn an_upgrade_ends_its_span_at_101_and_then_works_both_ways() {
    let site = Site::open().await;
    let mut client = site.connect().await;
    client
        .send("GET /switch HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
        .await;
    assert_eq!(client.answer().await.status, StatusCode::SWITCHING_PROTOCOLS);

    let span = site.span().await;
    assert_eq!(
        said(&span, ["http.response.status_code", "error.type"]),
        values(["101", "-"])
    );
    assert_eq!((&*span.name, &span.status), ("GET /switch", &Status::Unset));

    for word in ["first", "second"] {
        client.send(word).await;
        assert_eq!(client.read(word.len()).await, word.as_bytes());
    }
    site.span().await;
}

#[tokio::test]
async fn a_tunnel_ends_its_span_when_it_is_granted_and_then_works_both_ways() {
    let site = Site::open().await;
    let mut client = site.connect().await;
    client.send("CONNECT a.b:443 HTTP/1.1\r\nHost: a.b:443\r\n\r\n").await;
    assert_eq!(client.answer().await.status, StatusCode::OK);

    let span = site.span().await;
    let keys = [
        "http.request.method",
        "url.path",
        "http.route",
        "server.address",
        "server.port",
        "error.type",
    ];
    assert_eq!(said(&span, keys), values(["CONNECT", "", "-", "a.b", "443", "-"]));
    assert_eq!((&*span.name, &span.status), ("CONNECT", &Status::Unset));

    client.send("through the tunnel").await;
    assert_eq!(client.read(18).await, b"through the tunnel");
}

#[tokio::test]
async fn an_extended_connect_over_http2_ends_its_span_when_it_is_granted_and_then_works_both_ways() {
    let site = Site::open().await;
    let connection = Connection::open(Protocol::Http2, site.server.address, Goodbye::Fin).await;
    // The server's settings, which allow it, come with its first answer.
    connection.fetch(Request::get("http://a.b/")).await;
    let request = Request::builder()
        .method(Method::CONNECT)
        .uri("http://a.b/switch")
        .extension(ExtendedProtocol::from_static("websocket"));
    let answer = connection
        .send(request.body(Body::empty()).expect("a request"))
        .await
        .expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);

    let span = tower_telemetry_tests::ended(&site.recorder, 2).await.remove(1);
    let keys = [
        "http.request.method",
        "url.path",
        "url.scheme",
        "http.route",
        "server.address",
        "error.type",
    ];
    assert_eq!(
        said(&span, keys),
        values(["CONNECT", "/switch", "http", "/switch", "a.b", "-"])
    );
    assert_eq!((&*span.name, &span.status), ("CONNECT /switch", &Status::Unset));

    let mut stream = TokioIo::new(hyper::upgrade::on(answer).await.expect("a stream"));
    stream.write_all(b"there and back").await.expect("sent");
    let mut back = [0; 14];
    stream.read_exact(&mut back).await.expect("sent back");
    assert_eq!(&back, b"there and back");
}
