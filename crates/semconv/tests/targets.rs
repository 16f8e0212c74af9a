//! The forms of request targets, and the `Host` header.
#![allow(clippy::unwrap_used)]

mod said;

use http::header::HOST;
use http::{HeaderValue, Request};
use said::said;
use tower_telemetry_semconv::Http;

#[test]
fn each_form_of_target_is_read() {
    let rows: &[(&str, &str, &[&str])] = &[
        (
            "absolute form wins over Host",
            "GET http://other.example:81/full?x=1",
            &[
                "url.path=/full",
                "url.scheme=http",
                "url.query=x=1",
                "server.address=other.example",
                "server.port:81",
            ],
        ),
        (
            "credentials",
            "GET http://u:p@other.example/full",
            &["url.path=/full", "url.scheme=http", "server.address=other.example"],
        ),
        (
            "no path",
            "GET http://other.example",
            &["url.path=/", "url.scheme=http", "server.address=other.example"],
        ),
        (
            "authority form",
            "CONNECT a.b:443",
            &["url.path=", "server.address=a.b", "server.port:443"],
        ),
        (
            "extended CONNECT",
            "CONNECT https://a.b/chat",
            &["url.path=/chat", "url.scheme=https", "server.address=a.b"],
        ),
        ("asterisk form", "OPTIONS *", &["url.path=*", "server.address=host"]),
        (
            "foreign scheme",
            "GET gopher://other.example/",
            &["url.path=/", "server.address=other.example"],
        ),
        (
            "IPv6",
            "GET http://[::1]:8080/",
            &[
                "url.path=/",
                "url.scheme=http",
                "server.address=::1",
                "server.port:8080",
            ],
        ),
        (
            "never decoded",
            "GET /a%2e%2e/%00%0d%0a",
            &["url.path=/a%2e%2e/%00%0d%0a", "server.address=host"],
        ),
        ("odd bytes", "GET /é\"\\|", &["url.path=/é\"\\|", "server.address=host"]),
        (
            "escaped",
            "GET /\u{9b}\u{2028}?\u{202e}",
            &[
                r"url.path=/\u{9b}\u{2028}",
                r"url.query=\u{202e}",
                "server.address=host",
            ],
        ),
        (
            "matrix parameter",
            "GET /a;sig=s/b",
            &["url.path=/a;sig=REDACTED/b", "server.address=host"],
        ),
        (
            "unknown method",
            "get /",
            &["url.path=/", "http.request.method_original=get", "server.address=host"],
        ),
    ];
    for (rule, line, expected) in rows {
        let (method, target) = line.split_once(' ').unwrap();
        let request = Request::builder().method(method).uri(target).header("host", "host");
        let mut said = said(&Http::server(), request.body(()).unwrap());
        said.retain(|said| !said.starts_with("http.request.method=") && !said.starts_with("network."));
        assert_eq!(said, *expected, "{rule}");
    }
}

#[test]
fn one_host_header_names_the_server() {
    let rows: &[(&str, &[&str], &[&str])] = &[
        ("none", &[], &[]),
        ("two", &["a", "b"], &[]),
        ("the same twice", &["a", "a"], &[]),
        ("malformed", &[r#"a b"<>:99999"#], &[]),
        ("name", &["a"], &["server.address=a"]),
        ("port", &["a:80"], &["server.address=a", "server.port:80"]),
        ("bad port", &["a:99999"], &["server.address=a"]),
    ];
    for (rule, hosts, expected) in rows {
        let mut request = Request::new(());
        for host in *hosts {
            request.headers_mut().append(HOST, HeaderValue::from_str(host).unwrap());
        }
        let said = said(&Http::server(), request);
        let said = said.iter().filter(|said| said.starts_with("server."));
        assert!(said.eq(expected.iter()), "{rule}");
    }
}
