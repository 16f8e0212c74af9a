//! Several policies in one process: on different routes of one server, and before different exporters.

use axum::Router;
use axum::routing::get;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use opentelemetry::trace::Status;
use opentelemetry::{KeyValue, global};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use tower::ServiceBuilder;
use tower_telemetry::sanitize::{AllowedHeaders, ErrorTexts, Rule, SanitizeLayer, Sanitizer, SanitizingExporter};
use tower_telemetry::server;
use tower_telemetry::span::Spans;
use tower_telemetry::traced::traced;
use tower_telemetry_testkit::spans::{Recorder, text};
use tower_telemetry_tests::{SECRET, Server};

fn policy(rule: Rule) -> Sanitizer {
    let builder = Sanitizer::builder()
        .with_rule("user_agent.original", rule.clone())
        .with_rule("http.request.header.x-tenant", rule.clone())
        .with_rule("http.response.header.x-shard", rule.clone())
        .with_rule("own.*", rule);
    builder.build().expect("a policy")
}

#[tokio::test]
async fn routes_of_one_server_have_policies_of_their_own() {
    let recorder = Recorder::new();
    let headers = |name: &'static str| AllowedHeaders::new([name]).expect("no credentials");
    let spans = Spans::server()
        .with_tracer_provider(&recorder.provider)
        .with_sanitizer(policy(Rule::map(|value| Some(format!("server's {value}")))))
        .with_request_headers(headers("x-tenant"))
        .with_response_headers(headers("x-shard"))
        .with_request_attributes(|_, _, attributes| attributes.push(KeyValue::new("own.start", "s")))
        .with_end_attributes(|_, _, attributes| attributes.push(KeyValue::new("own.end", "e")));
    let traced = server().with_spans(spans);
    let answer = async |headers: HeaderMap| {
        let is_marked = headers[AUTHORIZATION].is_sensitive();
        assert_eq!(is_marked, headers["x-tenant"] != "plain");
        [("x-shard", "h")]
    };
    let stack = |policy| {
        ServiceBuilder::new()
            .layer(SanitizeLayer::new(policy))
            .layer(traced.clone())
    };
    let router = Router::new()
        .route("/redacted", get(answer).layer(stack(policy(Rule::Redact))))
        .route("/dropped", get(answer).layer(stack(policy(Rule::Drop))))
        .route("/plain", get(answer).layer(traced.clone()));
    let server = Server::start(router).await;

    let client = reqwest::Client::new();
    for route in ["redacted", "dropped", "plain"] {
        let request = client.get(format!("http://{}/{route}", server.address));
        let request = request.header("x-tenant", route).header("user-agent", "ua");
        let response = request.bearer_auth(SECRET).send().await.expect("an answer");
        assert_eq!(response.status(), 200);
    }
    drop(client);
    server.stop().await;

    let keys = [
        "user_agent.original",
        "http.request.header.x-tenant",
        "own.start",
        "http.response.header.x-shard",
        "own.end",
    ];
    let of = |route: &str| {
        let span = recorder.named(&format!("GET /{route}"));
        keys.map(|key| text(&span, key))
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        of("redacted"),
        ["REDACTED", r#"["REDACTED"]"#, "REDACTED", r#"["REDACTED"]"#, "REDACTED"].map(some)
    );
    assert_eq!(of("dropped"), keys.map(|_| None));
    assert_eq!(
        of("plain"),
        [
            "server's ua",
            r#"["server's plain"]"#,
            "server's s",
            r#"["server's h"]"#,
            "server's e"
        ]
        .map(some)
    );
    assert!(!format!("{:?}", recorder.spans()).contains(SECRET));
}

#[test]
fn a_chosen_error_text_leaves_by_the_exporter_whose_policy_keeps_it() {
    #[traced(error)]
    fn pay() -> Result<(), String> {
        Err("declined".to_owned())
    }

    let policies = [ErrorTexts::Dropped, ErrorTexts::Kept]
        .map(|texts| Sanitizer::builder().with_error_texts(texts).build().expect("a policy"));
    let exporters = policies.map(|policy| (InMemorySpanExporter::default(), policy));
    let mut provider = SdkTracerProvider::builder();
    for (exporter, policy) in &exporters {
        provider = provider.with_simple_exporter(SanitizingExporter::new(exporter.clone(), policy.clone()));
    }
    global::set_tracer_provider(provider.build());
    assert_eq!(pay(), Err("declined".to_owned()));
    let statuses = exporters.map(|(exporter, _)| exporter.get_finished_spans().expect("spans")[0].status.clone());
    assert_eq!(statuses, [Status::error(""), Status::error("declined")]);
}
