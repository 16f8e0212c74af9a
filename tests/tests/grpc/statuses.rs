//! Where a status comes from, on either side of a connection.

use tonic::Code;
use tower_telemetry_testkit::spans::Recorder;
use tower_telemetry_tests::nobody;

use crate::proto::Order;
use crate::proto::streams_client::StreamsClient;
use crate::raw::{Answer, MESSAGE, Part, answered};
use crate::site::{Site, endpoint, outcome, outcomes, told, traced};

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
        let called = (name, if name == "OK" { "-" } else { name });
        let served = (name, if ON_SERVERS.contains(&name) { name } else { "-" });

        let in_head = Site::open().await;
        let answer = in_head.client().unary(Order::with_code(Code::from(number))).await;
        assert_eq!(answer.is_ok(), name == "OK");
        assert_eq!(outcomes(&in_head).await, told([called, served]));

        let in_trailers = Site::open().await;
        let order = Order::items(1).and_code(Code::from(number));
        let mut items = in_trailers.client().pull(order).await.expect("a head").into_inner();
        while let Ok(Some(_)) = items.message().await {}
        assert_eq!(outcomes(&in_trailers).await, told([called, served]));
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
        let unknown = ("UNKNOWN".to_owned(), "UNKNOWN".to_owned());
        assert_eq!(
            (outcome(&called), outcome(&served)),
            (unknown.clone(), unknown),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn an_answer_is_judged_as_the_application_sees_it() {
    let (data, ok) = (Part::Data(MESSAGE), Part::Trailers(vec!["0"]));
    let rows: [(u16, &[&'static str], &[Part], _, _); 8] = [
        (200, &[], &[data.clone(), ok.clone()], ("OK", "-"), ("OK", "-")),
        (200, &["5"], &[], ("NOT_FOUND", "NOT_FOUND"), ("NOT_FOUND", "-")),
        (200, &["13"], &[], ("INTERNAL", "INTERNAL"), ("INTERNAL", "INTERNAL")),
        (
            503,
            &[],
            &[],
            ("UNAVAILABLE", "UNAVAILABLE"),
            ("UNAVAILABLE", "UNAVAILABLE"),
        ),
        (
            404,
            &[],
            &[],
            ("UNIMPLEMENTED", "UNIMPLEMENTED"),
            ("UNIMPLEMENTED", "UNIMPLEMENTED"),
        ),
        (
            401,
            &[],
            &[],
            ("UNAUTHENTICATED", "UNAUTHENTICATED"),
            ("UNAUTHENTICATED", "-"),
        ),
        (500, &[], &[], ("UNKNOWN", "UNKNOWN"), ("UNKNOWN", "UNKNOWN")),
        (
            200,
            &[],
            &[data.clone(), Part::Trailers(vec!["13"])],
            ("INTERNAL", "INTERNAL"),
            ("INTERNAL", "INTERNAL"),
        ),
    ];
    for (status, head, frames, on_client, on_server) in rows {
        let answer = Answer {
            status,
            head: head.to_vec(),
            frames: frames.to_vec(),
        };
        let (code, called, served) = answered(answer.clone()).await;
        assert_eq!(
            [outcome(&called), outcome(&served)],
            told([on_client, on_server]),
            "{answer:?}"
        );
        assert_eq!(NAMES[i32::from(code) as usize], on_client.0, "{answer:?}");
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
    let [on_client, on_server] = told([("INTERNAL", "INTERNAL"), ("UNKNOWN", "body_error")]);
    assert_eq!((outcome(&called), outcome(&served)), (on_client, on_server));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let called = Recorder::new();
    let mut client = StreamsClient::new(traced(&called, &endpoint(nobody())));
    let error = client.unary(Order::items(1)).await.expect_err("nobody listens");
    assert_eq!(error.code(), Code::Unavailable);
    let [unavailable] = [("UNAVAILABLE", "UNAVAILABLE")].map(|(code, kind)| (code.to_owned(), kind.to_owned()));
    assert_eq!(outcome(&called.span()), unavailable);
}
