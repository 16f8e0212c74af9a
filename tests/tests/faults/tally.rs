//! What is said of the calls, counted.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::Status;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use tower_telemetry::observe::Report;
use tower_telemetry::semconv::{HttpCall, Server};
use tower_telemetry_testkit::spans::{text, value};

use crate::plan::{CALL, Outcome};

/// Spans as they start and end, and the ends that an observer beside them is told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    started: Arc<AtomicUsize>,
    spans: Arc<Mutex<Vec<(u64, Outcome)>>>,
    reports: Arc<Mutex<Vec<Outcome>>>,
}

impl Tally {
    pub(crate) fn started(&self) -> usize {
        self.started.load(Ordering::SeqCst)
    }

    /// The spans that have ended, each with the call that it is of.
    pub(crate) fn spans(&self) -> Vec<(u64, Outcome)> {
        self.spans.lock().expect("nobody panicked").clone()
    }

    /// What the observer was told.
    pub(crate) fn reports(&self) -> Vec<Outcome> {
        self.reports.lock().expect("nobody panicked").clone()
    }

    pub(crate) fn report(&self, report: &Report<'_, HttpCall<Server>>) {
        let version = report.facts.version().unwrap_or_default().to_owned();
        let error = report.verdict.error_type().map(str::to_owned);
        let status = report.facts.status().map(|status| status.as_u16().into());
        self.reports
            .lock()
            .expect("nobody panicked")
            .push((version, error, status));
    }
}

impl SpanProcessor for Tally {
    fn on_start(&self, _: &mut Span, _: &Context) {
        self.started.fetch_add(1, Ordering::SeqCst);
    }

    fn on_end(&self, span: SpanData) {
        let id = text(&span, &format!("http.request.header.{CALL}"));
        let id = id.and_then(|id| id.trim_matches(['[', ']', '"']).parse::<u64>().ok());
        let id = id.expect("every request says which call it is");
        let version = text(&span, "network.protocol.version").unwrap_or_default();
        let error = text(&span, "error.type");
        assert_eq!(error.is_some(), span.status != Status::Unset);
        let status = value(&span, "http.response.status_code").map(|status| match status {
            opentelemetry::Value::I64(status) => status,
            other => panic!("a status code {other:?}"),
        });
        let parent = (
            span.span_context.trace_id().to_string(),
            span.parent_span_id.to_string(),
        );
        assert_eq!(parent, (format!("{:032x}", id + 1), format!("{:016x}", id + 1)));
        self.spans
            .lock()
            .expect("nobody panicked")
            .push((id, (version, error, status)));
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}
