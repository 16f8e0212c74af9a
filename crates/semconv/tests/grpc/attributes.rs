//! What a call says, attribute by attribute.

use http::Request;
use tower_telemetry_observe::{Classify, ClassifyHttp, End};
use tower_telemetry_semconv::{Client, Grpc, PeerAddr, Server, Side, StatusAttribute, Trust, TrustPolicy};

use crate::call::{COMPLETE, asking, ended, line, request, statuses};

/// All attributes: those of the start, and behind `|` those of the end.
fn said<S: Side>(grpc: &Grpc<S>, request: Request<()>, status: &'static str) -> Vec<String> {
    let (mut parts, ()) = request.into_parts();
    let mut call = grpc.read(&mut parts);
    let mut said = Vec::new();
    call.describe_request(&parts, |key, value| said.push(line(key, &value)));
    said.push("|".to_owned());
    let trailers = statuses(&[status]);
    let end = End::Complete {
        trailers: Some(&trailers),
    };
    grpc.end(&mut call, &end);
    call.describe_response(|key, value| said.push(line(key, &value)));
    said
}

fn server() -> Grpc<Server> {
    Grpc::server().with_service("shop.Payments", ["Charge"])
}

fn client(target: &'static str) -> Grpc<Client> {
    Grpc::client().with_target(&http::Uri::from_static(target))
}

#[test]
fn a_server_says_this() {
    let mut request = asking(
        "http://payments.test:50051/shop.Payments/Charge",
        &[("user-agent", "tonic/0.14")],
    );
    request
        .extensions_mut()
        .insert(PeerAddr("192.0.2.7:4711".parse().unwrap()));
    let expected = [
        "rpc.system.name=grpc",
        "rpc.method=shop.Payments/Charge",
        "server.address=payments.test",
        "server.port:50051",
        "network.peer.address=192.0.2.7",
        "network.peer.port:4711",
        "|",
        "rpc.response.status_code=NOT_FOUND",
    ];
    assert_eq!(said(&server(), request, "5"), expected);
}

#[test]
fn the_port_of_a_server_is_the_one_that_was_asked_for() {
    let request = asking("http://payments.test/shop.Payments/Charge", &[]);
    let expected = [
        "rpc.system.name=grpc",
        "rpc.method=shop.Payments/Charge",
        "server.address=payments.test",
        "|",
        "rpc.response.status_code=OK",
    ];
    assert_eq!(said(&server(), request, "0"), expected);
}

#[test]
fn a_method_that_is_not_known_is_other_and_its_original_stands_beside() {
    let expected = [
        "rpc.system.name=grpc",
        "rpc.method=_OTHER",
        "rpc.method_original=shop.Payments/Steal",
        "|",
        "rpc.response.status_code=UNIMPLEMENTED",
    ];
    assert_eq!(said(&server(), asking("/shop.Payments/Steal", &[]), "12"), expected);
}

#[test]
fn a_method_that_is_learned_is_said_at_the_end() {
    let learning = Grpc::server();
    for (status, end) in [
        (
            "12",
            &[
                "rpc.method=_OTHER",
                "rpc.method_original=shop.Payments/Charge",
                "rpc.response.status_code=UNIMPLEMENTED",
            ][..],
        ),
        ("0", &["rpc.method=shop.Payments/Charge", "rpc.response.status_code=OK"]),
    ] {
        let expected = [&["rpc.system.name=grpc", "|"][..], end].concat();
        assert_eq!(said(&learning, request(&[]), status), expected);
    }
    let expected = [
        "rpc.system.name=grpc",
        "rpc.method=shop.Payments/Charge",
        "|",
        "rpc.response.status_code=OK",
    ];
    assert_eq!(said(&learning, request(&[]), "0"), expected);
}

#[test]
fn a_client_says_this() {
    let expected = |address: &str, port: u16| {
        [
            "rpc.system.name=grpc".to_owned(),
            "rpc.method=shop.Payments/Charge".to_owned(),
            format!("server.address={address}"),
            format!("server.port:{port}"),
            "|".to_owned(),
            "rpc.response.status_code=OK".to_owned(),
        ]
    };
    for (grpc, request, address, port) in [
        (
            client("http://payments.test:50051"),
            request(&[]),
            "payments.test",
            50051,
        ),
        (client("https://payments.test"), request(&[]), "payments.test", 443),
        (client("http://[::1]:1"), request(&[]), "::1", 1),
        (
            Grpc::client(),
            asking("http://other.test/shop.Payments/Charge", &[]),
            "other.test",
            80,
        ),
        (
            client("http://payments.test:1"),
            asking("http://192.0.2.1:2/shop.Payments/Charge", &[]),
            "payments.test",
            1,
        ),
    ] {
        assert_eq!(said(&grpc, request, "0"), expected(address, port));
    }
    assert_eq!(said(&client("/nowhere"), request(&[]), "0")[2], "|");
}

#[test]
fn the_status_stands_under_the_name_that_was_chosen() {
    for (attribute, expected) in [
        (
            StatusAttribute::ResponseStatusCode,
            &["rpc.response.status_code=OK"][..],
        ),
        (StatusAttribute::StatusCode, &["rpc.status_code=OK"]),
        (
            StatusAttribute::Both,
            &["rpc.response.status_code=OK", "rpc.status_code=OK"],
        ),
    ] {
        let said = said(&server().with_status_attribute(attribute), request(&[]), "0");
        assert_eq!(said[3..], *expected);
    }
}

#[test]
fn a_status_that_cannot_be_seen_is_not_said() {
    let web = request(&[("content-type", "application/grpc-web")]);
    let (call, _) = ended(&server(), web, Some((200, statuses(&[]))), &COMPLETE);
    call.describe_response(|key, _| panic!("{key}"));
}

#[test]
fn trust_is_decided_once() {
    let (mut request, ()) = request(&[("x-gateway", "1")]).into_parts();
    assert_eq!(Grpc::server().read(&mut request).trust(), Trust::Parent);
    let ignoring = Grpc::server().with_trust(Trust::Ignore);
    assert_eq!(ignoring.read(&mut request).trust(), Trust::Ignore);
    let marked = TrustPolicy::by(|request| match request.headers.contains_key("x-gateway") {
        true => Trust::Parent,
        false => Trust::Link,
    });
    assert_eq!(
        Grpc::server().with_trust(marked).read(&mut request).trust(),
        Trust::Parent
    );
}

#[test]
fn a_call_is_small_and_can_be_sent() {
    use tower_telemetry_semconv::{GrpcCall, HttpOrGrpc, HttpOrGrpcCall};

    fn assert_send_sync<T: Send + Sync + 'static>() {}
    assert_send_sync::<(Grpc<Server>, Grpc<Client>)>();
    assert_send_sync::<(HttpOrGrpc<Server>, HttpOrGrpcCall<Client>)>();
    let sizes = (size_of::<GrpcCall<Server>>(), size_of::<GrpcCall<Client>>());
    assert!(sizes.0 <= 72 && sizes.1 <= 96, "{sizes:?}");
}
