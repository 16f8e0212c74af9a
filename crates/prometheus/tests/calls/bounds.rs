use std::sync::Arc;

use http::header::HOST;
use http::{HeaderValue, Method, Request, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::registry::Registry;
use tower::{Layer, Service, service_fn};
use tower_telemetry_observe::Call;
use tower_telemetry_prometheus::{Client, Http, HttpCall, LateRoute, Metrics, Server};
use tower_telemetry_sanitize::{Sanitizer, Secret};
use tower_telemetry_testkit::{Never, Step, call};

use crate::server::{Counted, get, lines, read, script};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Tenant {
    tenant: String,
}

fn tenant(call: &Call<'_, HttpCall<Server>>) -> Tenant {
    let request = call.request.as_ref().expect("a request");
    Tenant {
        tenant: request.uri.path().trim_start_matches('/').to_owned(),
    }
}

fn request(path: &str) -> Request<()> {
    Request::get(format!("/{path}")).body(()).expect("a request")
}

#[test]
fn what_anybody_sends_makes_no_series() {
    let counted = Counted::new(Metrics::server());
    let exchange = |number: u32| {
        let mut request = request(&format!("path/{number}?{number}"));
        let method = if number % 10 == 0 {
            format!("M{number}")
        } else {
            "GET".to_owned()
        };
        *request.method_mut() = method.parse::<Method>().expect("a method");
        let host = HeaderValue::from_str(&format!("host{number}.example")).expect("a header");
        request.headers_mut().insert(HOST, host.clone());
        request.headers_mut().insert("x-forwarded-host", host.clone());
        request.headers_mut().insert("user-agent", host);
        let mut response = script([Step::Data(1)]);
        *response.status_mut() = StatusCode::NOT_FOUND;
        counted.exchange(request, response);
    };
    (0..1_000).for_each(exchange);
    let lines = counted.lines().len();
    (1_000..5_000).for_each(exchange);
    assert_eq!(counted.lines().len(), lines);
    let count = |method| {
        counted.value(&format!(
            "http_server_request_duration_seconds_count{{http_request_method=\"{method}\",\
             http_response_status_code=\"404\",network_protocol_version=\"1.1\"}}"
        ))
    };
    assert_eq!((count("GET"), count("_OTHER")), (Some(4_500.0), Some(500.0)));
}

#[test]
fn statuses_of_no_class_are_one_series() {
    let counted = Counted::new(Metrics::server());
    for code in [599, 600, 601, 999] {
        let mut response = script([]);
        *response.status_mut() = StatusCode::from_u16(code).expect("a status");
        counted.exchange(get("/a"), response);
    }
    let begin = "http_server_request_duration_seconds_count{http_request_method=\"GET\",http_route=\"/a\",";
    let series = |code: &str, count: u32| {
        format!("http_response_status_code=\"{code}\",error_type=\"{code}\",network_protocol_version=\"1.1\"}} {count}")
    };
    counted.assert_lines(begin, &[&series("599", 1), &series("_OTHER", 3)]);
}

#[test]
fn labels_of_ones_own_have_a_bound_and_totals_stay_right() {
    let counted = Counted::new(Metrics::server().with_labels(tenant).with_max_series(20));
    for number in 0..100 {
        counted.exchange(request(&number.to_string()), script([]));
        counted.exchange(request(&number.to_string()), script([]));
    }
    let mut counts: Vec<f64> = Vec::new();
    for line in counted.lines() {
        if line.starts_with("http_server_request_duration_seconds_count") {
            counts.push(
                line.rsplit(' ')
                    .next()
                    .and_then(|value| value.parse().ok())
                    .expect("a value"),
            );
        }
    }
    assert_eq!((counts.len(), counts.iter().sum::<f64>()), (21, 200.0));
    let overflow = |name| counted.value(&format!("{name}{{otel_metric_overflow=\"true\"}}"));
    assert_eq!(overflow("http_server_request_duration_seconds_count"), Some(160.0));
    assert_eq!(overflow("http_server_active_requests"), Some(0.0));
    // Once for the gauge, and once for the duration.
    assert_eq!(counted.value("http_server_refused_series_total"), Some(320.0));
}

#[test]
fn what_a_policy_redacts_is_in_no_label_and_makes_one_series() {
    let policy = Sanitizer::builder().with_secrets([Secret::Email]).build();
    let builder = Metrics::server().with_labels(tenant).with_max_series(3);
    let counted = Counted::new(builder.with_sanitizer(policy.expect("a policy")));
    for number in 0..10 {
        counted.exchange(request(&format!("c4n4ry{number}@example.com")), script([]));
        counted.exchange(request("shop"), script([]));
    }
    let count = |tenant| {
        counted.value(&format!(
            "http_server_request_duration_seconds_count{{http_request_method=\"GET\",tenant=\"{tenant}\",\
             http_response_status_code=\"200\",network_protocol_version=\"1.1\"}}"
        ))
    };
    assert_eq!((count("REDACTED"), count("shop")), (Some(10.0), Some(10.0)));
    assert_eq!(counted.value("http_server_refused_series_total"), Some(0.0));
    assert!(!counted.lines().concat().contains("c4n4ry"));
}

#[test]
fn what_reads_like_what_a_policy_makes_is_one_series_with_it() {
    let named = |call: &Call<'_, HttpCall<Server>>| {
        let Tenant { tenant } = tenant(call);
        let times = tenant.parse().expect("a number");
        Tenant {
            tenant: "x".repeat(times),
        }
    };
    for lengths in [["5000", "1024"], ["1024", "5000"]] {
        let counted = Counted::new(Metrics::server().with_labels(named).with_max_series(1));
        for length in lengths.into_iter().chain(lengths) {
            counted.exchange(request(length), script([]));
        }
        let short = "x".repeat(1_024);
        let active = "http_server_active_requests{";
        counted.assert_lines(
            active,
            &[&format!("http_request_method=\"GET\",tenant=\"{short}\"}} 0")],
        );
        let series = format!(
            "http_request_method=\"GET\",tenant=\"{short}\",http_response_status_code=\"200\",network_protocol_version=\"1.1\"}} 4"
        );
        counted.assert_lines("http_server_request_duration_seconds_count{", &[&series]);
    }
}

