//! What an answer's head says.

use axum::body::Body;
use http::{Method, Request};
use http_body_util::BodyExt;
use opentelemetry::trace::SpanKind;
use tower::ServiceExt;
use tower_telemetry_testkit::spans::{Recorder, assert_error, text, value};
use tower_telemetry_tests::{BOTH, ended};

use crate::caller::{ENDS, get, statuses, traced};

#[tokio::test]
async fn an_answer_from_400_on_is_an_error_named_by_its_status() {
    let server = statuses().await;
    for protocol in BOTH {
        for end in ENDS {
            for (status, error) in [
                (200, None),
                (302, None),
                (404, Some("404")),
                (500, Some("500")),
                (599, Some("599")),
            ] {
                let recorder = Recorder::new();
                let request = get(server.address, &format!("/{status}"));
                let answer = traced(&recorder, protocol, end)
                    .oneshot(request)
                    .await
                    .expect("an answer");
                answer.into_body().collect().await.expect("a body");

                let span = ended(&recorder, 1).await.remove(0);
                assert_eq!((span.span_kind.clone(), &*span.name), (SpanKind::Client, "GET"));
                assert_error(&span, error);
                assert_eq!(value(&span, "http.response.status_code"), Some(status.into()));
                assert_eq!(
                    text(&span, "network.protocol.version").as_deref(),
                    Some(protocol.version())
                );
            }
        }
    }
}

#[tokio::test]
async fn an_answer_to_head_is_complete_though_its_body_never_comes() {
    let server = statuses().await;
    for protocol in BOTH {
        for end in ENDS {
            let recorder = Recorder::new();
            let request = Request::builder()
                .method(Method::HEAD)
                .uri(format!("http://{}/200", server.address));
            let request = request.body(Body::empty()).expect("a request");
            let answer = traced(&recorder, protocol, end)
                .oneshot(request)
                .await
                .expect("an answer");
            assert_eq!(answer.headers()["content-length"], "4");
            drop(answer);

            let span = ended(&recorder, 1).await.remove(0);
            assert_eq!(span.name, "HEAD");
            assert_error(&span, None);
        }
    }
}
