//! Methods, known and not.

use http::StatusCode;
use opentelemetry::trace::Status;

use crate::site::{Site, said, values, visit};

const KEYS: [&str; 2] = ["http.request.method", "http.request.method_original"];

#[tokio::test]
async fn a_known_method_is_itself() {
    for method in ["GET", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "QUERY"] {
        let (answer, span) = visit(format!("{method} /full HTTP/1.1\r\nHost: h\r\n\r\n")).await;
        assert_eq!(answer.status, StatusCode::OK, "{method}");
        assert_eq!(said(&span, KEYS), values([method, "-"]));
        assert_eq!(span.name, format!("{method} /full"));
    }
}

#[tokio::test]
async fn a_head_is_itself_too_and_is_answered_without_a_body() {
    let site = Site::open().await;
    let mut client = site.connect().await;
    client.send("HEAD /full HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(client.head().await, (StatusCode::OK, 2));
    let span = site.span().await;
    assert_eq!(said(&span, KEYS), values(["HEAD", "-"]));
    assert_eq!((&*span.name, &span.status), ("HEAD /full", &Status::Unset));
}

#[tokio::test]
async fn an_unknown_method_is_other_and_its_span_is_named_http() {
    for method in ["get", "PROPFIND", "BREW", "A!#$%&'*+-.^_`|~9"] {
        let (_, span) = visit(format!("{method} /full HTTP/1.1\r\nHost: h\r\n\r\n")).await;
        assert_eq!(said(&span, KEYS), values(["_OTHER", method]));
        assert_eq!(span.name, "HTTP /full");
    }
}

#[tokio::test]
async fn a_method_of_10_000_bytes_is_cut() {
    let method = "A".repeat(10_000);
    let (answer, span) = visit(format!("{method} /full HTTP/1.1\r\nHost: h\r\n\r\n")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(said(&span, KEYS), values(["_OTHER", &method[..64]]));
    assert_eq!(span.name, "HTTP /full");
}
