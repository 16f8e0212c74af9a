//! Planted secrets come out nowhere: not in spans, not on `/metrics`, not in lines about slow calls, not in outgoing baggage.
//!
//! The full run takes some minutes: `CANARIES=1000000 cargo test --release -p tower-telemetry-tests --test canary`.

mod planted;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt::Debug;
use std::time::Duration;

use futures_util::FutureExt;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::Empty;
use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry::trace::{Status, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use tower::{Layer, ServiceExt, service_fn};
use tower_telemetry::prometheus::prometheus_client::registry::Registry;
use tower_telemetry::prometheus::{Family, Http, Metrics, Route, SlowCounts, register_sanitizer};
use tower_telemetry::propagate::{Propagation, W3c, W3cBaggage};
use tower_telemetry::sanitize::{ErrorTexts, Query, Rule, SanitizedSpan, SanitizingExporter, Secret};
use tower_telemetry::semconv::AllowedHeaders;
use tower_telemetry::slow::Warnings;
use tower_telemetry::span::Spans;
use tower_telemetry::{ExtractLayer, InjectLayer, SanitizeLayer, Sanitizer, Slow, SlowLayer, WarnIfSlow};
use tower_telemetry_testkit::Log;
use tower_telemetry_tests::page;

use crate::planted::{CANARY, Texts, holds_canary};

const DEFAULT: u64 = 2_000;

fn policy() -> Sanitizer {
    let builder = Sanitizer::builder()
        .with_secrets(Secret::ALL)
        .with_redacted_path("reset/{token}");
    builder.build().expect("a policy")
}

/// A policy that lets through whatever a policy can.
fn no_policy() -> Sanitizer {
    let named = ["password", "a.secret", "session.token", "session_token", "link_url"];
    let builder = named
        .into_iter()
        .fold(Sanitizer::builder(), |builder, key| builder.with_rule(key, Rule::Keep));
    let builder = builder.with_rule("*", Rule::Keep).with_query(Query::Keys(Vec::new()));
    builder.with_error_texts(ErrorTexts::Kept).build().expect("a policy")
}

/// Where something was written down, and what.
type Written = Vec<(&'static str, String)>;

/// One call through a server and a client layer, with canaries wherever a secret may stand; and all that was written down of it.
async fn call(texts: &mut Texts, policy: &Sanitizer) -> Written {
    let exporter = InMemorySpanExporter::default();
    let guarded = SanitizingExporter::new(exporter.clone(), policy.clone());
    let provider = SdkTracerProvider::builder().with_simple_exporter(guarded).build();
    let propagation = || {
        let both = TextMapCompositePropagator::new(vec![Box::new(W3c), Box::new(W3cBaggage)]);
        Propagation::new(both).with_sanitizer(policy.clone())
    };
    let captured = || AllowedHeaders::new(["referer", "x-tenant"]).expect("no credentials");

    let (sent, mut received) = tokio::sync::mpsc::unbounded_channel::<HeaderMap>();
    let backend = service_fn(move |request: Request<()>| {
        let _ = sent.send(request.headers().clone());
        async { Ok::<_, Infallible>(Response::new(Empty::<&[u8]>::new())) }
    });
    let client = InjectLayer::new()
        .with_spans(
            Spans::client()
                .with_tracer_provider(&provider)
                .with_sanitizer(policy.clone()),
        )
        .with_propagation(propagation())
        .layer(backend);

    let [outgoing, note, own] = [texts.url(), texts.error(), texts.error()];
    let key = texts.credential_key();
    let handler = service_fn(|request: Request<()>| {
        let (client, outgoing, note) = (client.clone(), outgoing.clone(), note.clone());
        async move {
            let policy = request.extensions().get::<Sanitizer>().expect("the layer's").clone();
            let cx = Context::current();
            // By someone who remembers the policy, and by someone who does not.
            cx.span()
                .set_attribute_sanitized(&policy, KeyValue::new("note", note.clone()));
            cx.span().set_attribute(KeyValue::new(key, CANARY));
            cx.span().set_attribute(KeyValue::new("text", note.clone()));
            cx.span()
                .add_event("exception", vec![KeyValue::new("exception.message", note.clone())]);
            cx.span().set_status(Status::error(note));
            let request = Request::get(outgoing.replace(['é', '\n'], "")).body(());
            if let Ok(request) = request {
                let _ = client.oneshot(request).await;
            }
            Response::builder()
                .status(StatusCode::OK)
                .header("set-cookie", CANARY)
                .body(Empty::<&[u8]>::new())
        }
    });
    let spans = Spans::server()
        .with_tracer_provider(&provider)
        .with_request_headers(captured())
        .with_response_headers(captured())
        .with_request_attributes({
            let own = own.clone();
            move |_, _, attributes| attributes.push(KeyValue::new("mine", own.clone()))
        })
        .with_end_attributes(move |_, _, attributes| attributes.push(KeyValue::new(key, CANARY)));
    let extract = ExtractLayer::new().with_spans(spans).with_propagation(propagation());
    let server = SanitizeLayer::new(policy.clone()).layer(extract.layer(handler));

    let request = Request::get(format!("{}?{}", texts.path(), texts.query()))
        .header("host", "shop.test")
        .header("authorization", format!("Bearer {CANARY}"))
        .header("cookie", format!("a={CANARY}"))
        .header("referer", texts.url())
        .header("x-tenant", format!("{CANARY}{}@example.com", texts.word()))
        .header("user-agent", format!("agent Bearer {CANARY}"))
        .header(
            "baggage",
            format!("{}={CANARY},session.token={CANARY},shop=7", texts.baggage_key()),
        )
        .body(())
        .expect("a request");
    drop(server.oneshot(request).await);

    let spans = exporter.get_finished_spans().expect("spans");
    assert!(!spans.is_empty());
    let mut written: Written = spans.iter().map(|span| ("spans", debug(span))).collect();
    written.extend(received.try_recv().iter().map(|sent| ("headers", debug(sent))));
    written.push(("metrics", metrics(policy, texts).await));
    written.extend(fields(policy, texts).into_iter().map(|line| ("lines", line)));
    written
}

/// What `/metrics` shows after a call with labels of its own, and of a family with the same ones.
async fn metrics(policy: &Sanitizer, texts: &mut Texts) -> String {
    let mine = [
        ("text", texts.error()),
        ("session_token", format!("{CANARY}{}", texts.word())),
        ("link_url", texts.url()),
    ];
    let mut registry = Registry::default();
    register_sanitizer(&mut registry, policy).expect("a new name");
    let family = Family::counters("mine", "Mine").with_sanitizer(policy.clone());
    family.register(&mut registry).expect("a new name");
    family.get(&mine).add(1);
    let metrics = Metrics::server()
        .with_labels(move |_| mine.clone())
        .with_sanitizer(policy.clone())
        .register(&mut registry)
        .expect("new names");
    let handler = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(Empty::<&[u8]>::new())));
    let request = Request::get(format!("{}?{}", texts.path(), texts.query())).body(());
    let service = metrics.layer(Http::server()).layer(handler);
    drop(service.oneshot(request.expect("a request")).await);
    let page = page(&registry);
    assert!(
        page.contains("mine_total{") && page.contains("http_server_request_duration_seconds_count{"),
        "{page}"
    );
    assert!(page.contains("session_token="), "{page}");
    page
}

