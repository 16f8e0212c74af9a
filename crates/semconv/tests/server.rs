//! What is said of the calls a server answers.
#![allow(clippy::unwrap_used)]

mod said;

use http::header::{FORWARDED, HOST, USER_AGENT};
use http::uri::Scheme;
use http::{HeaderValue, Request, Uri, Version};
use proptest::prelude::*;
use said::said;
use tower_telemetry_observe::ClassifyHttp;
use tower_telemetry_semconv::text::MAX_TEXT;
use tower_telemetry_semconv::{Http, IpNet, LateRoute, PeerAddr, Peers, Route, Trust, TrustPolicy, clean};

#[test]
fn everything_there_is_to_say_is_said_required_things_first() {
    let request = Request::get("/users/42?a=b&sig=s")
        .header("host", "shop.example:8080")
        .header("user-agent", "curl/8.5")
        .extension(Route::new("/users/{id}"))
        .extension(PeerAddr("192.0.2.1:4711".parse().unwrap()));
    let http = Http::server().with_scheme(Scheme::HTTPS);
    let expected = [
        "http.request.method=GET",
        "url.path=/users/42",
        "url.scheme=https",
        "http.route=/users/{id}",
        "url.query=a=b&sig=REDACTED",
        "server.address=shop.example",
        "server.port:8080",
        "client.address=192.0.2.1",
        "network.peer.address=192.0.2.1",
        "network.peer.port:4711",
        "network.protocol.version=1.1",
        "user_agent.original=curl/8.5",
    ];
    assert_eq!(said(&http, request.body(()).unwrap()), expected);
}

#[test]
fn what_is_not_known_is_not_said() {
    let bare = Request::get("/?")
        .header("user-agent", "")
        .header("host", "")
        .extension(Route::new(""));
    let expected = ["http.request.method=GET", "url.path=/", "network.protocol.version=1.1"];
    assert_eq!(said(&Http::server(), bare.body(()).unwrap()), expected);
    let foreign = Http::server().with_scheme("gopher".parse().unwrap());
    let request = Request::new(());
    assert_eq!(said(&foreign, request), expected);
}

#[test]
fn the_version_is_the_requests() {
    let rows = [
        (Version::HTTP_09, "0.9"),
        (Version::HTTP_10, "1.0"),
        (Version::HTTP_11, "1.1"),
        (Version::HTTP_2, "2"),
        (Version::HTTP_3, "3"),
    ];
    for (version, expected) in rows {
        let request = Request::builder().version(version).body(()).unwrap();
        let expected = format!("network.protocol.version={expected}");
        assert!(said(&Http::server(), request).contains(&expected));
    }
}

#[test]
fn forwarded_words_are_for_those_who_trust_them() {
    let request = || {
        let request = Request::get("/")
            .header("host", "inner:81")
            .header("forwarded", "for=192.0.2.9;host=shop.example;proto=https")
            .extension(PeerAddr("10.0.0.1:1".parse().unwrap()));
        request.body(()).unwrap()
    };
    let http = Http::server().with_scheme(Scheme::HTTP);
    let expected = [
        "url.scheme=http",
        "server.address=inner",
        "server.port:81",
        "client.address=10.0.0.1",
    ];
    let said_by_default = said(&http, request());
    assert!(
        expected
            .iter()
            .all(|said| said_by_default.iter().any(|all| all == said))
    );

    let net: IpNet = "10.0.0.0/8".parse().unwrap();
    let proxies = TrustPolicy::peers(Peers::new([net]), Trust::Link);
    let said = said(&http.with_trust(proxies), request());
    let expected = [
        "url.scheme=https",
        "server.address=shop.example",
        "client.address=192.0.2.9",
        "network.peer.address=10.0.0.1",
    ];
    assert!(
        expected.iter().all(|expected| said.iter().any(|said| said == expected)),
        "{said:?}"
    );
    assert!(!said.iter().any(|said| said.starts_with("server.port")));
}

#[test]
fn long_texts_are_cut() {
    let long = "é".repeat(16_000);
    let request = Request::get(format!("/{long}?{long}"))
        .method(&*"A".repeat(100_000))
        .header("user-agent", "x".repeat(100_000));
    let said = said(&Http::server(), request.body(()).unwrap());
    let lengths: Vec<_> = said.iter().map(|said| said.split_once('=').unwrap().1.len()).collect();
    assert_eq!(lengths, [6, 1023, 64, 1024, 3, 1024]);
}

#[test]
fn a_handler_can_tell_the_route() {
    let http = Http::server().with_late_route();
    let (mut request, ()) = Request::get("/users/42").body(()).unwrap().into_parts();
    let call = http.read(&mut request);
    assert_eq!((call.route(), &*call.span_name()), (None, "GET"));
    request.extensions.get::<LateRoute>().unwrap().set("/users/{id}");
    assert_eq!(call.route(), Some("/users/{id}"));
    assert_eq!(call.span_name(), "GET /users/{id}");

    let again = http.read(&mut request);
    assert_eq!(
        again.route(),
        Some("/users/{id}"),
        "calls within calls share the handle"
    );

    request.extensions.insert(Route::new("/known"));
    assert_eq!(http.read(&mut request).route(), Some("/known"));

    let (mut request, ()) = Request::new(()).into_parts();
    Http::server().read(&mut request);
    assert!(request.extensions.is_empty());
}

#[test]
fn a_call_keeps_no_buffer_of_its_request() {
    let buffer = bytes::Bytes::from(b"http://shop.example/users/42?a=b".to_vec());
    let uri = Uri::from_maybe_shared(buffer.clone()).unwrap();
    let header = HeaderValue::from_maybe_shared(buffer.clone()).unwrap();
    let request = Request::builder().uri(uri).header("host", header);
    let (mut request, ()) = request.body(()).unwrap().into_parts();
    let call = Http::server().with_late_route().read(&mut request);
    assert!(!buffer.is_unique());
    drop(request);
    assert!(buffer.is_unique());
    assert_eq!(call.scheme(), Some("http"));
}

proptest! {
    #[test]
    fn whatever_a_peer_sends_is_described_cleanly(
        target in "(/|http://|\\*)?\\PC{0,40}",
        headers in prop::collection::vec((0..3usize, prop::collection::vec(prop_oneof![32u8..127, 128u8..], 0..40)), 0..4),
    ) {
        let mut request = Request::new(());
        if let Ok(uri) = target.parse() {
            *request.uri_mut() = uri;
        }
        for (name, value) in headers {
            let name = [HOST, USER_AGENT, FORWARDED][name].clone();
            request.headers_mut().append(name, HeaderValue::from_bytes(&value).unwrap());
        }
        let http = Http::server().with_trust(Trust::Parent);
        let first = said(&http, request.clone());
        for _ in 0..2 {
            prop_assert_eq!(&said(&http, request.clone()), &first, "what came before changes nothing");
        }
        for said in first {
            let (_, text) = said.split_once(['=', ':']).unwrap();
            prop_assert!(!text.is_empty() && text.len() <= MAX_TEXT);
            prop_assert_eq!(clean(text), text);
        }
    }
}
