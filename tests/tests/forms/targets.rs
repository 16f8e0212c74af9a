//! The forms of the request target.

use http::{Request, StatusCode, Version};
use tower_telemetry_tests::{Connection, Goodbye, Protocol, SECRET};

use crate::site::{Site, said, values, visit};

#[tokio::test]
async fn an_asterisk_is_the_path_of_a_request_about_the_server() {
    let (_, span) = visit("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(
        said(&span, ["url.path", "http.route", "server.address"]),
        values(["*", "-", "h"])
    );
    assert_eq!(span.name, "OPTIONS");
}

#[tokio::test]
async fn an_absolute_target_names_the_server_and_its_credentials_are_never_recorded() {
    let (answer, span) = visit(format!(
        "GET http://user:{SECRET}@evil.example:81/full?x=1 HTTP/1.1\r\nHost: h\r\n\r\n"
    ))
    .await;
    assert_eq!(answer.status, StatusCode::OK);
    let keys = [
        "url.scheme",
        "server.address",
        "server.port",
        "url.path",
        "url.query",
        "http.route",
    ];
    assert_eq!(
        said(&span, keys),
        values(["http", "evil.example", "81", "/full", "x=1", "/full"])
    );
}

#[tokio::test]
async fn an_authority_of_http2_names_the_server_and_its_scheme_is_told() {
    let site = Site::open().await;
    let connection = Connection::open(Protocol::Http2, site.server.address, Goodbye::Fin).await;
    let answer = connection.fetch(Request::get("https://[::1]:8080/full")).await;
    assert_eq!(answer.version(), Version::HTTP_2);
    let keys = [
        "url.scheme",
        "server.address",
        "server.port",
        "network.protocol.version",
    ];
    assert_eq!(said(&site.span().await, keys), values(["https", "::1", "8080", "2"]));
}

#[tokio::test]
async fn a_path_is_recorded_as_it_was_sent() {
    for path in [
        "/é",
        "/a\"b\\c'd|e",
        "/%00%0d%0a%1b",
        "/%2e%2e/%2E",
        "//double//",
        "/日本",
        "/~{}",
    ] {
        let (_, span) = visit(format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n")).await;
        assert_eq!(said(&span, ["url.path", "http.route"]), values([path, "-"]));
        assert_eq!(span.name, "GET");
    }
}

#[tokio::test]
async fn what_steers_a_terminal_is_escaped_in_path_and_query() {
    let (_, span) = visit("GET /\u{9b}31m\u{2028}?q=\u{202e} HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(
        said(&span, ["url.path", "url.query"]),
        values([r"/\u{9b}31m\u{2028}", r"q=\u{202e}"])
    );
}

#[tokio::test]
async fn a_target_of_64_kib_is_cut_between_two_characters() {
    // The first é begins at an even byte, so that byte 1,024 is within one.
    let path = format!("/w/{}", "é".repeat(32_000));
    let (answer, span) = visit(format!("GET {path}?{} HTTP/1.1\r\nHost: h\r\n\r\n", "q".repeat(1_500))).await;
    assert_eq!(answer.status, StatusCode::OK);
    let [Some(recorded), Some(query), Some(route)] = said(&span, ["url.path", "url.query", "http.route"]) else {
        panic!("not said: {span:?}");
    };
    assert!(path.starts_with(&recorded));
    assert_eq!((recorded.len(), query.len(), &*route), (1_023, 1_024, "/w/{*rest}"));
}
