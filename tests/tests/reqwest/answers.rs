//! All that a span says of an answer.

use http::Request;
use reqwest::ClientBuilder;
use tower_telemetry::semconv::UrlTemplate;

use crate::caller::{client, in_both_ways, plain};
use crate::site::Site;

#[tokio::test]
async fn a_good_answer_is_described_by_the_conventions() {
    let site = Site::open().await;
    let port = site.server.address.port();
    let request = || Request::get(site.url("/items/7?color=red")).extension(UrlTemplate::new("/items/{id}"));
    let (said, answers) = in_both_ways(plain, request).await;
    let expected = [
        "Client GET /items/{id} Unset",
        "http.request.method=GET",
        "http.response.status_code:200",
        "network.peer.address=127.0.0.1",
        &format!("network.peer.port:{port}"),
        "network.protocol.version=1.1",
        "server.address=127.0.0.1",
        &format!("server.port:{port}"),
        &format!("url.full=http://127.0.0.1:{port}/items/7?color=red"),
        "url.template=/items/{id}",
    ];
    assert_eq!(said, expected);
    for answer in answers {
        assert_eq!(answer.expect("an answer").text().await.expect("a body"), "a lamp");
    }
}

#[tokio::test]
async fn an_answer_from_400_on_is_an_error_named_by_its_status() {
    let site = Site::open().await;
    let port = site.server.address.port();
    for status in [404, 500, 599] {
        let (said, _) = in_both_ways(plain, || Request::post(site.url(&format!("/status/{status}")))).await;
        let expected = [
            "Client POST Error { description: \"\" }",
            &format!("error.type={status}"),
            "http.request.method=POST",
            &format!("http.response.status_code:{status}"),
            "network.peer.address=127.0.0.1",
            &format!("network.peer.port:{port}"),
            "network.protocol.version=1.1",
            "server.address=127.0.0.1",
            &format!("server.port:{port}"),
            &format!("url.full=http://127.0.0.1:{port}/status/{status}"),
        ];
        assert_eq!(said, expected);
    }
}

#[tokio::test]
async fn a_status_of_no_class_is_an_error_of_no_name() {
    let site = Site::open().await;
    let (said, _) = in_both_ways(plain, || Request::get(site.url("/status/999"))).await;
    assert_eq!(
        said[1..4],
        [
            "error.type=_OTHER",
            "http.request.method=GET",
            "http.response.status_code:999"
        ]
    );
}

#[tokio::test]
async fn the_version_is_the_one_that_was_negotiated() {
    let site = Site::open().await;
    let http2 = || client(ClientBuilder::http2_prior_knowledge);
    let (said, _) = in_both_ways(http2, || Request::get(site.url("/items/7"))).await;
    assert!(said.contains(&"network.protocol.version=2".to_owned()), "{said:?}");
}

#[tokio::test]
async fn a_method_that_is_not_known_is_no_name() {
    let site = Site::open().await;
    let (said, _) = in_both_ways(plain, || Request::builder().method("PURGE").uri(site.url("/items/7"))).await;
    assert_eq!(
        said[..3],
        [
            "Client HTTP Unset",
            "http.request.method=_OTHER",
            "http.request.method_original=PURGE"
        ]
    );
}

#[tokio::test]
async fn credentials_in_a_url_are_redacted() {
    let site = Site::open().await;
    let port = site.server.address.port();
    let url = format!("http://user:c4n4ry@127.0.0.1:{port}/items/7?sig=c4n4ry&color=red");
    let (said, answers) = in_both_ways(plain, || Request::get(&url)).await;
    let redacted = format!("url.full=http://REDACTED:REDACTED@127.0.0.1:{port}/items/7?sig=REDACTED&color=red");
    assert!(said.contains(&redacted), "{said:?}");
    for answer in answers {
        assert_eq!(
            answer.expect("an answer").url().as_str(),
            url,
            "the caller's own is whole"
        );
    }
}
