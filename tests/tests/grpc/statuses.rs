//! Where a status comes from, on either side of a connection.

use tonic::Code;
use tower_telemetry_testkit::spans::Recorder;
use tower_telemetry_tests::nobody;

use crate::proto::Order;
use crate::proto::streams_client::StreamsClient;
use crate::raw::{Answer, MESSAGE, Part, answered};
use crate::site::{Site, endpoint, outcome, outcomes, traced};

const ON_SERVERS: [&str; 6] = [
    "UNKNOWN",
    "DEADLINE_EXCEEDED",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
];

const NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

#[tokio::test]
async fn of_the_codes_six_are_the_servers_errors_and_all_but_ok_the_clients() {
    for (number, name) in (0..).zip(NAMES) {
        let outcome = |is_error| format!("{name} {}", if is_error { name } else { "-" });
        let expected = [outcome(name != "OK"), outcome(ON_SERVERS.contains(&name))];

        let in_head = Site::open().await;
        let answer = in_head.client().unary(Order::with_code(Code::from(number))).await;
        assert_eq!(answer.is_ok(), name == "OK");
        assert_eq!(outcomes(&in_head).await, expected);

        let in_trailers = Site::open().await;
        let order = Order::items(1).and_code(Code::from(number));
        let mut items = in_trailers.client().pull(order).await.expect("a head").into_inner();
        while let Ok(Some(_)) = items.message().await {}
        assert_eq!(outcomes(&in_trailers).await, expected);
    }
}

#[tokio::test]
async fn a_status_may_be_missing_malformed_or_doubled_and_then_it_is_unknown() {
    let trailers = |values: &[&'static str]| Part::Trailers(values.to_vec());
    let rows = [
        vec![],
        vec![trailers(&[])],
        vec![trailers(&["99"])],
        vec![trailers(&["0x"])],
        vec![trailers(&["-1"])],
        vec![trailers(&["00"])],
        vec![trailers(&[""])],
        vec![trailers(&["0", "0"])],
        vec![trailers(&["0", "13"])],
    ];
    for end in rows {
        let frames = [vec![Part::Data(MESSAGE)], end].concat();
        let answer = Answer {
            status: 200,
            frames,
            ..Answer::default()
        };
        let (_, called, served) = answered(answer.clone()).await;
        assert_eq!(
            [outcome(&called), outcome(&served)],
            ["UNKNOWN UNKNOWN"; 2],
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn an_answer_is_judged_as_the_application_sees_it() {
    let (data, ok) = (Part::Data(MESSAGE), Part::Trailers(vec!["0"]));
    let internal = Part::Trailers(vec!["13"]);
    let rows: [(u16, &[&'static str], &[Part], _); 8] = [
        (200, &[], &[data.clone(), ok], ["OK -"; 2]),
        (200, &["5"], &[], ["NOT_FOUND NOT_FOUND", "NOT_FOUND -"]),
        (200, &["13"], &[], ["INTERNAL INTERNAL"; 2]),
        (503, &[], &[], ["UNAVAILABLE UNAVAILABLE"; 2]),
        (404, &[], &[], ["UNIMPLEMENTED UNIMPLEMENTED"; 2]),
        (401, &[], &[], ["UNAUTHENTICATED UNAUTHENTICATED", "UNAUTHENTICATED -"]),
        (500, &[], &[], ["UNKNOWN UNKNOWN"; 2]),
        (200, &[], &[data, internal], ["INTERNAL INTERNAL"; 2]),
    ];
    for (status, head, frames, expected) in rows {
        let answer = Answer {
            status,
            head: head.to_vec(),
            frames: frames.to_vec(),
        };
        let (code, called, served) = answered(answer.clone()).await;
        assert_eq!([outcome(&called), outcome(&served)], expected, "{answer:?}");
        let seen = NAMES[i32::from(code) as usize];
        assert!(expected[0].starts_with(&format!("{seen} ")), "{code:?}: {answer:?}");
    }
}

#[tokio::test]
async fn the_first_end_counts_whatever_comes_after_it() {
    let frames = vec![Part::Data(MESSAGE), Part::Error, Part::Trailers(vec!["0"])];
    let answer = Answer {
        status: 200,
        frames,
        ..Answer::default()
    };
    let (code, called, served) = answered(answer).await;
    assert_eq!(code, Code::Internal, "the stream was reset");
    assert_eq!(outcome(&called), "INTERNAL INTERNAL");
    assert_eq!(outcome(&served), "UNKNOWN body_error");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let called = Recorder::new();
    let mut client = StreamsClient::new(traced(&called, &endpoint(nobody())));
    let error = client.unary(Order::items(1)).await.expect_err("nobody listens");
    assert_eq!(error.code(), Code::Unavailable);
    assert_eq!(outcome(&called.span()), "UNAVAILABLE UNAVAILABLE");
}
