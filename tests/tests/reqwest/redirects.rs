//! Redirects that reqwest follows: one call, by its first URL.

use http::Request;
use reqwest::redirect::Policy;
use tower_telemetry_testkit::spans::{Recorder, text};
use tower_telemetry_tests::ended;

use crate::caller::{BOTH_WAYS, client, in_both_ways, inject, plain};
use crate::failures::unanswered;
use crate::site::Site;

#[tokio::test]
async fn a_call_that_is_redirected_is_one_span_with_its_first_url_and_its_last_status() {
    let site = Site::open().await;
    let port = site.server.address.port();
    let (said, answers) = in_both_ways(plain, || Request::get(site.url("/moved-on"))).await;
    let expected = [
        "Client GET Unset",
        "http.request.method=GET",
        "http.response.status_code:200",
        "network.peer.address=127.0.0.1",
        &format!("network.peer.port:{port}"),
        "network.protocol.version=1.1",
        "server.address=127.0.0.1",
        &format!("server.port:{port}"),
        &format!("url.full=http://127.0.0.1:{port}/moved-on"),
    ];
    assert_eq!(said, expected);
    for answer in answers {
        assert_eq!(
            answer.expect("an answer").url().path(),
            "/items/7",
            "the caller is told of the last one"
        );
    }
}

#[tokio::test]
async fn redirects_without_an_end_are_of_type_redirect() {
    let site = Site::open().await;
    let url = site.url("/round");
    let (said, _) = in_both_ways(plain, || Request::get(&url)).await;
    assert_eq!(
        said,
        unanswered(&url, "127.0.0.1", site.server.address.port(), "redirect")
    );
}

#[tokio::test]
async fn a_redirect_that_is_not_followed_is_no_error() {
    let site = Site::open().await;
    let client = || client(|client| client.redirect(Policy::none()));
    let (said, _) = in_both_ways(client, || Request::get(site.url("/moved"))).await;
    assert_eq!(
        (&*said[0], &*said[2]),
        ("Client GET Unset", "http.response.status_code:303")
    );
}

/// Follows redirects within one origin.
fn same_origin() -> Policy {
    Policy::custom(|attempt| {
        let previous = attempt.previous();
        let same = previous
            .last()
            .is_some_and(|last| last.origin() == attempt.url().origin());
        match same {
            true if previous.len() > 10 => attempt.error("too many redirects"),
            true => attempt.follow(),
            false => attempt.stop(),
        }
    })
}

#[tokio::test]
async fn reqwest_takes_trace_headers_to_another_origin_unless_its_policy_stops_there() {
    for (policy, status, requests) in [(Policy::default(), "200", 2), (same_origin(), "303", 1)] {
        let client = client(|client| client.redirect(policy));
        for way in BOTH_WAYS {
            let site = Site::open().await;
            let recorder = Recorder::new();
            let answer = way
                .observed(inject(&recorder), client.clone(), Request::get(site.url("/elsewhere")))
                .await;
            answer.expect("an answer");
            let span = ended(&recorder, 1).await.remove(0);
            assert_eq!(text(&span, "http.response.status_code").as_deref(), Some(status));
            let mut told = site.traceparents();
            assert_eq!(told.len(), requests);
            told.dedup();
            assert_eq!(told.len(), 1, "each hop has the one span's id");
        }
    }
}
