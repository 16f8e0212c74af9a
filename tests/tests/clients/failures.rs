//! Calls that get no answer.

use tower::ServiceExt;
use tower_telemetry::span::SpanEnd;
use tower_telemetry_testkit::spans::{Recorder, assert_error, keys, text, value};
use tower_telemetry_tests::{BOTH, Protocol, ended, hanging_up, nobody};

use crate::caller::{ENDS, get, silent, traced};

#[tokio::test]
async fn a_connection_that_is_refused_is_a_connect_error() {
    for protocol in BOTH {
        let closed = nobody();
        let recorder = Recorder::new();
        let caller = traced(&recorder, protocol, SpanEnd::Head);
        let url = "/items?sig=c4n4ry";
        caller.oneshot(get(closed, url)).await.expect_err("nobody listens");

        let span = ended(&recorder, 1).await.remove(0);
        assert_error(&span, Some("connect"));
        assert_eq!(
            text(&span, "url.full"),
            Some(format!("http://{closed}/items?sig=REDACTED"))
        );
        assert_eq!(text(&span, "server.address").as_deref(), Some("127.0.0.1"));
        assert_eq!(value(&span, "server.port"), Some(i64::from(closed.port()).into()));
        assert!(!keys(&span).contains(&"http.response.status_code"));
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_before_it_has_answered_is_a_service_error() {
    for sent in ["", "HTTP/1.1 200 OK\r\ncontent-le"] {
        let server = hanging_up(sent).await;
        let recorder = Recorder::new();
        let caller = traced(&recorder, Protocol::Http1, SpanEnd::Head);
        caller.oneshot(get(server, "/")).await.expect_err("there is no answer");

        let span = ended(&recorder, 1).await.remove(0);
        assert_error(&span, Some("service_error"));
        assert!(!keys(&span).contains(&"http.response.status_code"));
    }
}

#[tokio::test]
async fn a_caller_that_drops_its_call_made_no_error() {
    for protocol in BOTH {
        for end in ENDS {
            let (server, asked) = silent().await;
            let recorder = Recorder::new();
            let call = traced(&recorder, protocol, end).oneshot(get(server.address, "/"));
            tokio::select! {
                answer = call => panic!("{answer:?}"),
                () = asked.notified() => {}
            }
            let span = ended(&recorder, 1).await.remove(0);
            assert_error(&span, None);
            assert!(!keys(&span).contains(&"http.response.status_code"));
        }
    }
}
