//! One policy for all that a service writes down, and another one for one of its routes.

use axum::body::Body;
use axum::routing::get;
use axum::{Extension, Router};
use http::Request;
use opentelemetry::KeyValue;
use opentelemetry::trace::TraceContextExt;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use tower::ServiceExt;
use tower_telemetry::span::Spans;
use tower_telemetry::{SanitizeLayer, Sanitizer};
use tower_telemetry_sanitize::{Change, HashKey, Query, Rule, SanitizedSpan, SanitizingExporter, Secret};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // In production: HashKey::from_env("HASH_KEY")
    let key = HashKey::new("a key of at least 16 bytes")?;
    let policy = Sanitizer::builder()
        .with_hash_key(key)
        .with_rule("user.id", Rule::Hash)
        .with_secrets([Secret::Email])
        .build()?;
    let strict = Sanitizer::builder().with_query(Query::Drop).build()?;

    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(SanitizingExporter::new(exporter.clone(), policy.clone()))
        .build();
    let traced = || {
        let spans = Spans::server().with_tracer_provider(&provider);
        tower_telemetry::server().with_spans(spans)
    };
    let app = Router::new()
        .route("/", get(handler))
        .layer(traced())
        .layer(SanitizeLayer::new(policy.clone()))
        .merge(
            Router::new()
                .route("/strict", get(handler))
                .layer(traced())
                .layer(SanitizeLayer::new(strict)),
        );

    for target in ["/?user=ada&sig=c2VjcmV0", "/strict?user=ada&sig=c2VjcmV0"] {
        let request = Request::get(target).header("authorization", "Bearer c2VjcmV0");
        app.clone().oneshot(request.body(Body::empty())?).await?;
    }
    for span in exporter.get_finished_spans()? {
        println!("{}", span.name);
        for attribute in span.attributes {
            println!("  {} = {}", attribute.key, attribute.value);
        }
    }
    println!("{} values were hashed", policy.counts().of(Change::Hashed));
    Ok(())
}

async fn handler(Extension(policy): Extension<Sanitizer>) {
    let cx = opentelemetry::Context::current();
    let note = KeyValue::new("note", "mail from ada@example.com\nand two lines");
    cx.span().set_attribute_sanitized(&policy, note);
    // Nobody remembered the policy here: the exporter does.
    cx.span().set_attribute(KeyValue::new("user.id", 42));
}
