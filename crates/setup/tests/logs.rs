//! The ids of a request's span, in what is logged under it.
#![cfg(feature = "logs")]

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use http::{Request, Response};
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::trace::SpanData;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_telemetry_extract::{ExtractLayer, Spans};
use tower_telemetry_setup::{InMemory, Logs, Telemetry, TraceIds};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt as _;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Sends a request whose handler logs a line.
async fn send(telemetry: &Telemetry, request: Request<()>) -> Outcome {
    let spans = Spans::server().with_tracer_provider(telemetry.tracer_provider());
    let service = ExtractLayer::new()
        .with_spans(spans)
        .layer(service_fn(|_: Request<()>| async {
            tracing::info!(item = 7, "handled");
            Ok::<_, std::convert::Infallible>(Response::new(String::new()))
        }));
    service.oneshot(request).await?;
    Ok(())
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

/// What is logged by a request's handler, and one line outside of it; with the ids of the request's span.
async fn logged(logs: Logs, sampled: bool) -> Result<(String, SpanData), Box<dyn std::error::Error>> {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = Registry::default().with(logs.with_filter("info").with_writer(move || writer.clone()).layer()?);
    let memory = InMemory::new();
    let telemetry = Telemetry::builder("orders").with_exporter(memory.clone()).build()?;
    let flags = if sampled { "01" } else { "00" };
    let caller = format!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{flags}");
    let request = Request::get("/orders").header("traceparent", caller).body(())?;
    {
        let _default = tracing::subscriber::set_default(subscriber);
        tracing::info!("outside");
        send(&telemetry, request).await?;
    }
    telemetry.shutdown()?;
    let span = match sampled {
        true => memory.take().remove(0),
        false => return Err(lines.text().into()),
    };
    Ok((lines.text(), span))
}

#[tokio::test]
async fn a_line_of_text_written_under_a_request_ends_with_its_ids() -> Outcome {
    let (text, span) = logged(Logs::text(), true).await?;
    let (trace_id, span_id) = (span.span_context.trace_id(), span.span_context.span_id());
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].ends_with(": outside"), "{text}");
    let end = format!("handled item=7 trace_id={trace_id} span_id={span_id} trace_flags=01");
    assert!(lines[1].ends_with(&end), "{text}");
    Ok(())
}

#[tokio::test]
async fn an_object_written_under_a_request_has_its_ids_as_members() -> Outcome {
    let (text, span) = logged(Logs::json(), true).await?;
    let objects: Vec<serde_json::Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    assert_eq!(objects.len(), 2, "{text}");
    assert!(objects[0].get("trace_id").is_none(), "{text}");
    assert_eq!(objects[1]["trace_id"], span.span_context.trace_id().to_string());
    assert_eq!(objects[1]["span_id"], span.span_context.span_id().to_string());
    assert_eq!(objects[1]["trace_flags"], "01");
    assert_eq!(objects[1]["fields"]["item"], 7);
    Ok(())
}

/// What a subscriber with this formatter writes of an event that has a field `trace_id` itself, in a trace.
fn of_its_own<F>(format: F) -> String
where
    F: for<'a> tracing_subscriber::fmt::FormatEvent<Registry, tracing_subscriber::fmt::format::DefaultFields>
        + Send
        + Sync
        + 'static,
{
    let lines = Lines::default();
    let writer = lines.clone();
    let layer = tracing_subscriber::fmt::layer()
        .event_format(format)
        .with_writer(move || writer.clone());
    tracing::subscriber::with_default(Registry::default().with(layer), || {
        let span = SpanContext::new(
            TraceId::from(1),
            SpanId::from(2),
            TraceFlags::SAMPLED,
            false,
            TraceState::NONE,
        );
        let _current = Context::new().with_remote_span_context(span).attach();
        tracing::info!(trace_id = "its own", "slow");
    });
    lines.text()
}

#[test]
fn an_event_that_names_a_trace_itself_has_its_id_once_in_a_place() {
    use tracing_subscriber::fmt::format;

    let text = of_its_own(TraceIds::text(format().with_ansi(false)));
    assert!(text.ends_with("slow trace_id=\"its own\"\n"), "{text}");
    let flat = of_its_own(TraceIds::json(format().json().flatten_event(true)));
    assert_eq!(flat.matches("\"trace_id\":").count(), 1, "{flat}");
    let nested: serde_json::Value =
        serde_json::from_str(&of_its_own(TraceIds::json(format().json()))).expect("an object");
    assert_eq!(nested["fields"]["trace_id"], "its own");
    assert_eq!(nested["trace_id"], TraceId::from(1).to_string());
}

#[tokio::test]
async fn an_unsampled_request_has_its_trace_s_id_too() {
    let text = logged(Logs::text(), false)
        .await
        .expect_err("no span, but lines")
        .to_string();
    let line = text.lines().last().unwrap_or_default();
    assert!(line.contains("trace_id=0af7651916cd43dd8448eb211c80319c"), "{text}");
    assert!(line.ends_with("trace_flags=00"), "{text}");
}
