use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tower::{Layer, service_fn};
use tower_telemetry_prometheus::{Bodies, CountRequestBodyLayer, CountedBody, Metrics, Route};
use tower_telemetry_testkit::{Script, Step, call};

use crate::server::{Counted, get, read, script};

type Incoming = Request<CountedBody<Full<Bytes>>>;

/// Reads the request if its header says so, and answers with seven bytes of a body that has no end.
async fn answer(request: Incoming) -> Result<Response<Script>, Infallible> {
    if request.headers().contains_key("read") {
        let read = request.into_body().collect().await;
        assert!(read.is_ok());
    }
    Ok(Response::new(Script::new([Step::Data(3), Step::Data(4), Step::Stall])))
}

fn request(size: usize) -> http::request::Builder {
    Request::post("/upload")
        .extension(Route::new("/upload"))
        .header("content-length", size)
}

#[test]
fn what_has_passed_is_measured() {
    let counted = Counted::new(Metrics::server().with_bodies(Bodies::Measured));
    let layers = (counted.layer(), CountRequestBodyLayer::new());
    let mut service = layers.0.layer(layers.1.layer(service_fn(answer)));
    for read_it in [true, false] {
        let mut builder = request(5_000);
        if read_it {
            builder = builder.header("read", "");
        }
        let request = builder.body(Full::from(vec![0; 5_000])).expect("a request");
        read(call(&mut service, request));
    }
    let labels = "{http_request_method=\"POST\",http_route=\"/upload\",http_response_status_code=\"200\",\
                  error_type=\"cancelled\",network_protocol_version=\"1.1\"}";
    let sum = |name| counted.value(&format!("http_server_{name}_body_size_bytes_sum{labels}"));
    let count = |name| counted.value(&format!("http_server_{name}_body_size_bytes_count{labels}"));
    assert_eq!((sum("request"), count("request")), (Some(5_000.0), Some(2.0)));
    assert_eq!((sum("response"), count("response")), (Some(14.0), Some(2.0)));
}

#[test]
fn without_who_counts_them_requests_have_no_size() {
    let counted = Counted::new(Metrics::server().with_bodies(Bodies::Measured));
    counted.exchange(get("/a"), script([Step::Data(9)]));
    let labels = "{http_request_method=\"GET\",http_route=\"/a\",http_response_status_code=\"200\",network_protocol_version=\"1.1\"}";
    let count = |name| counted.value(&format!("http_server_{name}_body_size_bytes_count{labels}"));
    assert_eq!((count("request"), count("response")), (Some(0.0), Some(1.0)));
}

#[test]
fn a_request_that_is_passed_on_to_a_second_layer_is_measured_by_both() {
    let (outer, inner) = (
        Counted::new(Metrics::server().with_bodies(Bodies::Measured)),
        Counted::new(Metrics::server().with_bodies(Bodies::Measured)),
    );
    let read_all = service_fn(async |request: Request<CountedBody<CountedBody<Full<Bytes>>>>| {
        assert!(request.into_body().collect().await.is_ok());
        Ok::<_, Infallible>(Response::new(Script::new([])))
    });
    let count = CountRequestBodyLayer::new();
    let passed_on = inner.layer().layer(count.layer(read_all));
    let mut service = outer.layer().layer(count.layer(passed_on));
    let request = request(5_000).body(Full::from(vec![0; 5_000])).expect("a request");
    read(call(&mut service, request));
    let sum = "http_server_request_body_size_bytes_sum{http_request_method=\"POST\",http_route=\"/upload\",\
               http_response_status_code=\"200\",network_protocol_version=\"1.1\"}";
    assert_eq!((outer.value(sum), inner.value(sum)), (Some(5_000.0), Some(5_000.0)));
}