/// The lines about slow calls, and what else would be logged.
fn fields(policy: &Sanitizer, texts: &mut Texts) -> Vec<String> {
    let [name, url, error] = [texts.error(), texts.url(), texts.error()];
    let key = texts.credential_key();
    let (counts, mut registry) = (SlowCounts::new().with_sanitizer(policy.clone()), Registry::default());
    counts.register(&mut registry).expect("new names");
    let slow = Slow::from(Duration::ZERO)
        .with_warnings(Warnings::AtEnd)
        .with_slow_counts(&counts)
        .with_sanitizer(policy.clone());
    let lines = Log::of(|| {
        let route = Route::new(name.clone());
        let handler = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(Empty::<&[u8]>::new())));
        let request = Request::get("/").extension(route).body(()).expect("a request");
        drop(
            SlowLayer::server(slow.clone())
                .layer(handler)
                .oneshot(request)
                .now_or_never(),
        );
        let job = std::future::ready(()).warn_if_slow_by(&slow, name, Duration::ZERO);
        assert_eq!(job.now_or_never(), Some(()));
    });
    assert_eq!(lines.len(), 2, "{lines:?}");
    let mut written = lines;
    let page = page(&registry);
    assert!(page.contains("slow_calls_total{call="), "{page}");
    written.push(page);
    written.extend(policy.value("url.full", &url).map(Cow::into_owned));
    written.extend(policy.value(key, CANARY).map(Cow::into_owned));
    written.extend(policy.value("error.message", &error).map(Cow::into_owned));
    written
}

fn debug(value: &impl Debug) -> String {
    format!("{value:?}")
}

#[tokio::test]
async fn no_canary_comes_out() {
    let canaries = std::env::var("CANARIES")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(DEFAULT);
    let mut texts = Texts::new();
    // A call has about fifteen of them.
    for _ in 0..canaries.div_ceil(15) {
        for (sink, written) in call(&mut texts, &policy()).await {
            assert!(!holds_canary(&written), "in {sink}: {written}");
        }
    }
}

#[tokio::test]
async fn without_a_policy_they_come_out_everywhere() {
    let mut texts = Texts::new();
    let mut leaks = BTreeSet::new();
    for _ in 0..20 {
        let written = call(&mut texts, &no_policy()).await;
        leaks.extend(
            written
                .iter()
                .filter(|(_, written)| holds_canary(written))
                .map(|(sink, _)| *sink),
        );
    }
    assert_eq!(leaks, BTreeSet::from(["headers", "lines", "metrics", "spans"]));
}
