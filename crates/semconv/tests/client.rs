//! What is said of the calls a client makes.
#![allow(clippy::unwrap_used)]

mod said;

use http::{Request, Response, Uri, Version};
use said::said;
use tower_telemetry_observe::ClassifyHttp;
use tower_telemetry_semconv::{Client, Http, PeerAddr, ResendCount, UrlTemplate, Value};

#[test]
fn what_is_required_is_always_said_and_first() {
    let request =
        Request::get("https://u:p@shop.example/users/42?a=b&sig=s").extension(UrlTemplate::new("/users/{id}"));
    let expected = [
        "http.request.method=GET",
        "url.full=https://REDACTED:REDACTED@shop.example/users/42?a=b&sig=REDACTED",
        "server.address=shop.example",
        "server.port:443",
        "url.template=/users/{id}",
    ];
    assert_eq!(said(&Http::client(), request.body(()).unwrap()), expected);
}

#[test]
fn each_form_of_target_is_read() {
    let https = || Http::client().with_scheme(http::uri::Scheme::HTTPS);
    let rows: &[(&str, Http<Client>, &str, &[&str])] = &[
        (
            "port of http",
            Http::client(),
            "GET http://a/",
            &["url.full=http://a/", "server.address=a", "server.port:80"],
        ),
        (
            "given port",
            Http::client(),
            "GET https://a:8443/",
            &["url.full=https://a:8443/", "server.address=a", "server.port:8443"],
        ),
        (
            "IPv6",
            Http::client(),
            "GET http://[::1]:81/",
            &["url.full=http://[::1]:81/", "server.address=::1", "server.port:81"],
        ),
        (
            "origin form",
            Http::client(),
            "GET /p?q",
            &["server.address=host", "server.port:8080"],
        ),
        (
            "origin form and scheme",
            https(),
            "GET /p?q",
            &[
                "url.full=https://host:8080/p?q",
                "server.address=host",
                "server.port:8080",
            ],
        ),
        (
            "asterisk form and scheme",
            https(),
            "OPTIONS *",
            &["url.full=https://host:8080", "server.address=host", "server.port:8080"],
        ),
        (
            "authority form",
            Http::client(),
            "CONNECT a.b:443",
            &["server.address=a.b", "server.port:443"],
        ),
        (
            "foreign scheme",
            Http::client(),
            "GET ws://a/",
            &["url.full=ws://a/", "server.address=a"],
        ),
        (
            "unknown method",
            Http::client(),
            "get http://a/",
            &[
                "url.full=http://a/",
                "server.address=a",
                "server.port:80",
                "http.request.method_original=get",
            ],
        ),
    ];
    for (rule, http, line, expected) in rows {
        let (method, target) = line.split_once(' ').unwrap();
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header("host", "host:8080");
        let said = said(http, request.body(()).unwrap());
        assert!(said[1..].iter().eq(expected.iter()), "{rule}: {said:?}");
    }
}

#[test]
fn given_keys_are_redacted_and_user_information_always() {
    let http = Http::client().with_redacted_query_keys([""; 0]);
    let request = Request::get("http://u@a/?sig=s").body(()).unwrap();
    assert_eq!(said(&http, request)[1], "url.full=http://REDACTED:REDACTED@a/?sig=s");
    let http = Http::client().with_redacted_query_keys(["token"]);
    let request = Request::get("http://a/?sig=s&token=t").body(()).unwrap();
    assert_eq!(said(&http, request)[1], "url.full=http://a/?sig=s&token=REDACTED");
}

#[test]
fn a_host_header_with_credentials_names_a_server_alone() {
    let https = Http::client().with_scheme(http::uri::Scheme::HTTPS);
    let request = Request::get("/p").header("host", "u:p@host:8080").body(()).unwrap();
    let expected = [
        "url.full=https://host:8080/p",
        "server.address=host",
        "server.port:8080",
    ];
    for _ in 0..3 {
        assert_eq!(said(&https, request.clone())[1..], expected);
    }
}

#[test]
fn a_call_keeps_its_server_and_no_credentials() {
    let request = Request::get("https://user:word@shop.example/?sig=s3cret");
    let (mut request, ()) = request.body(()).unwrap().into_parts();
    let call = Http::client().read(&mut request);
    assert_eq!(call.server_address(), Some("shop.example"));
    assert_eq!(call.server_port(), Some(443));
    let text = format!("{call:?}");
    assert!(!text.contains("word") && !text.contains("s3cret"), "{text}");
}

#[test]
fn a_request_without_a_server_has_none() {
    for host in [None, Some(""), Some("a b"), Some("::1")] {
        let request = host
            .into_iter()
            .fold(Request::get(Uri::from_static("/")), |request, host| {
                request.header("host", host)
            });
        let (mut request, ()) = request.body(()).unwrap().into_parts();
        let call = Http::client().read(&mut request);
        assert_eq!((call.server_address(), call.server_port()), (None, None), "{host:?}");
    }
}

#[test]
fn the_version_and_the_status_are_the_responses() {
    let http = Http::client();
    let (mut request, ()) = Request::get("http://a/").body(()).unwrap().into_parts();
    let mut call = http.read(&mut request);
    assert_eq!((call.version(), call.status()), (None, None));
    let response = Response::builder().status(204).version(Version::HTTP_2);
    let (response, ()) = response.body(()).unwrap().into_parts();
    http.head(&mut call, &response);
    let mut said = Vec::new();
    call.describe_response(|key, value| said.push((key, value)));
    let expected = [
        ("http.response.status_code", Value::Int(204)),
        ("network.protocol.version", Value::Static("2")),
    ];
    assert_eq!(said, expected);
}

#[test]
fn an_attempt_says_how_many_came_before_it() {
    let mut request = Request::get("http://a/").body(()).unwrap();
    request.extensions_mut().insert(ResendCount::new());
    let said = [(); 3].map(|()| said(&Http::client(), request.clone()).split_off(4));
    let [first, second, third] = &said;
    assert!(first.is_empty(), "{first:?}");
    assert_eq!(second, &["http.request.resend_count:1"]);
    assert_eq!(third, &["http.request.resend_count:2"]);
}

#[test]
fn a_response_says_who_answered() {
    let (mut request, ()) = Request::get("http://a/").body(()).unwrap().into_parts();
    let http = Http::client();
    let mut call = http.read(&mut request);
    let peer: std::net::SocketAddr = "[::ffff:192.0.2.7]:8080".parse().unwrap();
    let (response, ()) = Response::builder()
        .extension(PeerAddr(peer))
        .body(())
        .unwrap()
        .into_parts();
    http.head(&mut call, &response);
    let mut said = Vec::new();
    call.describe_response(|key, value| said.push((key, value)));
    let peer = [
        ("network.peer.address", Value::Text("192.0.2.7".into())),
        ("network.peer.port", Value::Int(8080)),
    ];
    assert_eq!(said[2..], peer);
}
