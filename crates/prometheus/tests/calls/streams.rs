use http::{Response, StatusCode};
use tower::Layer;
use tower_telemetry_prometheus::{Metrics, Streams, UpgradedStream};
use tower_telemetry_testkit::{Answer, Script, Step, call};

use crate::server::{Counted, get, read, script};

const OK: &str = "{http_request_method=\"GET\",http_route=\"/a\",http_response_status_code=\"200\",network_protocol_version=\"1.1\"}";
const HUNG_UP: &str = "{http_request_method=\"GET\",http_route=\"/a\",http_response_status_code=\"200\",error_type=\"cancelled\",network_protocol_version=\"1.1\"}";
const SWITCHED: &str = "{http_request_method=\"GET\",http_route=\"/a\",http_response_status_code=\"101\",network_protocol_version=\"1.1\"}";

fn events(steps: impl IntoIterator<Item = Step>) -> Response<Script> {
    let mut response = script(steps);
    let kind = http::HeaderValue::from_static("text/event-stream; charset=utf-8");
    response.headers_mut().insert("content-type", kind);
    response
}

fn counts(counted: &Counted<tower_telemetry_prometheus::NoLabels>) -> [Option<f64>; 4] {
    let method = "{http_request_method=\"GET\"}";
    [
        counted.value(&format!("http_server_request_duration_seconds_count{OK}")),
        counted.value(&format!("http_server_stream_duration_seconds_count{HUNG_UP}")),
        counted.value(&format!("http_server_active_streams{method}")),
        counted.value(&format!("http_server_active_requests{method}")),
    ]
}

#[test]
fn a_stream_is_a_call_until_its_head_and_then_a_stream() {
    let counted = Counted::new(Metrics::server());
    let answer = Answer::new(events([Step::Data(1), Step::Stall]));
    let response = call(&mut counted.layer().layer(answer), get("/a"));
    assert_eq!(counts(&counted), [Some(1.0), None, Some(1.0), Some(1.0)]);
    read(response);
    assert_eq!(counts(&counted), [Some(1.0), Some(1.0), Some(0.0), Some(0.0)]);
}

#[test]
fn streams_can_be_calls_like_others() {
    let counted = Counted::new(Metrics::server().with_streams(Streams::Together));
    counted.exchange(get("/a"), events([Step::Data(1), Step::Stall]));
    let ended = format!("http_server_request_duration_seconds_count{HUNG_UP}");
    assert_eq!(counted.value(&ended), Some(1.0));
    counted.assert_lines("http_server_active_streams", &[]);
}

#[test]
fn an_upgraded_connection_lasts_as_long_as_it_is_held() {
    let counted = Counted::new(Metrics::server());
    let stream = UpgradedStream::new();
    let mut response = script([]);
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response.extensions_mut().insert(stream.clone());
    counted.exchange(get("/a"), response);
    let call = format!("http_server_request_duration_seconds_count{SWITCHED}");
    let active = "http_server_active_streams{http_request_method=\"GET\"}";
    let ended = format!("http_server_stream_duration_seconds_count{SWITCHED}");
    let values = || [&*call, active, &ended].map(|series| counted.value(series));
    assert_eq!(values(), [Some(1.0), Some(1.0), Some(0.0)]);
    drop(stream);
    assert_eq!(values(), [Some(1.0), Some(0.0), Some(1.0)]);
}

#[test]
fn an_upgraded_connection_is_one_stream_to_each_layer_that_sees_it() {
    let both = [Counted::new(Metrics::server()), Counted::new(Metrics::server())];
    let stream = UpgradedStream::new();
    for counted in both.iter().chain(&both) {
        let mut response = script([]);
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        response.extensions_mut().insert(stream.clone());
        counted.exchange(get("/a"), response);
    }
    let active = "http_server_active_streams{http_request_method=\"GET\"}";
    let ended = format!("http_server_stream_duration_seconds_count{SWITCHED}");
    let values = || {
        both.each_ref()
            .map(|counted| [active, &ended].map(|series| counted.value(series)))
    };
    assert_eq!(values(), [[Some(1.0), Some(0.0)]; 2]);
    drop(stream);
    assert_eq!(values(), [[Some(0.0), Some(1.0)]; 2]);
}

#[test]
fn an_upgrade_that_nobody_holds_is_a_call() {
    let counted = Counted::new(Metrics::server());
    let mut response = script([]);
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    counted.exchange(get("/a"), response);
    let call = format!("http_server_request_duration_seconds_count{SWITCHED}");
    assert_eq!(counted.value(&call), Some(1.0));
    counted.assert_lines("http_server_stream_duration_seconds_count", &[]);
}
