//! Routes of axum, as requests on the wire reach them.

use crate::site::{said, values, visit};

#[tokio::test]
async fn a_route_is_the_pattern_with_all_its_prefixes() {
    let rows = [
        ("GET /n/u/42", "/n/u/{id}", "200"),
        ("GET /n/u/%34%32", "/n/u/{id}", "200"),
        ("GET /w/a/b/c", "/w/{*rest}", "200"),
        ("GET /", "/", "200"),
        ("POST /n/u/42", "/n/u/{id}", "405"),
        ("POST /read", "/read", "405"),
        ("POST /w/a/b/c", "/w/{*rest}", "405"),
    ];
    for (line, route, status) in rows {
        let (_, span) = visit(format!("{line} HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")).await;
        assert_eq!(
            said(&span, ["http.route", "http.response.status_code"]),
            values([route, status]),
            "{line}"
        );
        let method = line.split(' ').next().expect("a method");
        assert_eq!(span.name, format!("{method} {route}"));
    }
}

#[tokio::test]
async fn a_request_that_no_route_takes_has_none() {
    for path in ["/nowhere", "/n", "/n/u", "/n/u/42/43", "/w", "/full/"] {
        let (_, span) = visit(format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n")).await;
        assert_eq!(
            said(&span, ["http.route", "http.response.status_code"]),
            values(["-", "404"]),
            "{path}"
        );
        assert_eq!(span.name, "GET");
    }
}
