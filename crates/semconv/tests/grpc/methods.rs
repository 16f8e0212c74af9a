//! Which methods are known.

use std::borrow::Cow;

use http::HeaderMap;
use tower_telemetry_observe::{ClassifyHttp, End};
use tower_telemetry_semconv::{Grpc, GrpcCall, Server, Side};

use crate::call::{COMPLETE, asking, ended, statuses};

/// Method, original and span name, when the call begins and when it has ended with this `grpc-status` in its head.
fn names<S: Side>(grpc: &Grpc<S>, path: &str, sent: &[&'static str]) -> [[String; 3]; 2] {
    let (mut request, ()) = asking(path, &[]).into_parts();
    let begun = grpc.read(&mut request);
    let (ended, _) = ended(grpc, asking(path, &[]), Some((200, statuses(sent))), &COMPLETE);
    [begun, ended].map(|call| {
        let original = call.method_original().unwrap_or("-");
        [call.method(), original, &call.span_name()].map(str::to_owned)
    })
}

const UNKNOWN: [&str; 3] = ["_OTHER", "a.S/M", "grpc"];
const KNOWN: [&str; 3] = ["a.S/M", "-", "a.S/M"];

#[test]
fn a_method_is_known_after_a_reply_other_than_unimplemented() {
    for (sent, learned) in [
        (&["0"][..], KNOWN),
        (&["5"], KNOWN),
        (&["13"], KNOWN),
        (&["12"], UNKNOWN),
        (&[], UNKNOWN),
    ] {
        let grpc = Grpc::server();
        assert_eq!(names(&grpc, "/a.S/M", sent), [UNKNOWN, learned], "{sent:?}");
        let begun = names(&grpc, "/a.S/M", &["12"])[0].clone();
        assert_eq!(begun, learned, "the next call");
    }
}

#[test]
fn a_call_without_a_reply_teaches_nothing() {
    let grpc = Grpc::server();
    for end in [End::Dropped, End::Panicked] {
        let (call, _) = ended(&grpc, asking("/a.S/M", &[]), Some((200, HeaderMap::new())), &end);
        assert_eq!(call.method(), "_OTHER");
    }
    let (call, _) = ended(&grpc, asking("/a.S/M", &[]), Some((401, HeaderMap::new())), &COMPLETE);
    assert_eq!(call.method(), "_OTHER", "HTTP alone knows no methods");
}

#[test]
fn a_stream_that_has_begun_is_a_reply() {
    let begun = || HeaderMap::from_iter([(http::header::CONTENT_TYPE, "application/grpc".parse().unwrap())]);
    let (call, _) = ended(
        &Grpc::server(),
        asking("/a.S/M", &[]),
        Some((200, begun())),
        &End::Dropped,
    );
    assert_eq!(call.method(), "a.S/M");
    let trailers = statuses(&["12"]);
    let end = End::Complete {
        trailers: Some(&trailers),
    };
    let (call, _) = ended(&Grpc::server(), asking("/a.S/M", &[]), Some((200, begun())), &end);
    assert_eq!(call.method(), "_OTHER");
}

#[test]
fn clones_learn_together() {
    let grpc = Grpc::server();
    let clone = grpc.clone();
    names(&grpc, "/a.S/M", &["0"]);
    assert_eq!(names(&clone, "/a.S/M", &["0"]), [KNOWN, KNOWN]);
}

#[test]
fn declared_methods_are_known_from_the_start_and_others_never() {
    let grpc = Grpc::server()
        .with_service("a.S", ["M", "N"])
        .with_service("b.T", ["M"]);
    for sent in [&["0"][..], &["12"], &[]] {
        assert_eq!(names(&grpc, "/a.S/M", sent), [KNOWN, KNOWN]);
        assert_eq!(names(&grpc, "/b.T/N", sent), [["_OTHER", "b.T/N", "grpc"]; 2]);
        assert_eq!(names(&grpc, "/b.T/M", sent)[0][0], "b.T/M");
    }
}

#[test]
fn a_client_knows_what_it_asks_for() {
    let grpc = Grpc::client();
    for sent in [&["0"][..], &["12"], &[]] {
        assert_eq!(names(&grpc, "/a.S/M", sent), [KNOWN, KNOWN]);
    }
    assert_eq!(names(&grpc, "/healthz", &["0"]), [["_OTHER", "healthz", "grpc"]; 2]);
}

#[test]
fn a_clients_names_are_kept_once_there_was_a_reply() {
    let grpc = Grpc::client();
    let reply = |sent: &[&'static str]| {
        let (call, _) = ended(&grpc, asking("/kept.S/M", &[]), Some((200, statuses(sent))), &COMPLETE);
        matches!(call.span_name(), Cow::Borrowed("kept.S/M"))
    };
    assert_eq!(
        [reply(&["12"]), reply(&["12"]), reply(&["0"]), reply(&["0"])],
        [false, false, false, true]
    );
}

#[test]
fn a_path_that_names_no_method_is_not_learned() {
    for (path, original) in [
        ("/", ""),
        ("/healthz", "healthz"),
        ("/a.S/", "a.S/"),
        ("/a;sig=SECRET/b", "a;sig=REDACTED/b"),
    ] {
        let grpc = Grpc::server();
        assert_eq!(names(&grpc, path, &["0"]), [["_OTHER", original, "grpc"]; 2], "{path}");
    }
}

#[test]
fn a_scanner_of_random_paths_teaches_nothing_and_what_a_liar_teaches_has_an_end() {
    let grpc = Grpc::server();
    let learned = |sent: &'static str| {
        let ask = |n: u32| {
            ended(
                &grpc,
                asking(&format!("/scan.S{n}/M"), &[]),
                Some((200, statuses(&[sent]))),
                &COMPLETE,
            )
        };
        let calls = (0..5_000).map(|n| ask(n).0);
        calls.filter(GrpcCall::<Server>::has_method).count()
    };
    assert_eq!(learned("12"), 0);
    let count = learned("0");
    assert!((1..=1024).contains(&count), "{count}");
    assert_eq!(learned("0"), count);
}
