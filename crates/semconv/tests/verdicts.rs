//! What is thought of the end of a call.
#![allow(clippy::unwrap_used)]

use std::io;

use http::{Request, Response};

use tower_telemetry_observe::{Classify, ClassifyHttp, End, Failure, Verdict};
use tower_telemetry_semconv::{Http, Server, Side};

/// The verdicts on a call: at its head, if it has a status, and at its end.
fn verdicts<S: Side>(http: &Http<S>, status: Option<u16>, end: &End<'_>) -> (Verdict, Verdict) {
    let (mut request, ()) = Request::new(()).into_parts();
    let mut call = http.read(&mut request);
    let head = status.map_or(Verdict::Ok, |status| {
        let response = Response::builder().status(status).body(()).unwrap();
        http.head(&mut call, &response.into_parts().0)
    });
    (head, http.end(&mut call, end))
}

const OK: Verdict = Verdict::Ok;
const COMPLETE: End<'static> = End::Complete { trailers: None };

#[test]
fn a_status_is_judged_by_the_side() {
    let rows = [
        (100, OK, OK),
        (101, OK, OK),
        (200, OK, OK),
        (304, OK, OK),
        (399, OK, OK),
        (400, OK, Verdict::Error("400")),
        (404, OK, Verdict::Error("404")),
        (499, OK, Verdict::Error("499")),
        (500, Verdict::Error("500"), Verdict::Error("500")),
        (503, Verdict::Error("503"), Verdict::Error("503")),
        (599, Verdict::Error("599"), Verdict::Error("599")),
        (600, Verdict::Error("_OTHER"), Verdict::Error("_OTHER")),
        (999, Verdict::Error("_OTHER"), Verdict::Error("_OTHER")),
    ];
    for (status, server, client) in rows {
        let on_server = verdicts(&Http::server(), Some(status), &COMPLETE);
        assert_eq!(on_server, (server, server), "{status}");
        let on_client = verdicts(&Http::client(), Some(status), &COMPLETE);
        assert_eq!(on_client, (client, client), "{status}");
    }
}

#[test]
fn an_end_is_judged_by_the_side() {
    let timeout = io::Error::from(io::ErrorKind::TimedOut);
    let short = Failure::Short {
        announced: 2,
        received: 1,
    };
    let rows = [
        ("complete", COMPLETE, OK, OK),
        (
            "service",
            End::Failed(Failure::Service(&())),
            Verdict::Error("service_error"),
            Verdict::Error("service_error"),
        ),
        (
            "known",
            End::Failed(Failure::Service(&timeout)),
            Verdict::Error("timeout"),
            Verdict::Error("timeout"),
        ),
        (
            "body",
            End::Failed(Failure::Body(&timeout)),
            Verdict::Error("body_error"),
            Verdict::Error("body_error"),
        ),
        (
            "short",
            End::Failed(short),
            Verdict::Error("body_error"),
            Verdict::Error("body_error"),
        ),
        ("dropped", End::Dropped, Verdict::Error("cancelled"), OK),
        (
            "panicked",
            End::Panicked,
            Verdict::Error("panic"),
            Verdict::Error("panic"),
        ),
    ];
    for (rule, end, server, client) in rows {
        for status in [None, Some(200), Some(302)] {
            assert_eq!(verdicts(&Http::server(), status, &end), (OK, server), "{rule}");
            assert_eq!(verdicts(&Http::client(), status, &end), (OK, client), "{rule}");
        }
        let by_status = Verdict::Error("503");
        let expected = (by_status, by_status);
        assert_eq!(
            verdicts(&Http::server(), Some(503), &end),
            expected,
            "{rule} after an error"
        );
        assert_eq!(
            verdicts(&Http::client(), Some(503), &end),
            expected,
            "{rule} after an error"
        );
    }
}

#[test]
fn a_users_names_come_first() {
    let http = Http::server()
        .with_error_type(|error: &io::Error| (error.kind() == io::ErrorKind::TimedOut).then_some("slow_disk"));
    let timeout = io::Error::from(io::ErrorKind::TimedOut);
    for failure in [Failure::Service(&timeout), Failure::Body(&timeout)] {
        let (_, end) = verdicts(&http, Some(200), &End::Failed(failure));
        assert_eq!(end, Verdict::Error("slow_disk"));
    }
}

#[test]
fn a_frame_has_the_bytes_that_remain_in_it() {
    type Body = http_body_util::Full<bytes::Bytes>;
    let data = bytes::Bytes::from_static(b"12345");
    assert_eq!(<Http<Server> as ClassifyHttp>::remaining::<Body>(&data), 5);
}
