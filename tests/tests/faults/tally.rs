//! What is said of the calls, counted.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::trace::{SpanId, Status, TraceId};
use opentelemetry::{Context, Value};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use tokio::time::{sleep, timeout};
use tower_telemetry::observe::Report;
use tower_telemetry::semconv::{HttpCall, Server};
use tower_telemetry_testkit::spans::{text, value};
use tower_telemetry_tests::PATIENCE;

use crate::plan::{CALL, Outcome};

/// What is known of a span that has ended.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    /// The call that it is of.
    pub(crate) id: u64,
    pub(crate) parent: (TraceId, SpanId),
    pub(crate) status: Status,
    pub(crate) outcome: Outcome,
}

/// Spans as they start and end, and the ends that an observer beside them is told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    started: Arc<AtomicUsize>,
    spans: Arc<Mutex<Vec<Ended>>>,
    reports: Arc<Mutex<Vec<Outcome>>>,
}

impl Tally {
    pub(crate) fn started(&self) -> usize {
        self.started.load(Ordering::SeqCst)
    }

    /// The spans that have ended, in the order of their calls.
    pub(crate) fn spans(&self) -> Vec<Ended> {
        let mut spans = self.spans.lock().expect("nobody panicked").clone();
        spans.sort_by_key(|span| span.id);
        spans
    }

    /// What the observer was told.
    pub(crate) fn reports(&self) -> Vec<Outcome> {
        self.reports.lock().expect("nobody panicked").clone()
    }

    /// Waits until so many calls have ended for both, and tells whether they did.
    pub(crate) async fn settle(&self, calls: usize) -> bool {
        let ended = || {
            let spans = self.spans.lock().expect("nobody panicked").len();
            spans.min(self.reports.lock().expect("nobody panicked").len())
        };
        let settled = async {
            while ended() < calls {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(PATIENCE, settled).await.is_ok()
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
        let id = id.and_then(|id| id.trim_matches(['[', ']', '"']).parse().ok());
        let version = text(&span, "network.protocol.version").unwrap_or_default();
        let status = value(&span, "http.response.status_code").map(|status| match status {
            Value::I64(status) => status,
            other => panic!("a status code {other:?}"),
        });
        let ended = Ended {
            id: id.expect("every request says which call it is"),
            parent: (span.span_context.trace_id(), span.parent_span_id),
            outcome: (version, text(&span, "error.type"), status),
            status: span.status,
        };
        self.spans.lock().expect("nobody panicked").push(ended);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}
