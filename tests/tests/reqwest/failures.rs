//! What goes wrong, each in a word.

use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};

use futures_util::future::{BoxFuture, ready};
use futures_util::{FutureExt, stream};
use http::{Extensions, Request};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Body, Client};
use reqwest_middleware::{ClientBuilder, Error, Middleware, Next};
use tower::timeout::{Timeout, error::Elapsed};
use tower::{BoxError, Layer, ServiceExt, service_fn};
use tower_telemetry::reqwest::error_type;
use tower_telemetry_testkit::spans::{Recorder, assert_error, text};
use tower_telemetry_tests::{PATIENCE, ended, nobody, resetting};

use crate::caller::{BOTH_WAYS, SOON, all, client, in_both_ways, inject, layer, middleware, plain};
use crate::site::Site;

/// What a span says of a `GET` that was never answered.
pub(crate) fn unanswered(url: &str, host: &str, port: u16, error: &str) -> Vec<String> {
    vec![
        "Client GET Error { description: \"\" }".to_owned(),
        format!("error.type={error}"),
        "http.request.method=GET".to_owned(),
        format!("server.address={host}"),
        format!("server.port:{port}"),
        format!("url.full={url}"),
    ]
}

#[tokio::test]
async fn a_refused_connection_is_of_type_connect() {
    let nobody = nobody();
    let url = format!("http://{nobody}/");
    let (said, answers) = in_both_ways(plain, || Request::get(&url)).await;
    assert_eq!(said, unanswered(&url, "127.0.0.1", nobody.port(), "connect"));
    for answer in answers {
        assert_eq!(error_type(&answer.expect_err("nobody is there")), "connect");
    }
}

struct NoNames;

impl Resolve for NoNames {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(async { Err::<Addrs, _>(io::Error::other("no such host").into()) })
    }
}

#[tokio::test]
async fn a_name_that_is_not_found_is_of_type_dns() {
    let client = || client(|client| client.dns_resolver(Arc::new(NoNames)));
    let url = "http://shop.invalid/";
    let (said, _) = in_both_ways(client, || Request::get(url)).await;
    assert_eq!(said, unanswered(url, "shop.invalid", 80, "dns"));
}

#[tokio::test]
async fn a_server_that_does_not_answer_in_time_is_of_type_timeout() {
    let site = Site::open().await;
    let url = site.url("/silent");
    let limited = || client(|client| client.timeout(SOON));
    let reading = || client(|client| client.read_timeout(SOON));
    let clients: [&dyn Fn() -> Client; 2] = [&limited, &reading];
    for client in clients {
        let (said, _) = in_both_ways(client, || Request::get(&url)).await;
        assert_eq!(
            said,
            unanswered(&url, "127.0.0.1", site.server.address.port(), "timeout")
        );
    }
}

#[tokio::test]
async fn a_request_keeps_the_timeout_that_it_was_given() {
    let site = Site::open().await;
    let request = || {
        plain()
            .get(site.url("/silent"))
            .timeout(SOON)
            .build()
            .expect("a request")
    };
    let recorder = Recorder::new();
    let client = ClientBuilder::new(plain()).with(middleware(&recorder)).build();
    assert!(client.execute(request()).await.expect_err("no answer").is_timeout());
    let service = layer(&recorder).layer(plain());
    assert!(service.oneshot(request()).await.expect_err("no answer").is_timeout());
    for span in ended(&recorder, 2).await {
        assert_error(&span, Some("timeout"));
    }
}

#[tokio::test]
async fn a_connection_that_is_reset_is_of_no_type_of_its_own() {
    let server = resetting().await;
    let url = format!("http://{server}/");
    let (said, _) = in_both_ways(plain, || Request::get(&url)).await;
    assert_eq!(said, unanswered(&url, "127.0.0.1", server.port(), "_OTHER"));
}

