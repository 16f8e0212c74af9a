//! One server that speaks both.

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::Full;
use tower_telemetry_observe::{Classify, ClassifyHttp, End, Verdict};
use tower_telemetry_semconv::{
    ClientFacts, Grpc, GrpcCode, Http, HttpOrGrpc, HttpOrGrpcCall, Server, ServerFacts, Trust,
};

use crate::call::COMPLETE;

fn of_type(content_type: &str) -> http::request::Parts {
    let request = Request::post("/a.S/M").header("content-type", content_type);
    request.body(()).unwrap().into_parts().0
}

#[test]
fn each_request_is_read_as_what_it_is() {
    let both = HttpOrGrpc::server();
    for (content_type, grpc) in [
        ("application/grpc", true),
        ("application/grpc+proto", true),
        ("application/grpc-web", false),
        ("application/grpc-web-text+proto", false),
        ("application/json", false),
    ] {
        let call = both.read(&mut of_type(content_type));
        assert_eq!(matches!(call, HttpOrGrpcCall::Grpc(_)), grpc, "{content_type}");
    }
    let (mut plain, ()) = Request::new(()).into_parts();
    assert!(matches!(both.read(&mut plain), HttpOrGrpcCall::Http(_)));
}

#[test]
fn each_is_judged_by_its_own_rules() {
    let both = HttpOrGrpc::server();
    let (response, ()) = Response::new(()).into_parts();
    let mut grpc = both.read(&mut of_type("application/grpc"));
    assert_eq!(both.head(&mut grpc, &response), Verdict::Ok);
    let end = End::Complete {
        trailers: Some(&HeaderMap::new()),
    };
    assert_eq!(both.end(&mut grpc, &end), Verdict::Error("UNKNOWN"));
    let HttpOrGrpcCall::Grpc(call) = grpc else { panic!() };
    assert_eq!(call.code(), Some(GrpcCode::Unknown));

    let mut http = both.read(&mut of_type("application/grpc-web"));
    assert_eq!(both.head(&mut http, &response), Verdict::Ok);
    assert_eq!(both.end(&mut http, &COMPLETE), Verdict::Ok);
    let HttpOrGrpcCall::Http(call) = http else { panic!() };
    assert_eq!(call.status(), Some(http::StatusCode::OK));
}

#[test]
fn settings_of_each_count_and_trust_is_for_both() {
    let both = HttpOrGrpc::server()
        .with_http(Http::server().with_scheme(http::uri::Scheme::HTTPS))
        .with_grpc(Grpc::server().with_service("a.S", ["M"]))
        .with_trust(Trust::Link);
    for content_type in ["application/grpc", "text/plain"] {
        let call = both.read(&mut of_type(content_type));
        assert_eq!(call.trust(), Trust::Link);
        match call {
            HttpOrGrpcCall::Http(call) => assert_eq!(call.scheme(), Some("https")),
            HttpOrGrpcCall::Grpc(call) => assert_eq!(call.method(), "a.S/M"),
        }
    }
}

#[test]
fn trust_that_was_said_of_both_stays_unless_one_has_its_own() {
    let both = HttpOrGrpc::server()
        .with_trust(Trust::Ignore)
        .with_http(Http::server().with_scheme(http::uri::Scheme::HTTPS))
        .with_grpc(Grpc::server().with_trust(Trust::Link));
    for (content_type, trust) in [("text/plain", Trust::Ignore), ("application/grpc", Trust::Link)] {
        assert_eq!(both.read(&mut of_type(content_type)).trust(), trust, "{content_type}");
    }
    let both = both.with_grpc(Grpc::server().with_service("a.S", ["M"]));
    assert_eq!(both.read(&mut of_type("application/grpc")).trust(), Trust::Link);
}

#[test]
fn each_knows_the_server_that_is_asked() {
    let both = HttpOrGrpc::client();
    for content_type in ["application/grpc", "text/plain"] {
        let request = Request::post("http://shop.test/a.S/M").header("content-type", content_type);
        let (mut request, ()) = request.body(()).unwrap().into_parts();
        assert_eq!(
            both.read(&mut request).server_address(),
            Some("shop.test"),
            "{content_type}"
        );
    }
}

#[test]
fn each_measures_a_frame_by_its_bytes() {
    let frame = Bytes::from_static(b"five!");
    assert_eq!(Http::<Server>::remaining::<Full<Bytes>>(&frame), 5);
    assert_eq!(Grpc::<Server>::remaining::<Full<Bytes>>(&frame), 5);
    assert_eq!(HttpOrGrpc::<Server>::remaining::<Full<Bytes>>(&frame), 5);
}
