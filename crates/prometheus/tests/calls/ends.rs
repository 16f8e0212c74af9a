use std::convert::Infallible;
use std::future::Ready;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

use http::{Request, Response, StatusCode};
use prometheus_client::registry::Registry;
use tower::{Layer, Service, service_fn};
use tower_telemetry_prometheus::{Client, Http, HttpCall, Metrics, NotMeasured};
use tower_telemetry_testkit::{Answer, Never, Random, Script, Step, call};

use crate::server::{Counted, Fails, context, get, hang_up, lines, read, script};

const COUNT: &str = "http_server_request_duration_seconds_count";
const ACTIVE: &str = "http_server_active_requests";
const BEGIN: &str = "{http_request_method=\"GET\",http_route=\"/a\",";

#[test]
fn every_end_is_counted_once_and_told_apart() {
    let counted = Counted::new(Metrics::server());
    counted.exchange(get("/a"), script([Step::Data(5)]));
    counted.exchange(get("/a"), script([Step::Data(5), Step::Fail]));
    counted.exchange(get("/a"), script([Step::Data(5), Step::Stall]));
    counted.exchange(get("/a"), script([Step::Panic]));
    let mut unavailable = script([]);
    *unavailable.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    counted.exchange(get("/a"), unavailable);
    hang_up(&counted.layer());
    let mut failing = counted.layer().layer(Fails("down"));
    let failed = std::pin::pin!(failing.call(get("/a")));
    assert!(failed.poll(&mut context()).is_ready());

    let version = "network_protocol_version=\"1.1\"} 1";
    counted.assert_lines(
        &format!("{COUNT}{BEGIN}"),
        &[
            &format!("http_response_status_code=\"200\",{version}"),
            &format!("http_response_status_code=\"200\",error_type=\"body_error\",{version}"),
            &format!("http_response_status_code=\"200\",error_type=\"cancelled\",{version}"),
            &format!("http_response_status_code=\"200\",error_type=\"panic\",{version}"),
            &format!("http_response_status_code=\"503\",error_type=\"503\",{version}"),
            &format!("error_type=\"cancelled\",{version}"),
            &format!("error_type=\"service_error\",{version}"),
        ],
    );
    counted.assert_lines(ACTIVE, &["{http_request_method=\"GET\"} 0"]);
}

#[test]
fn a_call_is_in_flight_until_its_body_is() {
    let counted = Counted::new(Metrics::server());
    let active = || counted.value("http_server_active_requests{http_request_method=\"GET\"}");
    let answer = Answer::new(script([Step::Data(1)]));
    let response = call(&mut counted.layer().layer(answer), get("/a"));
    assert_eq!(active(), Some(1.0));
    read(response);
    assert_eq!(active(), Some(0.0));
}

#[test]
fn only_calls_that_were_forgotten_stay_in_flight() {
    const EACH: usize = 25_000;
    let counted = Counted::new(Metrics::server());
    let calls = |mut random: Random| {
        let mut panicking = counted.layer().layer(service_fn(
            |_: Request<()>| -> Ready<Result<Response<Script>, Infallible>> { resume_unwind(Box::new("a bug")) },
        ));
        for _ in 0..EACH {
            match random.below(6) {
                0 => hang_up(&counted.layer()),
                1 => counted.exchange(get("/a"), script([Step::Data(1), Step::Fail])),
                2 => counted.exchange(get("/a"), script([Step::Data(1), Step::Panic])),
                3 => drop(catch_unwind(AssertUnwindSafe(|| panicking.call(get("/a"))))),
                4 => drop(counted.layer().layer(Never).call(get("/a"))),
                _ => counted.exchange(get("/a"), script([Step::Data(1)])),
            }
        }
        mem::forget(counted.layer().layer(Never).call(get("/a")));
    };
    thread::scope(|scope| (1..=4).for_each(|thread| drop(scope.spawn(move || calls(Random::new(thread))))));
    counted.assert_lines(ACTIVE, &["{http_request_method=\"GET\"} 4"]);
    let lines = counted.lines();
    let counts = lines.iter().filter(|line| line.starts_with(COUNT));
    let counts = counts.filter_map(|line| line.rsplit_once(' ')?.1.parse::<usize>().ok());
    assert_eq!(counts.sum::<usize>(), 4 * EACH, "{lines:#?}");
}

#[test]
fn a_client_that_cancels_its_own_call_made_no_error() {
    let mut registry = Registry::default();
    let metrics: Metrics<HttpCall<Client>> = Metrics::client().register(&mut registry).expect("new names");
    let mut client = metrics.layer(Http::client()).layer(Never);
    let request = Request::get("http://users.example:8080/42")
        .body(())
        .expect("a request");
    drop(client.call(request));
    let labels = "{http_request_method=\"GET\",server_address=\"users.example\",server_port=\"8080\"}";
    let lines = lines(&registry);
    for (name, value) in [
        ("http_client_request_duration_seconds_count", 1),
        ("http_client_active_requests", 0),
    ] {
        assert!(lines.contains(&format!("{name}{labels} {value}")), "{lines:?}");
    }
}

#[test]
fn what_is_not_to_be_measured_is_not() {
    let counted = Counted::new(Metrics::server());
    let mut response: Response<Script> = script([Step::Data(1)]);
    response.extensions_mut().insert(NotMeasured);
    counted.exchange(get("/health"), response);
    counted.assert_lines(COUNT, &[]);
    counted.assert_lines(ACTIVE, &["{http_request_method=\"GET\"} 0"]);
}

#[test]
fn services_of_one_layer_and_threads_count_together() {
    let counted = Counted::new(Metrics::server());
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..64 {
                    counted.exchange(get("/a"), script([Step::Data(1)]));
                }
            });
        }
    });
    counted.assert_lines(
        COUNT,
        &[&format!(
            "{BEGIN}http_response_status_code=\"200\",network_protocol_version=\"1.1\"}} 512"
        )],
    );
}