#[tokio::test]
async fn a_request_body_that_fails_is_of_type_body_error_unless_hyper_keeps_it_to_itself() {
    let site = Site::open().await;
    let http2 = || client(reqwest::ClientBuilder::http2_prior_knowledge);
    let rows: [(&dyn Fn() -> Client, &str); 2] = [(&plain, "body_error"), (&http2, "_OTHER")];
    for (client, expected) in rows {
        for way in BOTH_WAYS {
            let recorder = Recorder::new();
            let parts = [Ok("a part"), Err(io::Error::other("the client's disk"))];
            let body = Body::wrap_stream(stream::iter(parts));
            let request = Request::post(site.url("/silent")).body(body).expect("a request");
            let answer = way.send(inject(&recorder), client(), request).await;
            answer.expect_err("no body");
            assert_error(&ended(&recorder, 1).await[0], Some(expected));
        }
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_described_as_far_as_it_goes() {
    let (said, _) = in_both_ways(plain, || Request::get("ftp://files.test/a")).await;
    let expected = [
        "Client GET Error { description: \"\" }",
        "error.type=_OTHER",
        "http.request.method=GET",
        "server.address=files.test",
        "url.full=ftp://files.test/a",
    ];
    assert_eq!(said, expected);
}

#[tokio::test]
async fn a_url_that_is_too_long_to_be_sent_is_cut() {
    let url = format!("http://shop.test/{}", "x".repeat(70_000));
    let recorder = Recorder::new();
    let client = ClientBuilder::new(plain()).with(middleware(&recorder)).build();
    assert!(client.get(&url).send().await.expect_err("too long").is_builder());
    let said = all(&ended(&recorder, 1).await[0]);
    assert_eq!(said[1..5], unanswered("", "shop.test", 80, "_OTHER")[1..5]);
}

#[tokio::test]
async fn a_caller_that_gives_up_made_no_error() {
    let site = Site::open().await;
    for way in BOTH_WAYS {
        let recorder = Recorder::new();
        let call = way.observed(inject(&recorder), plain(), Request::get(site.url("/silent")));
        tokio::time::timeout(SOON, call).await.expect_err("no answer");
        let said = all(&ended(&recorder, 1).await[0]);
        assert_eq!((&*said[0], &*said[1]), ("Client GET Unset", "http.request.method=GET"));
        assert_eq!(said.len(), 5);
    }
}

#[tokio::test]
async fn an_error_of_a_middleware_further_in_is_named_by_what_is_in_it() {
    let reqwests = reqwest::get(format!("http://{}/", nobody()))
        .await
        .expect_err("refused");
    let rows = [
        (Error::middleware(io::Error::from(io::ErrorKind::TimedOut)), "timeout"),
        (Error::middleware(io::Error::other("a text")), "_OTHER"),
        (Error::middleware(reqwests), "connect"),
    ];
    for (error, expected) in rows {
        assert_eq!(error_type(&error), expected);
        let recorder = Recorder::new();
        let failing = FailingMiddleware(Mutex::new(Some(error)));
        let client = ClientBuilder::new(plain())
            .with(middleware(&recorder))
            .with(failing)
            .build();
        client.get("http://shop.test/").send().await.expect_err("it fails");
        assert_error(&ended(&recorder, 1).await[0], Some(expected));
    }
}

#[tokio::test]
async fn a_boxed_error_of_a_layer_further_in_is_named_too() {
    let site = Site::open().await;
    let recorder = Recorder::new();
    let get = |url: String| reqwest::Request::new(reqwest::Method::GET, url.parse().expect("a URL"));
    let limited = Timeout::new(plain(), SOON);
    let call = layer(&recorder)
        .layer(limited.clone())
        .oneshot(get(site.url("/silent")));
    assert!(call.await.expect_err("no answer").is::<Elapsed>());
    let nobody = format!("http://{}/", nobody());
    let call = layer(&recorder)
        .layer(Timeout::new(plain(), PATIENCE))
        .oneshot(get(nobody));
    assert!(call.await.expect_err("refused").is::<reqwest::Error>());
    let other = service_fn(async |_: reqwest::Request| Err::<reqwest::Response, BoxError>("a text".into()));
    layer(&recorder)
        .layer(other)
        .oneshot(get(site.url("/")))
        .await
        .expect_err("it fails");
    let spans = ended(&recorder, 3).await;
    let words: Vec<_> = spans.iter().filter_map(|span| text(span, "error.type")).collect();
    assert_eq!(words, ["timeout", "connect", "_OTHER"]);
}

/// Fails once, with this error.
struct FailingMiddleware(Mutex<Option<Error>>);

impl Middleware for FailingMiddleware {
    fn handle<'a, 'b, 'c, 'f>(
        &'a self,
        _: reqwest::Request,
        _: &'b mut Extensions,
        _: Next<'c>,
    ) -> BoxFuture<'f, reqwest_middleware::Result<reqwest::Response>>
    where
        'a: 'f,
        'b: 'f,
        'c: 'f,
    {
        let error = self.0.lock().expect("not poisoned").take();
        ready(Err(error.expect("one call"))).boxed()
    }
}

#[tokio::test]
async fn a_panic_further_in_is_an_error_and_goes_on() {
    let recorder = Recorder::new();
    let panicking = service_fn(async |_: reqwest::Request| -> reqwest::Result<reqwest::Response> { panic!("a bug") });
    let request = reqwest::Request::new(reqwest::Method::GET, "http://shop.test/".parse().expect("a URL"));
    let call = layer(&recorder).layer(panicking).oneshot(request);
    assert!(AssertUnwindSafe(call).catch_unwind().await.is_err());
    assert_error(&ended(&recorder, 1).await[0], Some("panic"));
}
