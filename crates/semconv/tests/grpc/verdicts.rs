//! What is thought of the end of a call.

use std::io;
use std::time::Duration;

use http::HeaderMap;
use tower_telemetry_observe::{ClassifyHttp, End, Failure, Verdict};
use tower_telemetry_semconv::{Grpc, GrpcCode};

use crate::call::{COMPLETE, ended, outcome, request, statuses};

const ERRORS_ON_SERVERS: [GrpcCode; 6] = [
    GrpcCode::Unknown,
    GrpcCode::DeadlineExceeded,
    GrpcCode::Unimplemented,
    GrpcCode::Internal,
    GrpcCode::Unavailable,
    GrpcCode::DataLoss,
];

fn ok_head() -> Option<(u16, HeaderMap)> {
    Some((200, HeaderMap::new()))
}

#[test]
fn of_the_codes_six_are_errors_on_a_server_and_all_but_ok_on_a_client() {
    for code in GrpcCode::ALL {
        let number: &'static str = code.number().to_string().leak();
        let sent = statuses(&[number]);
        let in_trailers = End::Complete { trailers: Some(&sent) };
        let on_server = if ERRORS_ON_SERVERS.contains(&code) {
            code.as_str()
        } else {
            "-"
        };
        let on_client = if code == GrpcCode::Ok { "-" } else { code.as_str() };
        for (head, end) in [(HeaderMap::new(), &in_trailers), (sent.clone(), &COMPLETE)] {
            let server = ended(&Grpc::server(), request(&[]), Some((200, head.clone())), end);
            assert_eq!(outcome(server), (Some(code), on_server));
            let client = ended(&Grpc::client(), request(&[]), Some((200, head)), end);
            assert_eq!(outcome(client), (Some(code), on_client));
        }
    }
}

