//! What a request says that nobody may write down. That no span holds any of it, [`ended`](tower_telemetry_tests::ended) asserts.

use http::StatusCode;
use tower_telemetry_tests::SECRET;

use crate::site::{said, values, visit};

#[tokio::test]
async fn credentials_are_on_no_span() {
    let rows = [
        (
            "/full",
            "Authorization: Bearer c4n4ry\r\nProxy-Authorization: Basic c4n4ry\r\n",
        ),
        (
            "/full",
            "Cookie: session=c4n4ry\r\nX-Api-Key: c4n4ry\r\nSet-Cookie: a=c4n4ry\r\n",
        ),
        ("/full?sig=c4n4ry", ""),
        (
            "/full?a=b&X-Amz-Signature=c4n4ry&X-Amz-Credential=c4n4ry&X-Amz-Security-Token=c4n4ry",
            "",
        ),
        (
            "/full?AWSAccessKeyId=c4n4ry&Signature=c4n4ry&X-Goog-Signature=c4n4ry",
            "",
        ),
        ("/full?s%69g=c4n4ry&sig=a&sig=c4n4ry", ""),
        ("/full?a?sig=c4n4ry;sig=c4n4ry", ""),
        ("/w/a;sig=c4n4ry/b", ""),
        ("http://c4n4ry@h/full", ""),
        ("http://u:c4n4ry@h/full?sig=c4n4ry", ""),
        (
            "/full",
            "Referer: http://u:c4n4ry@h/\r\nForwarded: for=c4n4ry;host=c4n4ry\r\n",
        ),
        (
            "/full",
            "traceparent: 00-c4n4ry-c4n4ry-01\r\ntracestate: a=c4n4ry\r\nbaggage: a=c4n4ry\r\n",
        ),
    ];
    for (target, headers) in rows {
        let request = format!("GET {target} HTTP/1.1\r\nHost: h\r\n{headers}\r\n");
        assert!(request.contains(SECRET));
        let (answer, span) = visit(request).await;
        assert_eq!(answer.status, StatusCode::OK, "{target}");
        assert_eq!(said(&span, ["server.address"]), values(["h"]), "{target}");
    }
}

#[tokio::test]
async fn bytes_of_a_header_that_steer_a_terminal_are_escaped() {
    let rows: [(&[u8], &str); 4] = [
        (b"a\tb", r"a\tb"),
        (b"caf\xe9 \x9b31m", r"caf\xe9 \x9b31m"),
        ("\u{9b}31m \u{2028}\u{202e}".as_bytes(), r"\u{9b}31m \u{2028}\u{202e}"),
        ("café".as_bytes(), "café"),
    ];
    for (agent, recorded) in rows {
        let request = [b"GET /full HTTP/1.1\r\nHost: h\r\nUser-Agent: ", agent, b"\r\n\r\n"].concat();
        let (answer, span) = visit(request).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(said(&span, ["user_agent.original"]), values([recorded]));
    }
}
