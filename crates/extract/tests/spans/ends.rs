//! How a call ended, as its span says it.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt;
use http::{Request, Response};
use http_body::SizeHint;
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_telemetry_extract::Http;
use tower_telemetry_testkit::spans::{Recorder, assert_error, value};
use tower_telemetry_testkit::{Never, Script, Step};

use crate::{get, layer, small_body, span_of};

#[test]
fn client_errors_are_not_the_servers_and_server_errors_are() {
    for (status, error) in [
        (200, None),
        (301, None),
        (404, None),
        (408, None),
        (499, None),
        (500, Some("500")),
        (503, Some("503")),
        (504, Some("504")),
    ] {
        let span = span_of(get("/"), status, small_body());
        assert_error(&span, error);
    }
}

#[test]
fn each_way_to_end_has_its_error_type_and_keeps_the_status_that_was_sent() {
    let endings = [
        (small_body(), None),
        (Script::new([Step::Data(5), Step::Fail]), Some("body_error")),
        (Script::new([Step::Data(5), Step::Stall]), Some("cancelled")),
        (
            Script::new([Step::Data(5), Step::Data(5)]).with_size_hint(SizeHint::with_exact(50)),
            Some("body_error"),
        ),
    ];
    for (body, error) in endings {
        let span = span_of(get("/"), 200, body);
        assert_error(&span, error);
        assert_eq!(value(&span, "http.response.status_code"), Some(200.into()));
    }
}

#[test]
fn an_error_status_stays_the_error_type_when_the_body_is_dropped_later() {
    let span = span_of(get("/"), 503, Script::new([Step::Stall]));
    assert_error(&span, Some("503"));
}

#[test]
fn a_call_dropped_before_its_head_is_cancelled_and_has_no_status() {
    let recorder = Recorder::new();
    let mut service = layer(&recorder).layer(Never);
    let never_polled = service.call(Request::new(()));
    drop(never_polled);
    assert!(
        service.call(Request::new(())).now_or_never().is_none(),
        "polled once, then dropped"
    );
    let spans = recorder.spans();
    assert_eq!(spans.len(), 2);
    for span in spans {
        assert_error(&span, Some("cancelled"));
        assert_eq!(value(&span, "http.response.status_code"), None);
    }
}

#[test]
fn a_panic_is_an_error_of_its_own_and_its_payload_is_not_recorded() {
    let recorder = Recorder::new();
    let service = layer(&recorder).layer(service_fn(|_: Request<()>| async {
        if true {
            panic!("password=SECRET");
        }
        Ok::<_, Infallible>(Response::new(small_body()))
    }));
    let call = AssertUnwindSafe(|| service.oneshot(Request::new(())).now_or_never().is_some());
    assert!(catch_unwind(call).is_err(), "it unwinds on");
    let span = recorder.span();
    assert_error(&span, Some("panic"));
    assert!(!format!("{span:?}").contains("SECRET"));
}

#[test]
fn a_services_error_is_typed_and_its_text_is_not_recorded() {
    #[derive(Debug)]
    struct Refused(#[expect(dead_code, reason = "what must not be recorded")] &'static str);
    let recorder = Recorder::new();
    let http = Http::server().with_error_type(|_: &Refused| Some("refused"));
    let service = layer(&recorder)
        .with_http(http)
        .layer(service_fn(|_: Request<()>| async {
            Err::<Response<Script>, _>(Refused("token=SECRET"))
        }));
    let answer = service
        .oneshot(Request::new(()))
        .now_or_never()
        .expect("it answers at once");
    assert!(answer.is_err());
    let span = recorder.span();
    assert_error(&span, Some("refused"));
    assert!(!format!("{span:?}").contains("SECRET"));
}
