//! Several requests on one connection, and one in several parts.

use std::collections::HashSet;

use http::{Request, StatusCode};
use opentelemetry::trace::SpanId;
use tower_telemetry_tests::{BOTH, Connection, Goodbye, ended, ids, traceparent};

use crate::site::{Site, said, values};

#[tokio::test]
async fn ten_requests_in_one_write_have_a_span_each_under_their_own_parents() {
    let site = Site::open().await;
    let mut client = site.connect().await;
    let request = |number| {
        format!(
            "GET /n/u/{number} HTTP/1.1\r\nHost: h\r\ntraceparent: {}\r\n\r\n",
            traceparent(number)
        )
    };
    client.send((1..=10).map(request).collect::<String>()).await;
    for _ in 0..10 {
        let answer = client.answer().await;
        assert_eq!((answer.status, &*answer.body), (StatusCode::OK, &b"ok"[..]));
    }
    let spans = ended(&site.recorder, 10).await;
    for (number, span) in (1_u64..).zip(&spans) {
        assert_eq!(said(span, ["url.path"]), values([&*format!("/n/u/{number}")]));
        assert_eq!((span.span_context.trace_id(), span.parent_span_id), ids(number));
    }
}

#[tokio::test]
async fn the_status_is_that_of_the_answer_and_not_100() {
    let site = Site::open().await;
    let mut client = site.connect().await;
    client
        .send("POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        .await;
    assert_eq!(client.answer().await.status, StatusCode::CONTINUE);
    client.send("hello").await;
    let answer = client.answer().await;
    assert_eq!((answer.status, &*answer.body), (StatusCode::OK, &b"5"[..]));
    assert_eq!(said(&site.span().await, ["http.response.status_code"]), values(["200"]));
}

#[tokio::test]
async fn nothing_passes_from_one_request_to_the_next_on_a_connection() {
    for protocol in BOTH {
        let site = Site::open().await;
        let connection = Connection::open(protocol, site.server.address, Goodbye::Fin).await;
        // Every other request has a caller's context, and every third a query and a name for its client.
        for number in 1..=1_000 {
            let path = format!("/n/u/{number}");
            let target = if number % 3 == 0 {
                format!("{path}?number={number}")
            } else {
                path
            };
            let mut request = Request::get(protocol.target(&target));
            if number % 2 == 0 {
                request = request.header("traceparent", traceparent(number));
            }
            if number % 3 == 0 {
                request = request.header("user-agent", format!("client {number}"));
            }
            connection.fetch(request).await;
        }
        let spans = ended(&site.recorder, 1_000).await;
        let own: HashSet<_> = spans.iter().map(|span| span.span_context.span_id()).collect();
        let traces: HashSet<_> = spans.iter().map(|span| span.span_context.trace_id()).collect();
        assert_eq!((own.len(), traces.len()), (1_000, 1_000));
        for (number, span) in (1_u64..).zip(&spans) {
            let (trace, caller) = ids(number);
            let is_callers = span.span_context.trace_id() == trace;
            let parent = if number % 2 == 0 { caller } else { SpanId::INVALID };
            assert_eq!((is_callers, span.parent_span_id), (number % 2 == 0, parent));
            let third = |text: String| if number % 3 == 0 { text } else { "-".to_owned() };
            let (query, agent) = (third(format!("number={number}")), third(format!("client {number}")));
            let keys = ["url.path", "url.query", "user_agent.original"];
            assert_eq!(said(span, keys), values([&format!("/n/u/{number}"), &query, &agent]));
        }
    }
}