#[test]
fn a_status_that_is_missing_malformed_or_doubled_is_unknown_and_never_ok() {
    let rows: [&[&'static str]; 9] = [
        &[],
        &["99"],
        &["0x"],
        &["-1"],
        &["00"],
        &[""],
        &["0", "0"],
        &["0", "13"],
        &["OK"],
    ];
    for sent in rows {
        let trailers = statuses(sent);
        let ends = [
            End::Complete {
                trailers: Some(&trailers),
            },
            COMPLETE,
        ];
        let ends = if sent.is_empty() { &ends[..] } else { &ends[..1] };
        for end in ends {
            let server = ended(&Grpc::server(), request(&[]), ok_head(), end);
            assert_eq!(outcome(server), (Some(GrpcCode::Unknown), "UNKNOWN"), "{sent:?}");
            let client = ended(&Grpc::client(), request(&[]), ok_head(), end);
            assert_eq!(outcome(client), (Some(GrpcCode::Unknown), "UNKNOWN"), "{sent:?}");
        }
    }
}

#[test]
fn an_error_of_http_stands_for_a_status() {
    let head = |status| Some((status, HeaderMap::new()));
    for (status, server, client) in [
        (503, (GrpcCode::Unavailable, "UNAVAILABLE"), "UNAVAILABLE"),
        (404, (GrpcCode::Unimplemented, "UNIMPLEMENTED"), "UNIMPLEMENTED"),
        (401, (GrpcCode::Unauthenticated, "-"), "UNAUTHENTICATED"),
        (418, (GrpcCode::Unknown, "UNKNOWN"), "UNKNOWN"),
    ] {
        for end in [&COMPLETE, &End::Dropped] {
            let (code, on_server) = server;
            let said = ended(&Grpc::server(), request(&[]), head(status), end);
            assert_eq!(outcome(said), (Some(code), on_server), "{status}");
            let said = ended(&Grpc::client(), request(&[]), head(status), end);
            assert_eq!(outcome(said), (Some(code), client), "{status}");
        }
    }
}

#[test]
fn a_head_alone_is_judged_by_what_it_says() {
    let grpc = Grpc::server();
    for (status, sent, verdict) in [
        (200, &[][..], Verdict::Ok),
        (200, &["0"], Verdict::Ok),
        (200, &["5"], Verdict::Ok),
        (200, &["13"], Verdict::Error("INTERNAL")),
        (503, &[], Verdict::Error("UNAVAILABLE")),
    ] {
        let (mut request, ()) = request(&[]).into_parts();
        let mut call = grpc.read(&mut request);
        let mut response = http::Response::builder().status(status).body(()).unwrap();
        *response.headers_mut() = statuses(sent);
        assert_eq!(
            grpc.head(&mut call, &response.into_parts().0),
            verdict,
            "{status} {sent:?}"
        );
    }
}

#[test]
fn a_call_that_breaks_has_a_status_and_a_reason() {
    let timeout = io::Error::from(io::ErrorKind::TimedOut);
    let short = Failure::Short {
        announced: 2,
        received: 1,
    };
    let rows = [
        (End::Panicked, GrpcCode::Unknown, "panic"),
        (
            End::Failed(Failure::Service(&"any")),
            GrpcCode::Unknown,
            "service_error",
        ),
        (
            End::Failed(Failure::Service(&timeout)),
            GrpcCode::DeadlineExceeded,
            "DEADLINE_EXCEEDED",
        ),
        (End::Failed(Failure::Body(&"any")), GrpcCode::Unknown, "body_error"),
        (End::Failed(short), GrpcCode::Unknown, "body_error"),
    ];
    for (end, code, name) in rows {
        for head in [None, ok_head(), Some((200, statuses(&["0"])))] {
            let said = ended(&Grpc::server(), request(&[]), head.clone(), &end);
            assert_eq!(outcome(said), (Some(code), name), "{end:?}");
            let said = ended(&Grpc::client(), request(&[]), head, &end);
            assert_eq!(outcome(said), (Some(code), name), "{end:?}");
        }
        // The first failure names the call.
        let said = ended(&Grpc::server(), request(&[]), Some((200, statuses(&["13"]))), &end);
        assert_eq!(outcome(said), (Some(GrpcCode::Internal), "INTERNAL"), "{end:?}");
    }
}

#[test]
fn an_error_has_the_name_that_was_given_to_it() {
    let named = |_: &&str| Some("disk_full");
    let end = End::Failed(Failure::Service(&"any"));
    let said = ended(&Grpc::server().with_error_type(named), request(&[]), None, &end);
    assert_eq!(outcome(said), (Some(GrpcCode::Unknown), "disk_full"));
    let named = |_: &io::Error| Some("disk_slow");
    let timeout = io::Error::from(io::ErrorKind::TimedOut);
    let end = End::Failed(Failure::Service(&timeout));
    let said = ended(&Grpc::server().with_error_type(named), request(&[]), None, &end);
    assert_eq!(outcome(said), (Some(GrpcCode::DeadlineExceeded), "disk_slow"));
}

#[test]
fn a_drop_is_a_cancellation_that_nobody_is_blamed_for() {
    for head in [None, ok_head()] {
        let said = ended(&Grpc::server(), request(&[]), head.clone(), &End::Dropped);
        assert_eq!(outcome(said), (Some(GrpcCode::Cancelled), "-"));
        let said = ended(&Grpc::client(), request(&[]), head, &End::Dropped);
        assert_eq!(outcome(said), (Some(GrpcCode::Cancelled), "-"));
    }
}

#[test]
fn a_server_that_says_cancelled_is_an_error_of_its_client() {
    let sent = Some((200, statuses(&["1"])));
    for end in [&COMPLETE, &End::Dropped] {
        let said = ended(&Grpc::client(), request(&[]), sent.clone(), end);
        assert_eq!(outcome(said), (Some(GrpcCode::Cancelled), "CANCELLED"));
        let said = ended(&Grpc::server(), request(&[]), sent.clone(), end);
        assert_eq!(outcome(said), (Some(GrpcCode::Cancelled), "-"));
    }
}

#[test]
fn a_drop_when_time_is_up_is_the_deadlines() {
    let late = (Some(GrpcCode::DeadlineExceeded), "DEADLINE_EXCEEDED");
    let early = (Some(GrpcCode::Cancelled), "-");
    for (timeout, expected) in [
        ("0S", late),
        ("1n", late),
        ("1H", early),
        ("+0S", early),
        ("soon", early),
    ] {
        for head in [None, ok_head()] {
            let asked = request(&[("grpc-timeout", timeout)]);
            let said = ended(&Grpc::server(), asked, head.clone(), &End::Dropped);
            assert_eq!(outcome(said), expected, "{timeout}");
            let asked = request(&[("grpc-timeout", timeout)]);
            let said = ended(&Grpc::client(), asked, head, &End::Dropped);
            assert_eq!(outcome(said), expected, "{timeout}");
        }
    }
}

#[test]
fn a_status_that_was_said_counts_though_time_is_up() {
    let asked = || request(&[("grpc-timeout", "0S")]);
    let not_found = statuses(&["5"]);
    let end = End::Complete {
        trailers: Some(&not_found),
    };
    assert_eq!(
        outcome(ended(&Grpc::server(), asked(), ok_head(), &end)),
        (Some(GrpcCode::NotFound), "-")
    );
    assert_eq!(
        outcome(ended(&Grpc::client(), asked(), ok_head(), &end)),
        (Some(GrpcCode::NotFound), "NOT_FOUND")
    );
}

#[test]
fn on_a_client_whose_time_is_up_a_cancellation_is_the_deadlines() {
    let asked = || request(&[("grpc-timeout", "0S")]);
    let cancelled = Some((200, statuses(&["1"])));
    let said = ended(&Grpc::client(), asked(), cancelled.clone(), &COMPLETE);
    assert_eq!(outcome(said), (Some(GrpcCode::DeadlineExceeded), "DEADLINE_EXCEEDED"));
    let said = ended(&Grpc::server(), asked(), cancelled, &COMPLETE);
    assert_eq!(outcome(said), (Some(GrpcCode::Cancelled), "-"), "a handler's own word");
}

#[test]
fn the_servers_own_timeout_counts_until_the_head_is_there() {
    let grpc = Grpc::server().with_timeout(Duration::ZERO);
    let said = ended(&grpc, request(&[]), None, &End::Dropped);
    assert_eq!(outcome(said), (Some(GrpcCode::DeadlineExceeded), "DEADLINE_EXCEEDED"));
    let said = ended(&grpc, request(&[]), ok_head(), &End::Dropped);
    assert_eq!(outcome(said), (Some(GrpcCode::Cancelled), "-"));
}

#[test]
fn grpc_webs_status_is_not_guessed() {
    let web = || request(&[("content-type", "application/grpc-web+proto")]);
    for end in [
        &COMPLETE,
        &End::Complete {
            trailers: Some(&HeaderMap::new()),
        },
    ] {
        assert_eq!(outcome(ended(&Grpc::server(), web(), ok_head(), end)), (None, "-"));
        assert_eq!(outcome(ended(&Grpc::client(), web(), ok_head(), end)), (None, "-"));
    }
    let said = ended(&Grpc::server(), web(), Some((503, HeaderMap::new())), &COMPLETE);
    assert_eq!(outcome(said), (Some(GrpcCode::Unavailable), "UNAVAILABLE"));
    let said = ended(&Grpc::server(), web(), Some((200, statuses(&["13"]))), &COMPLETE);
    assert_eq!(outcome(said), (Some(GrpcCode::Internal), "INTERNAL"));
}
