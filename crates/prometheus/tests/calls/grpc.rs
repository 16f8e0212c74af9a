//! gRPC calls, whose status is known at their end.

use http::{HeaderValue, Request, Response};
use prometheus_client::registry::Registry;
use tower::Layer;
use tower_telemetry_prometheus::{Grpc, GrpcCall, Metrics, MetricsBuilder, Server};
use tower_telemetry_testkit::{Answer, Script, Step, call};

use crate::server::{lines, read};

/// A server of `shop.Payments` whose answers are scripted, and what it counts.
struct Payments {
    registry: Registry,
    metrics: Metrics<GrpcCall<Server>>,
}

impl Payments {
    fn new(builder: MetricsBuilder<GrpcCall<Server>>) -> Self {
        let mut registry = Registry::default();
        let metrics = builder.register(&mut registry).expect("new names");
        Payments { registry, metrics }
    }

    /// The response to a call of this method.
    fn answer<const N: usize>(
        &self,
        method: &str,
        steps: [Step; N],
    ) -> Response<impl http_body::Body<Data: Send> + use<N>> {
        let mut response = Response::new(Script::new(steps));
        let kind = HeaderValue::from_static("application/grpc");
        response.headers_mut().insert("content-type", kind);
        let grpc = Grpc::server().with_service("shop.Payments", ["Charge", "Receipt"]);
        let mut service = self.metrics.clone().layer(grpc).layer(Answer::new(response));
        let request = Request::post(format!("http://shop/{method}")).header("content-type", "application/grpc");
        call(&mut service, request.body(()).expect("a request"))
    }

    fn assert_lines(&self, name: &str, expected: &[&str]) {
        let begin = format!("{name}{{rpc_system_name=\"grpc\"");
        let mut lines = lines(&self.registry);
        lines.retain(|line| line.starts_with(&begin));
        lines.sort();
        let mut expected: Vec<_> = expected.iter().map(|line| format!("{begin}{line}")).collect();
        expected.sort();
        assert_eq!(lines, expected);
    }
}

const COUNT: &str = "rpc_server_call_duration_seconds_count";

#[test]
fn calls_are_counted_by_the_status_that_their_trailers_tell() {
    let payments = Payments::new(Metrics::grpc_server());
    let ended = |status| [Step::Data(5), Step::trailer("grpc-status", status)];
    read(payments.answer("shop.Payments/Charge", ended("0")));
    read(payments.answer("shop.Payments/Charge", ended("9")));
    read(payments.answer("shop.Payments/Charge", ended("14")));
    read(payments.answer("shop.Payments/Charge", [Step::Data(5), Step::Stall]));
    for number in 0..100 {
        // Neither such methods nor such statuses are there.
        read(payments.answer(&format!("shop.Payments/Steal{number}"), ended("12")));
        read(payments.answer(
            "shop.Payments/Charge",
            [Step::Data(5), Step::trailer("grpc-status", "4711")],
        ));
    }
    let charge = ",rpc_method=\"shop.Payments/Charge\",rpc_response_status_code=";
    payments.assert_lines(
        COUNT,
        &[
            &format!("{charge}\"OK\"}} 1"),
            &format!("{charge}\"FAILED_PRECONDITION\"}} 1"),
            &format!("{charge}\"UNAVAILABLE\",error_type=\"UNAVAILABLE\"}} 1"),
            &format!("{charge}\"CANCELLED\"}} 1"),
            &format!("{charge}\"UNKNOWN\",error_type=\"UNKNOWN\"}} 100"),
            ",rpc_method=\"_OTHER\",rpc_response_status_code=\"UNIMPLEMENTED\",error_type=\"UNIMPLEMENTED\"} 100",
        ],
    );
    payments.assert_lines("rpc_server_active_calls", &["} 0"]);
}

#[test]
fn a_stream_is_apart_and_counts_as_a_call_once_its_status_is_known() {
    let streams = Metrics::grpc_server().with_stream_test(|call, _| call.method() == "shop.Payments/Receipt");
    let payments = Payments::new(streams);
    let ended = ",rpc_method=\"shop.Payments/Receipt\",rpc_response_status_code=\"OK\"} 1";
    let open = payments.answer(
        "shop.Payments/Receipt",
        [Step::Data(5), Step::trailer("grpc-status", "0")],
    );
    payments.assert_lines("rpc_server_active_streams", &["} 1"]);
    payments.assert_lines(COUNT, &[]);
    read(open);
    payments.assert_lines("rpc_server_active_streams", &["} 0"]);
    payments.assert_lines(COUNT, &[ended]);
    payments.assert_lines("rpc_server_stream_duration_seconds_count", &[ended]);
}