#[test]
fn labels_that_differ_and_read_the_same_are_one_series() {
    #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
    struct Tenant {
        tenant: Option<String>,
    }
    let named = |call: &Call<'_, HttpCall<Server>>| Tenant {
        tenant: (tenant(call).tenant == "a").then(String::new),
    };
    let counted = Counted::new(Metrics::server().with_labels(named));
    for path in ["a", "b", "a", "b"] {
        counted.exchange(request(path), script([]));
    }
    counted.exchange(Request::post("/a").body(()).expect("a request"), script([]));
    let series = |method: &str, count: u32| {
        format!(
            "http_request_method=\"{method}\",tenant=\"\",http_response_status_code=\"200\",network_protocol_version=\"1.1\"}} {count}"
        )
    };
    let begin = "http_server_request_duration_seconds_count{";
    counted.assert_lines(begin, &[&series("GET", 4), &series("POST", 1)]);
}

#[test]
fn by_default_a_label_is_bounded_and_of_one_line() {
    let counted = Counted::new(Metrics::server().with_labels(|_: &Call<'_, HttpCall<Server>>| Tenant {
        tenant: format!("two\nlines{}", "x".repeat(5_000)),
    }));
    counted.exchange(get("/a"), script([]));
    let lines = counted.lines();
    assert!(
        lines.iter().any(|line| line.contains(r#"tenant="two\\nlinesx"#)),
        "{lines:?}"
    );
    assert!(lines.iter().all(|line| line.len() < 1_300), "{lines:?}");
}

#[test]
fn a_label_that_panics_costs_its_label_alone() {
    let panics = |_: &Call<'_, HttpCall<Server>>| -> Tenant { std::panic::resume_unwind(Box::new("no tenant")) };
    let counted = Counted::new(Metrics::server().with_labels(panics));
    counted.exchange(get("/a"), script([]));
    let overflow = "http_server_request_duration_seconds_count{otel_metric_overflow=\"true\"}";
    assert_eq!(counted.value(overflow), Some(1.0));
}

#[test]
fn what_a_client_asks_is_bounded_too() {
    let mut registry = Registry::default();
    let metrics: Metrics<HttpCall<Client>> = Metrics::client()
        .with_max_series(10)
        .register(&mut registry)
        .expect("new names");
    let layer = metrics.layer(Http::client());
    for number in 0..1_000 {
        let request = Request::get(format!("http://host{number}.example/"));
        drop(layer.layer(Never).call(request.body(()).expect("a request")));
    }
    let count = "http_client_request_duration_seconds_count";
    let lines = lines(&registry);
    assert_eq!(lines.iter().filter(|line| line.starts_with(count)).count(), 11);
    assert!(
        lines.contains(&format!("{count}{{otel_metric_overflow=\"true\"}} 990")),
        "{lines:?}"
    );
}

#[test]
fn a_late_route_is_the_label_at_the_end() {
    let mut registry = Registry::default();
    let metrics = Metrics::server().register(&mut registry).expect("new names");
    let late = service_fn(async |request: Request<()>| {
        let late = request.extensions().get::<LateRoute>().expect("one");
        late.set("/late/{id}");
        Ok::<_, std::convert::Infallible>(script([]))
    });
    let layer = metrics.layer(Http::server().with_late_route());
    read(call(&mut layer.layer(late), request("late/7")));
    let lines = lines(&registry);
    let counted = lines
        .iter()
        .any(|line| line.contains("_count{") && line.contains("http_route=\"/late/{id}\""));
    assert!(counted, "{lines:?}");
    assert!(lines.contains(&"http_server_active_requests{http_request_method=\"GET\"} 0".to_owned()));
}

#[test]
fn twice_in_one_process_is_fine_and_twice_in_one_registry_an_error() {
    let (first, second) = (Counted::new(Metrics::server()), Counted::new(Metrics::server()));
    first.exchange(get("/a"), script([]));
    let counts = |counted: &Counted<_>| counted.lines().iter().filter(|line| line.contains("_count{")).count();
    assert_eq!((counts(&first), counts(&second)), (1, 0));

    let mut registry = first.registry;
    let error = Metrics::server().register(&mut registry).expect_err("taken");
    assert!(error.to_string().contains("http_server_"), "{error}");
    Metrics::client().register(&mut registry).expect("other names");
    let taken: Arc<Registry> = registry.into();
    assert!(lines(&taken).iter().filter(|line| line.contains("_count{")).count() == 1);
}
